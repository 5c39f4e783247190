/**
 * What a Dockerfile takes from outside: base images and addresses. Only what the classic builder (moby, builder/dockerfile)
 * reads in the way it is read here passes; anything that could be read otherwise is a violation.
 */
import { parseReference } from '../decode/reference.ts'
import { describePatterns, someImageMatches } from './match.ts'
import type { Violation } from './refuse.ts'

/**
 * The violations of a Dockerfile.
 * @param patterns of images that may be taken from
 * @param buildArgs that the client gives
 */
export function checkDockerfile(
  text: string,
  patterns: readonly string[],
  buildArgs: ReadonlyMap<string, string>,
): readonly Violation[] {
  const violations: Violation[] = []
  if (/^\uFEFF?\s*#\s*escape\s*=/im.test(text))
    violations.push(odd('# escape', 'another escape character changes what every line means'))
  // Which lines belong together is read differently by different versions where these stand.
  if (/\\\\[ \t]*$/m.test(text))
    violations.push(odd('\\\\ at the end of a line', 'it is no continuation in some versions'))
  if (ODD_SPACE.test(text))
    violations.push(odd('a control character or an odd space', 'it is a space in some readers only'))
  const stages = new Set<string>()
  const variables = new Map<string, string>()
  let inStage = false
  for (const line of logicalLines(text)) {
    const [word = '', rest = ''] = split(line)
    switch (word.toUpperCase()) {
      case 'ARG':
        if (!inStage) readArgument(rest, buildArgs, variables)
        break
      case 'FROM':
        inStage = true
        readFrom(rest, { patterns, variables, stages, violations })
        break
      default:
        violations.push(...checkInstruction(line, patterns, stages))
    }
  }
  if (!inStage) violations.push(odd('Dockerfile', 'it has no FROM'))
  return violations
}

const ODD_SPACE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|\r(?!\n)/
/** A stage's name (moby, frontend/dockerfile/instructions); nothing else can hide an image. */
const STAGE = /^[a-z][a-z0-9_.-]*$/i

/** Lines with their continuations joined; comments and empty lines are no part of them. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = []
  let open = ''
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const continued = /\\[ \t]*$/.exec(line)
    open += continued === null ? line : line.slice(0, continued.index)
    if (continued !== null) continue
    lines.push(open.trim())
    open = ''
  }
  if (open.trim() !== '') lines.push(open.trim())
  return lines
}

function split(line: string): readonly string[] {
  const match = /^(\S+)\s+([\s\S]*)$/.exec(line)
  return match === null ? [line, ''] : [match[1] ?? '', match[2] ?? '']
}

function readArgument(
  rest: string,
  buildArgs: ReadonlyMap<string, string>,
  variables: Map<string, string>,
): void {
  for (const word of rest.split(/\s+/)) {
    const [name = '', ...value] = word.split('=')
    const given = buildArgs.get(name) ?? (word.includes('=') ? unquote(value.join('=')) : undefined)
    if (given !== undefined) variables.set(name, given)
  }
}

function unquote(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value
}

interface Reading {
  readonly patterns: readonly string[]
  readonly variables: ReadonlyMap<string, string>
  readonly stages: Set<string>
  readonly violations: Violation[]
}

function readFrom(rest: string, { patterns, variables, stages, violations }: Reading): void {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith('--platform='))
  const written = words[0] ?? ''
  const image = substitute(written, variables)
  if (image === undefined)
    violations.push(odd(`FROM ${written}`, 'its variables are not known before the build'))
  else if (image !== 'scratch' && !stages.has(image.toLowerCase()))
    violations.push(...checkImage(`FROM ${image}`, image, patterns))
  if (words[1]?.toUpperCase() === 'AS' && words[2] !== undefined && STAGE.test(words[2]))
    stages.add(words[2].toLowerCase())
}

/** `$NAME` and `${NAME}` of global arguments; undefined where there is anything else to be substituted. */
function substitute(text: string, variables: ReadonlyMap<string, string>): string | undefined {
  const result = text.replace(
    /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (whole, braced: string, bare: string) => {
      return variables.get(braced ?? bare) ?? whole
    },
  )
  return /[$\\"'`]/.test(result) ? undefined : result
}

function checkImage(what: string, image: string, patterns: readonly string[]): readonly Violation[] {
  const reference = parseReference(image)
  if (reference !== undefined && someImageMatches(patterns, reference)) return []
  const why = 'this image is outside the names that this worker may use'
  return [{ rule: 'run.images', what, why, instead: [describePatterns(patterns)] }]
}

function checkInstruction(
  line: string,
  patterns: readonly string[],
  stages: ReadonlySet<string>,
): readonly Violation[] {
  const [word = '', rest = ''] = split(line)
  switch (word.toUpperCase()) {
    case 'ONBUILD':
      return checkInstruction(rest, patterns, stages)
    case 'ADD':
      return hasHeredoc(rest) ? [heredoc(word)] : checkAdd(rest)
    case 'COPY':
      return hasHeredoc(rest) ? [heredoc(word)] : checkCopy(rest, patterns, stages)
    case 'RUN':
      // What looks like an instruction inside would be none, and could name a stage that is none.
      return hasHeredoc(rest) ? [heredoc(word)] : []
    default:
      return []
  }
}

function hasHeredoc(rest: string): boolean {
  return /<<-?\s*["']?[A-Za-z_0-9]/.test(rest)
}

function heredoc(word: string): Violation {
  return { ...odd(`${word} <<`, 'here-documents hide what they hold'), instead: ['a script in the context'] }
}

function checkAdd(rest: string): readonly Violation[] {
  const plain = !/[\\$']/.test(rest)
  if (plain && !/:\/\/|git@|\.git(?:$|[#\s"])/i.test(rest.replaceAll('"', ''))) return []
  const why = 'the host would fetch an address'
  return [
    { rule: 'build.add', what: `ADD ${rest}`, why, instead: ['COPY of a file in the context', 'RUN wget'] },
  ]
}

function checkCopy(
  rest: string,
  patterns: readonly string[],
  stages: ReadonlySet<string>,
): readonly Violation[] {
  const flags = /^(?:--\S+\s+)*/.exec(rest)?.[0] ?? ''
  if (/[\\"'$]/.test(flags)) return [odd(`COPY ${flags}`, 'its flags are not known before the build')]
  const from = /--from=(\S+)/.exec(flags)?.[1]
  if (from === undefined || /^[0-9]+$/.test(from) || stages.has(from.toLowerCase())) return []
  return checkImage(`COPY --from=${from}`, from, patterns)
}

function odd(what: string, why: string): Violation {
  return { rule: 'build.dockerfile', what, why, instead: [] }
}
