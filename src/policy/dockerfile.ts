/**
 * What a Dockerfile takes from outside: base images and addresses. Only what the classic builder (moby, builder/dockerfile)
 * reads in the way it is read here passes; anything that could be read otherwise is a violation.
 */
import { looksLikeImageId, parseReference } from '../decode/reference.ts'
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
  let current: string | undefined
  for (const line of logicalLines(text)) {
    const [word = '', rest = ''] = split(line)
    switch (word.toUpperCase()) {
      case 'ARG':
        if (!inStage) violations.push(...readArguments(rest, buildArgs, variables))
        break
      case 'FROM':
        inStage = true
        // In a stage, its own name is still that of an image.
        if (current !== undefined) stages.add(current)
        current = readFrom(rest, { patterns, variables, stages, violations })
        break
      default:
        violations.push(...checkInstruction(line, patterns, stages))
    }
  }
  if (!inStage) violations.push(odd('Dockerfile', 'it has no FROM'))
  return violations
}

const ODD_SPACE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|\r(?!\n)|(?<=[\s\S])\uFEFF/
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

/** `NAME` or `NAME=VALUE`, quoted as a whole or not at all. */
const ARGUMENT = /^([A-Za-z_][A-Za-z0-9_]*)(=(?:[^\s"'\\]*|"[^"\\]*"|'[^'\\]*'))?(?:\s+|$)/

/** Takes down global arguments as the engine will know them. */
function readArguments(
  rest: string,
  buildArgs: ReadonlyMap<string, string>,
  variables: Map<string, string>,
): readonly Violation[] {
  for (let left = rest; left !== '';) {
    const [whole, name, value] = ARGUMENT.exec(left) ?? []
    if (whole === undefined || name === undefined)
      return [odd(`ARG ${rest}`, 'it is quoted in a way that is not read here')]
    left = left.slice(whole.length)
    const given = buildArgs.get(name) ?? (value === undefined ? undefined : unquote(value.slice(1)))
    // One without a value takes away what it was before.
    if (given === undefined) variables.delete(name)
    else variables.set(name, given)
  }
  return []
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

/** Checks an image, and gives the name of the stage that begins with it. */
function readFrom(rest: string, { patterns, variables, stages, violations }: Reading): string | undefined {
  const flag = /^--platform=[^\s"'\\]+\s+/.exec(rest)?.[0] ?? ''
  const [written = '', as = '', name = ''] = rest.slice(flag.length).split(/\s+/)
  const image = substitute(written, variables)
  if (image === undefined || written.startsWith('--'))
    violations.push(odd(`FROM ${rest}`, 'its flags or variables are not known before the build'))
  else if (image !== 'scratch' && !stages.has(image.toLowerCase()))
    violations.push(...checkImage(`FROM ${image}`, image, patterns))
  return as.toUpperCase() === 'AS' && STAGE.test(name) ? name.toLowerCase() : undefined
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
  // An engine would look for an image of that id, whatever its name.
  const reference = looksLikeImageId(image) ? undefined : parseReference(image)
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
      // It is carried out in another build, where a stage of that name may be none.
      return checkInstruction(rest, patterns, NO_STAGES)
    case 'ADD':
      return hasHeredoc(rest) ? [heredoc(word)] : checkAdd(rest)
    case 'COPY':
      return hasHeredoc(rest) ? [heredoc(word)] : checkCopy(rest, patterns, stages)
    case 'RUN':
      // What looks like an instruction inside would be none, and could name a stage that is none.
      return hasHeredoc(rest) ? [heredoc(word)] : []
    default:
      // Letters of other alphabets can be those of an instruction in lower case.
      return /^[A-Za-z]+$/.test(word) ? [] : [odd(word, 'it is no instruction')]
  }
}

const NO_STAGES: ReadonlySet<string> = new Set()

/** Two `<`; three are a shell's own. */
function hasHeredoc(rest: string): boolean {
  return /(?<!<)<<(?!<)/.test(rest)
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
  return flags
    .split(/\s+/)
    .filter((flag) => flag.startsWith('--from='))
    .map((flag) => flag.slice('--from='.length))
    .filter((from) => from !== '' && !/^[0-9]{1,4}$/.test(from) && !stages.has(from.toLowerCase()))
    .flatMap((from) => checkImage(`COPY --from=${from}`, from, patterns))
}

function odd(what: string, why: string): Violation {
  return { rule: 'build.dockerfile', what, why, instead: [] }
}
