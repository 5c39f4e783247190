/**
 * What a Dockerfile takes from outside: base images and addresses. The engine gets none of its text, but each instruction as it
 * was read here, on a line of its own; what could be read otherwise by the classic builder (moby, builder/dockerfile) is a violation.
 */
import type { ImageReference } from '../../decode/reference.ts'
import { describePatterns } from '../../policy/match.ts'
import type { Steps } from '../../schedule/scheduler.ts'
import type { Violation } from '../refuse.ts'
import { mayBeAddress, pathsOf } from './add.ts'
import { readArguments } from './arguments.ts'
import { readFlags, writeInstruction } from './flags.ts'
import { readFrom, usableImage, type From, type Sources } from './from.ts'
import { wrongInterval } from './healthcheck.ts'
import { hasHeredoc } from './heredoc.ts'
import { wrongLabels } from './labels.ts'
import { Lengths } from './lengths.ts'
import { instructionsOf } from './lines.ts'
import { Ports } from './ports.ts'
import { wordsIn } from '../../shared/words.ts'

/** An instruction as it will be sent; one that names an image is written when that was found. */
export type Instruction = From | Copy | { readonly kind: 'other'; readonly text: string }

/** A COPY from an image from outside. */
interface Copy {
  readonly kind: 'copy'
  readonly image: ImageReference
  /** The instruction. @param from what it copies from; undefined where that is not looked up */
  readonly write: (from?: string) => string
}

export interface CheckedDockerfile {
  readonly violations: readonly Violation[]
  /** Those up to the target; what comes behind it would not be built. */
  readonly instructions: readonly Instruction[]
  /** Images from outside that files are copied from. */
  readonly copied: readonly ImageReference[]
  /** Variables that ports are taken from. */
  readonly exposed: ReadonlySet<string>
}

/** What the client asks for beside the Dockerfile. */
export interface BuildOptions extends Pick<Sources, 'own'> {
  readonly buildArgs: ReadonlyMap<string, string>
  /** The stage that is built; empty for the last one. */
  readonly target: string
}

/** What is known of a Dockerfile up to a line. */
interface Reading {
  readonly sources: Sources
  readonly variables: Map<string, string>
  /** Names in small letters. */
  readonly stages: Set<string>
  readonly violations: Violation[]
  readonly copied: ImageReference[]
  /** Images that files are copied from where a later stage begins with this one (ONBUILD), by its name. */
  readonly triggers: Map<string, ImageReference[]>
  /** Those of the stage that is read. */
  triggered: ImageReference[]
}

/** Where it is a directive it changes what every line means; a backslash is what counts anyway. */
const ESCAPE_DIRECTIVE =
  /^\uFEFF?[^\S\n\r\u2028\u2029]*#[^\S\n\r\u2028\u2029]*escape[ \t]*=[ \t]*(?:[^ \t\\]|$)/im
const ODD_SPACE =
  /[\u0000-\u0008\u000b-\u001f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\uFEFF]/

/**
 * The violations of a Dockerfile, what is sent of it, and the images that it takes from.
 * @param patterns of images that may be taken from
 */
export function* checkDockerfile(
  text: string,
  patterns: readonly string[],
  { buildArgs, target, own }: BuildOptions,
): Steps<CheckedDockerfile> {
  const reading: Reading = {
    sources: { patterns, own },
    variables: new Map(),
    stages: new Set(),
    violations: [],
    copied: [],
    triggers: new Map(),
    triggered: [],
  }
  const { violations, variables, stages } = reading
  if (ESCAPE_DIRECTIVE.test(text))
    violations.push(odd('# escape', 'another escape character changes what every line means'))
  const instructions: Instruction[] = []
  const lengths = new Lengths()
  const ports = new Ports(buildArgs)
  let current: From | undefined
  for (const line of instructionsOf(text)) {
    yield
    if (line === undefined) continue
    const { word, rest } = split(line, violations)
    const tooLong = lengths.add(word, rest)
    if (tooLong !== undefined) {
      // What comes behind it is not read: it can be as long.
      violations.push(odd(`${word.slice(0, LONGEST_WORD)} of ${rest.length} characters`, tooLong))
      return { violations, instructions, copied: reading.copied, exposed: ports.exposed }
    }
    const exposed = ports.add(word, rest)
    if (exposed !== undefined) violations.push(odd(`${word} ${rest}`, exposed))
    if (word === 'FROM') {
      if (current?.stage !== undefined && current.stage === target.toLowerCase()) break
      // In a stage, its own name is still that of an image.
      if (current?.stage !== undefined) stages.add(current.stage)
      current = takeFrom(rest, reading) ?? NO_BASE
      const triggered = lengths.begin(current)
      if (triggered !== undefined) violations.push(odd(`ONBUILD of ${current.name}`, triggered))
      instructions.push(current)
      continue
    }
    if (word === 'ARG' && current === undefined && !readArguments(rest, buildArgs, variables))
      violations.push(odd(`ARG ${rest}`, 'it is quoted in a way that is not read here'))
    instructions.push(checkInstruction(word, rest, reading))
  }
  if (current === undefined) violations.push(odd('Dockerfile', 'it has no FROM'))
  return { violations, instructions, copied: reading.copied, exposed: ports.exposed }
}

/** Characters of the longest word of an instruction that is told. */
const LONGEST_WORD = 20

