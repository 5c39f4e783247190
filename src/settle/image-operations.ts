/** Calls that can bring an image. */
import type {
  BuildPermit,
  CommitPermit,
  ImportPermit,
  LoadPermit,
  Permit,
  PullPermit,
  PushPermit,
} from '../decide/verdict.ts'
import type { Claim } from '../record/store.ts'
import type { ImageSight } from '../world/image-sight.ts'
import type { KnownImages } from '../world/known-images.ts'

export type Bringing = BuildPermit | CommitPermit | ImportPermit | LoadPermit | PullPermit | PushPermit

/** For each kind of permit; the types hold that it says so of those alone. */
const BRINGS = {
  ...{ build: true, commit: true, import: true, load: true, pull: true, push: true },
  ...{ container: false, create: false, update: false, engine: false, exec: false, 'exec create': false },
  ...{ image: false, tag: false, save: false, search: false, list: false, prune: false },
  ...{ 'container list': false, 'build connection': false, frontend: false, graph: false, solve: false },
  ...{
    network: false,
    'network create': false,
    'network member': false,
    volume: false,
    'volume create': false,
  },
} as const satisfies { readonly [On in Permit['on']]: On extends Bringing['on'] ? true : false }

export function bringsImages(permit: Permit): permit is Bringing {
  return BRINGS[permit.on]
}

/** Names that an engine gives by a call, or that the gate gives to what came of it, as the engine lists them. */
export function namesOf(permit: Bringing): readonly string[] {
  return permit.on === 'pull' ? [pulledName(permit)] : givenNames(permit)
}

/** What an engine pulls by. */
export function pulledName({ name, tag, digest = tag }: PullPermit): string {
  return digest.startsWith('sha256:') ? `${name}@${digest}` : `${name}:${digest}`
}

/** Names that the gate gives to what came of a call, in full. */
export function givenNames(permit: Bringing): readonly string[] {
  switch (permit.on) {
    case 'build':
      return permit.tags
    case 'commit':
    case 'import':
      return permit.name === undefined ? [] : [permit.name]
    case 'pull':
      return permit.given === undefined || permit.digest === undefined ? [] : [permit.given]
    case 'load':
    case 'push':
      return []
  }
}

/** Ids of the images that have the names which are pushed. */
export function pushedImages(
  images: KnownImages,
  { name, tag }: { readonly name: string; readonly tag: string | undefined },
): readonly string[] {
  const names = tag === undefined ? images.tagsOf(name) : [`${name}:${tag}`]
  return names.flatMap((pushed) => images.named(pushed)?.id ?? [])
}

/** What is known of what a call has brought: ids that the engine told, and claims that were opened before. */
interface Brought {
  readonly made: readonly string[]
  readonly done: boolean
  readonly claims: readonly Pick<Claim, 'id'>[]
  readonly pushed: readonly string[]
  /** The number of the question that the call began with. */
  readonly since: number
}

/** Asks for what a call may have brought. @throws {EngineUnavailable} */
export async function lookAtBrought(
  sight: Pick<ImageSight, 'look' | 'lookBelow' | 'listSoon'>,
  permit: Bringing,
  { made, done, claims, pushed, since }: Brought,
): Promise<void> {
  switch (permit.on) {
    case 'load':
      return sight.look(claims.map(({ id }) => id))
    case 'build':
      // Of the steps of one that failed engines before 28 tell nothing.
      if (!done) sight.listSoon()
      for (const id of made) await sight.lookBelow(id, since)
      return
    case 'commit':
    case 'import':
      return sight.look(made)
    case 'pull':
      return sight.look(namesOf(permit))
    case 'push':
      return sight.look(pushed)
  }
}
