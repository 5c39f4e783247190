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
import type { KnownImages } from '../world/known-images.ts'

export type Bringing = BuildPermit | CommitPermit | ImportPermit | LoadPermit | PullPermit | PushPermit

export function bringsImages(permit: Permit): permit is Bringing {
  return ['build', 'commit', 'import', 'load', 'pull', 'push'].includes(permit.on)
}

/** Names that a call is to give, as the engine lists them. */
export function namesOf(permit: Bringing): readonly string[] {
  switch (permit.on) {
    case 'build':
      return permit.tags
    case 'commit':
    case 'import':
      return permit.name === undefined ? [] : [permit.name]
    case 'pull':
      return [
        permit.tag.startsWith('sha256:') ? `${permit.name}@${permit.tag}` : `${permit.name}:${permit.tag}`,
      ]
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