/** In the place of a FROM that is a violation. */
const NO_BASE: From = {
  kind: 'from',
  image: undefined,
  name: 'scratch',
  platform: undefined,
  stage: undefined,
}

/** The word in capital letters, and what stands behind it. */
function split(line: string, violations: Violation[]): { readonly word: string; readonly rest: string } {
  if (ODD_SPACE.test(line))
    violations.push(odd('a control character or an odd space', 'it is a space in some readers only'))
  // As the last sign it would make the next instruction a part of this one.
  if (line.endsWith('\\'))
    violations.push(odd('\\\\ at the end of a line', 'it is not a continuation in some versions'))
  const [, word = '', rest = ''] = /^(\S+)(?:[ \t]+([^]*))?$/.exec(line) ?? []
  return { word: word.toUpperCase(), rest }
}

function takeFrom(rest: string, reading: Reading): From | undefined {
  const { sources, variables, stages, violations } = reading
  const from = readFrom(rest, sources, variables, stages)
  switch (from.kind) {
    case 'from':
      if (from.image === undefined)
        reading.copied.push(...(reading.triggers.get(from.name.toLowerCase()) ?? []))
      reading.triggered = []
      if (from.stage !== undefined) reading.triggers.set(from.stage, reading.triggered)
      return from
    case 'outside':
      violations.push(outside(`FROM ${from.why}`, sources))
      return undefined
    case 'unreadable':
      violations.push(odd(`FROM ${rest}`, from.why))
      return undefined
  }
}

const PLAIN = wordsIn(
  'ARG CMD ENTRYPOINT ENV EXPOSE HEALTHCHECK LABEL MAINTAINER SHELL STOPSIGNAL USER VOLUME WORKDIR',
)

/** Checks any instruction but FROM, and gives it as it is sent. */
function checkInstruction(word: string, written: string, reading: Reading): Exclude<Instruction, From> {
  const { violations } = reading
  if (word === 'ONBUILD') return checkTrigger(written, reading)
  const { flags, rest, wrong } = readFlags(word, written)
  if (wrong !== undefined) violations.push(odd(`${word} ${rest}`, wrong))
  const tooOften = word === 'HEALTHCHECK' ? wrongInterval(flags) : undefined
  if (tooOften !== undefined) violations.push(odd(word, tooOften))
  const ours = word === 'LABEL' ? wrongLabels(rest) : undefined
  if (ours !== undefined) violations.push(odd(`LABEL ${rest}`, ours))
  if (['ADD', 'COPY', 'RUN'].includes(word)) {
    // What looks like an instruction inside would be none, and could name a stage that is none.
    if (hasHeredoc(rest)) violations.push(heredoc(word))
    if (word === 'ADD') violations.push(...checkAdd(rest))
    const image = word === 'COPY' ? takeCopied(flags.get('from'), reading) : undefined
    if (image !== undefined) return { kind: 'copy', image, write: copyOf(flags, rest) }
  } else if (!PLAIN.includes(word)) {
    // Letters of other alphabets can be those of an instruction in lower case.
    violations.push(odd(word, 'it is not an instruction'))
  }
  return { kind: 'other', text: writeInstruction(word, flags, rest) }
}

function copyOf(flags: ReadonlyMap<string, string>, rest: string): Copy['write'] {
  return (from = flags.get('from') ?? '') =>
    writeInstruction('COPY', new Map([...flags, ['from', from]]), rest)
}

/** An instruction for a later build, where a stage of a name that is one here may be none. */
function checkTrigger(written: string, reading: Reading): Exclude<Instruction, From> {
  const { word, rest } = split(written, reading.violations)
  if (word === 'ONBUILD' || word === 'FROM') {
    reading.violations.push(odd(`ONBUILD ${word}`, 'an engine has no such trigger'))
    return { kind: 'other', text: '' }
  }
  const inside = { ...reading, stages: new Set<string>(), copied: reading.triggered }
  const trigger = checkInstruction(word, rest, inside)
  return trigger.kind === 'copy'
    ? { ...trigger, write: (from) => `ONBUILD ${trigger.write(from)}` }
    : { ...trigger, text: `ONBUILD ${trigger.text}` }
}

function checkAdd(rest: string): readonly Violation[] {
  const paths = pathsOf(rest)
  if (paths !== undefined && !paths.slice(0, -1).some(mayBeAddress)) return []
  const why = 'a source is an address that the host would fetch, or could become one by quotes or variables'
  return [
    { rule: 'build.add', what: `ADD ${rest}`, why, instead: ['COPY of a file in the context', 'RUN wget'] },
  ]
}

function takeCopied(
  from: string | undefined,
  { sources, stages, violations, copied }: Reading,
): ImageReference | undefined {
  if (from === undefined || /^[0-9]{1,4}$/.test(from) || stages.has(from.toLowerCase())) return undefined
  const reference = usableImage(from, sources)
  if (reference === undefined) violations.push(outside(`COPY --from=${from}`, sources))
  else copied.push(reference)
  return reference
}

function outside(what: string, { patterns }: Sources): Violation {
  const why = 'this image is outside the names that this worker may use'
  return { rule: 'run.images', what, why, instead: [describePatterns(patterns)] }
}

function heredoc(word: string): Violation {
  return { ...odd(`${word} <<`, 'here-documents hide what they hold'), instead: ['a script in the context'] }
}

function odd(what: string, why: string): Violation {
  return { rule: 'build.dockerfile', what, why, instead: [] }
}
