/** FROM: what a stage begins with. */
import { looksLikeImageId, parseReference, type ImageReference } from '../../decode/reference.ts'
import { someImageMatches } from '../../policy/match.ts'
import { substitute, type Variables } from './arguments.ts'
import { readFlags, writeInstruction } from './flags.ts'

export interface From {
  readonly kind: 'from'
  /** An image from outside; undefined for `scratch` and a stage before. */
  readonly image: ImageReference | undefined
  /** What FROM names, variables substituted. */
  readonly name: string
  /** `linux/arm64`; undefined where FROM has none. */
  readonly platform: string | undefined
  /** The stage's own name, in small letters. */
  readonly stage: string | undefined
}

/** Why a FROM does not pass. */
export interface Unreadable {
  readonly kind: 'unreadable' | 'outside'
  readonly why: string
}

/** A stage's name (moby, frontend/dockerfile/instructions); nothing else can hide an image. */
const STAGE = /^[a-z][a-z0-9_.-]*$/i
/** OS, architecture and variant (containerd, platforms). */
const PLATFORM = /^[A-Za-z0-9_-]+(?:\/[A-Za-z0-9_.-]+){0,2}$/

/** Images that may be taken from. */
export interface Sources {
  /** Patterns over names in full. */
  readonly patterns: readonly string[]
  /** Gives the engine's name for an image of the worker's own that it calls so; undefined where it has none. */
  readonly own?: ((reference: ImageReference) => ImageReference | undefined) | undefined
}

/** Reads what stands behind FROM. @param stages names of the stages before, in small letters */
export function readFrom(
  written: string,
  sources: Sources,
  variables: Variables,
  stages: ReadonlySet<string>,
): From | Unreadable {
  const { flags, rest, wrong } = readFlags('FROM', written)
  const [quoted = '', as, stage, ...more] = rest.split(/[ \t]+/)
  const name = nameOf(quoted, variables)
  const flag = flags.get('platform')
  const platform = flag === undefined ? undefined : substitute(flag, variables)
  const isStaged = as === undefined || (as.toUpperCase() === 'AS' && STAGE.test(stage ?? ''))
  if (wrong !== undefined || name === undefined || !isStaged || more.length > 0)
    return { kind: 'unreadable', why: wrong ?? 'its name, variables or stage are not known before the build' }
  if (flag !== undefined && !PLATFORM.test(platform ?? ''))
    return { kind: 'unreadable', why: 'its platform is not known before the build, or is none' }
  const from = { kind: 'from', name, platform, stage: stage?.toLowerCase() } as const
  if (name === 'scratch' || stages.has(name.toLowerCase())) return { ...from, image: undefined }
  const image = usableImage(name, sources)
  return image === undefined ? { kind: 'outside', why: name } : { ...from, image }
}

/** A name with its variables, without quotes around the whole of it. */
function nameOf(written: string, variables: Variables): string | undefined {
  const [, single, double] = /^(?:'([^'"\\$]*)'|"([^'"\\]*)")$/.exec(written) ?? []
  return substitute(single ?? double ?? written, variables)
}

/** The image that is named: the worker's own first, then what a pattern covers. */
export function usableImage(name: string, { patterns, own }: Sources): ImageReference | undefined {
  // An engine would look for an image of that id, whatever its name.
  const reference = looksLikeImageId(name) ? undefined : parseReference(name)
  if (reference === undefined) return undefined
  return own?.(reference) ?? (someImageMatches(patterns, reference) ? reference : undefined)
}

/** A FROM as it is sent. @param id of the image that was found for it */
export function writeFrom({ name, platform, stage }: From, id: string | undefined): string {
  const flags = new Map(platform === undefined ? [] : [['platform', platform]])
  const as = stage === undefined ? '' : ` AS ${stage}`
  return writeInstruction('FROM', flags, `${id ?? name.toLowerCase()}${as}`)
}
