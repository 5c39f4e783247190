/**
 * `changes` of a commit or an import: Dockerfile instructions, which an engine joins to one text and parses (moby,
 * builder/dockerfile BuildFromConfig). Each is one plain line of a known instruction here; labels are taken apart.
 */
import { FieldError } from '../fields.ts'
import type { Json } from '../json.ts'
import { withoutValue, type Hide } from '../line/secrets.ts'
import { queryTexts } from '../query.ts'
import { wordsIn } from '../../shared/words.ts'

export interface ImageChange {
  /** In capitals. */
  readonly instruction: string
  readonly argument: string
}

const INSTRUCTIONS = wordsIn('CMD ENTRYPOINT ENV EXPOSE LABEL STOPSIGNAL USER VOLUME WORKDIR')

const REFUSED: Readonly<Record<string, string>> = {
  ONBUILD: 'it is carried out unseen in later builds',
  HEALTHCHECK: 'it can be given to a container: docker run --health-cmd',
}

/** What some readers take for a space or for the end of a line. */
const ODD = /[\u0080-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff]/
const LABEL = /^([A-Za-z0-9][A-Za-z0-9._/-]*)=([^\s"'\\$]*|"[^"\\$]*")(?: +|$)/

/** Variables in all changes together: each can hold what the ones before made, and double with each line. */
const MOST_VARIABLES = 8

/** Reads `changes`, given once or several times. @throws {FieldError} for what could be read otherwise, or become long */
export function imageChanges(value: Json, path: string): readonly ImageChange[] {
  const written = queryTexts(value, path)
  if (written.join('').split('$').length - 1 > MOST_VARIABLES)
    throw new FieldError(`changes: $ may stand in them ${MOST_VARIABLES} times`)
  return written.map(readChange)
}

/** An instruction as an engine reads it. */
export function changeText({ instruction, argument }: ImageChange): string {
  return `${instruction} ${argument}`
}

/** One that sets environment variables is hidden as a whole. */
export function tellChanges(changes: readonly ImageChange[], hide: Hide): readonly string[] {
  return changes.map((change) =>
    change.instruction === 'ENV' ? withoutValue(`ENV=${change.argument}`, hide) : changeText(change),
  )
}

/** The labels that the changes give. */
export function labelsOf(changes: readonly ImageChange[]): ReadonlyMap<string, string> {
  return new Map(
    changes.flatMap(({ instruction, argument }) => (instruction === 'LABEL' ? readLabels(argument) : [])),
  )
}

// What is told of a change that is refused is recorded, and may not hold its text: that may be a secret.
function readChange(written: string): ImageChange {
  const line = written.trim()
  // A line that ends so is joined with the next one.
  if (ODD.test(written) || line.endsWith('\\') || line.includes('<<'))
    throw new FieldError('changes: an instruction could be read in two ways')
  const [, word = '', argument = ''] = /^([A-Za-z]+) +(.+)$/.exec(line) ?? []
  const instruction = word.toUpperCase()
  const why = Object.hasOwn(REFUSED, instruction) ? REFUSED[instruction] : undefined
  if (why !== undefined) throw new FieldError(`changes: ${instruction} is not given: ${why}`)
  if (!INSTRUCTIONS.includes(instruction))
    throw new FieldError(`changes: each is one of ${INSTRUCTIONS.join(', ')}, with its argument`)
  if (instruction === 'LABEL') readLabels(argument)
  return { instruction, argument }
}

function readLabels(argument: string): readonly (readonly [string, string])[] {
  const labels: (readonly [string, string])[] = []
  for (let left = argument; left !== '';) {
    const [whole, name, value] = LABEL.exec(left) ?? []
    if (whole === undefined || name === undefined || value === undefined)
      throw new FieldError(
        'changes: write labels as LABEL name=value or name="value", without $ and backslash',
      )
    labels.push([name, value.startsWith('"') ? value.slice(1, -1) : value])
    left = left.slice(whole.length)
  }
  return labels
}
