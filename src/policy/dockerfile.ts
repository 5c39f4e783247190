/**
 * What a Dockerfile takes from outside: base images and addresses. Only what the classic builder (moby, builder/dockerfile)
 * reads in the way it is read here passes; anything that could be read otherwise is a violation.
 */
import { looksLikeImageId, parseReference, type ImageReference } from '../decode/reference.ts'
import { logicalLines, replaceLines, type LogicalLine } from './dockerfile-lines.ts'
import { describePatterns, someImageMatches } from './match.ts'
import type { Violation } from './refuse.ts'

/** An image that a stage begins with. */
export interface BaseImage {
  readonly image: ImageReference
  /** As the engine will read it, `linux/arm64`; undefined where FROM has none. */
  readonly platform: string | undefined
  readonly line: LogicalLine
  /** What stands behind the image: ` AS name`. */
  readonly rest: string
}

export interface CheckedDockerfile {
  readonly violations: readonly Violation[]
  /** Images from outside that stages begin with, up to the target. */
  readonly bases: readonly BaseImage[]
  /** Images from outside that files are copied from, up to the target. */
  readonly copied: readonly ImageReference[]
}

/** What the client asks for beside the Dockerfile. */
export interface BuildOptions {
  readonly buildArgs: ReadonlyMap<string, string>
  /** The stage that is built; empty for the last one. */
  readonly target: string
}

/**
 * The violations of a Dockerfile, and the images that it takes from.
 * @param patterns of images that may be taken from
 */
export function checkDockerfile(
  text: string,
  patterns: readonly string[],
  { buildArgs, target }: BuildOptions,
): CheckedDockerfile {
  const reading: Reading = {
    patterns,
    variables: new Map(),
    stages: new Set(),
    violations: [],
    bases: [],
    copied: [],
  }
  const { violations, variables, stages } = reading
  if (ESCAPE_DIRECTIVE.test(text))
    violations.push(odd('# escape', 'another escape character changes what every line means'))
  // Which lines belong together is read differently by different versions where these stand.
  if (/\\\\[ \t]*$/m.test(text))
    violations.push(odd('\\\\ at the end of a line', 'it is no continuation in some versions'))
  if (ODD_SPACE.test(text))
    violations.push(odd('a control character or an odd space', 'it is a space in some readers only'))
  let inStage = false
  let current: string | undefined
  let taken: Pick<CheckedDockerfile, 'bases' | 'copied'> | undefined
  for (const line of logicalLines(text)) {
    const [word = '', rest = ''] = split(line.text)
    switch (word.toUpperCase()) {
      case 'ARG':
        if (!inStage) violations.push(...readArguments(rest, buildArgs, variables))
        break
      case 'FROM':
        inStage = true
        // In a stage, its own name is still that of an image.
        if (current !== undefined) stages.add(current)
        // What comes behind the target is checked, but not built.
        if (current !== undefined && current === target.toLowerCase())
          taken ??= { bases: [...reading.bases], copied: [...reading.copied] }
        current = readFrom(line, rest, reading)
        break
      default:
        checkInstruction(line.text, reading)
    }
  }
  if (!inStage) violations.push(odd('Dockerfile', 'it has no FROM'))
  return { violations, bases: reading.bases, copied: reading.copied, ...taken }
}

/** An image with the id that it was found to have. */
export interface PinnedBase {
  readonly base: BaseImage
  /** `sha256:…` */
  readonly id: string
}

/** The Dockerfile with each base image by its id, so that its name may change meanwhile. @param pinned in their order */
export function pinBases(text: string, pinned: readonly PinnedBase[]): string {
  return replaceLines(
    text,
    pinned.map(({ base: { line, platform, rest }, id }) => {
      const flag = platform === undefined ? '' : `--platform=${platform} `
      return { line, text: `FROM ${flag}${id}${rest}` }
    }),
  )
}

/** It stays on its line: a space that could be the end of one would be looked at again from each line before. */
const ESCAPE_DIRECTIVE =
  /^\uFEFF?[^\S\n\r\u2028\u2029]*#[^\S\n\r\u2028\u2029]*escape[^\S\n\r\u2028\u2029]*=/im
const ODD_SPACE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]|\r(?!\n)|(?<=[\s\S])\uFEFF/
/** A stage's name (moby, frontend/dockerfile/instructions); nothing else can hide an image. */
const STAGE = /^[a-z][a-z0-9_.-]*$/i

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
  // Of several in one instruction, an engine puts none into the others.
  const known = /\s/.test(rest) ? NO_VARIABLES : variables
  for (let left = rest; left !== '';) {
    const [whole, name, value] = ARGUMENT.exec(left) ?? []
    if (whole === undefined || name === undefined)
      return [odd(`ARG ${rest}`, 'it is quoted in a way that is not read here')]
    left = left.slice(whole.length)
    const given = buildArgs.get(name) ?? (value === undefined ? undefined : defaultOf(value.slice(1), known))
    // One without a value takes away what it was before.
    if (given === undefined) variables.delete(name)
    else variables.set(name, given)
  }
  return []
}

