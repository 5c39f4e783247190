/** Calls that can bring an image, or a name for one. */
import { parseReference, storedReference } from '../decode/reference.ts'
import type {
  BuildPermit,
  CommitPermit,
  ImportPermit,
  LoadPermit,
  Permit,
  PullPermit,
  PushPermit,
  TagPermit,
} from '../policy/verdict.ts'

export type Bringing =
  | BuildPermit
  | CommitPermit
  | ImportPermit
  | LoadPermit
  | PullPermit
  | PushPermit
  | TagPermit

export function bringsImages(permit: Permit): permit is Bringing {
  return ['build', 'commit', 'import', 'load', 'pull', 'push', 'tag'].includes(permit.on)
}

/**
 * Names that a call gives, as the engine lists them; those in an archive that is loaded are not known before it was read.
 * @param tagsOf all names with a tag that a repository has here
 */
export function namesGivenBy(
  permit: Bringing,
  tagsOf: (repository: string) => readonly string[],
): readonly string[] {
  switch (permit.on) {
    case 'build':
      return permit.tags
    case 'tag':
    case 'commit':
    case 'import':
      return permit.name === undefined ? [] : [permit.name]
    case 'pull': {
      const { name, tag } = permit
      return [tag.startsWith('sha256:') ? `${name}@${tag}` : `${name}:${tag}`]
    }
    case 'push':
      return permit.tag === undefined ? tagsOf(permit.name) : [`${permit.name}:${permit.tag}`]
    case 'load':
      return []
  }
}

/** Names as the engine lists them. */
export function storedNames(written: readonly string[]): readonly string[] {
  return written.flatMap((name) => {
    const reference = parseReference(name)
    return reference === undefined ? [] : [storedReference(reference)]
  })
}