/** A default with the arguments before it in their places; what stays unknown in it is refused where it is used. */
function defaultOf(written: string, known: ReadonlyMap<string, string>): string {
  const value = /^(["'])(.*)\1$/.exec(written)?.[2] ?? written
  return written.startsWith("'") ? value : (substitute(value, known) ?? value)
}

const NO_VARIABLES: ReadonlyMap<string, string> = new Map()

/** What is known of a Dockerfile up to a line. */
interface Reading {
  readonly patterns: readonly string[]
  readonly variables: Map<string, string>
  readonly stages: Set<string>
  readonly violations: Violation[]
  readonly bases: BaseImage[]
  readonly copied: ImageReference[]
}

/** Checks and takes down an image, and gives the name of the stage that begins with it. */
function readFrom(line: LogicalLine, written: string, reading: Reading): string | undefined {
  const { patterns, variables, stages, violations, bases } = reading
  const [flag = '', flagValue] = /^--platform=([^\s"'\\]+)\s+/.exec(written) ?? []
  const platform = flagValue === undefined ? undefined : substitute(flagValue, variables)
  const [name = '', as = '', stage = ''] = written.slice(flag.length).split(/\s+/)
  const image = substitute(name, variables)
  if (image === undefined || name.startsWith('--') || (flagValue !== undefined && platform === undefined))
    violations.push(odd(`FROM ${written}`, 'its flags or variables are not known before the build'))
  else if (image !== 'scratch' && !stages.has(image.toLowerCase())) {
    const reference = coveredImage(image, patterns)
    if (reference === undefined) violations.push(outside(`FROM ${image}`, patterns))
    else bases.push({ image: reference, platform, line, rest: written.slice(flag.length + name.length) })
  }
  return as.toUpperCase() === 'AS' && STAGE.test(stage) ? stage.toLowerCase() : undefined
}

/** Characters of what an image or a platform is written with; no name of an image is that long. */
const LONGEST_NAME = 1024

/** `$NAME` and `${NAME}` of global arguments; undefined where there is anything else to be substituted. */
function substitute(text: string, variables: ReadonlyMap<string, string>): string | undefined {
  if (text.length > LONGEST_NAME) return undefined
  const result = text.replace(
    /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (whole, braced: string, bare: string) => {
      const value = variables.get(braced ?? bare) ?? whole
      return value.length > LONGEST_NAME ? whole : value
    },
  )
  return /[$\\"'`]/.test(result) ? undefined : result
}

/** The image that is named, where a pattern covers it. */
function coveredImage(image: string, patterns: readonly string[]): ImageReference | undefined {
  // An engine would look for an image of that id, whatever its name.
  const reference = looksLikeImageId(image) ? undefined : parseReference(image)
  return reference !== undefined && someImageMatches(patterns, reference) ? reference : undefined
}

function outside(what: string, patterns: readonly string[]): Violation {
  const why = 'this image is outside the names that this worker may use'
  return { rule: 'run.images', what, why, instead: [describePatterns(patterns)] }
}

function checkInstruction(line: string, reading: Reading): void {
  const { violations } = reading
  const [word = '', rest = ''] = split(line)
  switch (word.toUpperCase()) {
    case 'ONBUILD':
      // It is carried out in another build, where a stage of that name may be none.
      checkInstruction(rest, { ...reading, stages: new Set(), copied: [] })
      break
    case 'ADD':
      violations.push(...(hasHeredoc(rest) ? [heredoc(word)] : checkAdd(rest)))
      break
    case 'COPY':
      if (hasHeredoc(rest)) violations.push(heredoc(word))
      else readCopy(rest, reading)
      break
    case 'RUN':
      // What looks like an instruction inside would be none, and could name a stage that is none.
      if (hasHeredoc(rest)) violations.push(heredoc(word))
      break
    default:
      // Letters of other alphabets can be those of an instruction in lower case.
      if (!/^[A-Za-z]+$/.test(word)) violations.push(odd(word, 'it is no instruction'))
  }
}

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

function readCopy(rest: string, { patterns, stages, violations, copied }: Reading): void {
  const flags = /^(?:--\S+\s+)*/.exec(rest)?.[0] ?? ''
  if (/[\\"'$]/.test(flags)) violations.push(odd(`COPY ${flags}`, 'its flags are not known before the build'))
  for (const flag of flags.split(/\s+/)) {
    const from = /^--from=(.+)$/.exec(flag)?.[1]
    if (from === undefined || /^[0-9]{1,4}$/.test(from) || stages.has(from.toLowerCase())) continue
    const reference = coveredImage(from, patterns)
    if (reference === undefined) violations.push(outside(`COPY --from=${from}`, patterns))
    else copied.push(reference)
  }
}

function odd(what: string, why: string): Violation {
  return { rule: 'build.dockerfile', what, why, instead: [] }
}
