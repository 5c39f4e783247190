/** Images as they are known, with whose they are. */
import type { KnownImages } from './known-images.ts'
import type { Ownership } from './ownership.ts'

/** All images, and whose they are. */
export interface Images {
  readonly images: KnownImages
  readonly ownership: Ownership
}

/** Ids of the nameless images below one, the nearest first, up to one that is not the worker's, or that another is built upon. */
export function ownParents({ images, ownership }: Images, worker: string, id: string): readonly string[] {
  const own: string[] = []
  let above = id
  for (const parent of namelessParents(images, id)) {
    if (ownership.owner('image', parent) !== worker || images.isNeeded(parent, above)) break
    own.push(parent)
    above = parent
  }
  return own
}

/** Ids of the images below one, the nearest first, up to one that has a name. */
export function namelessParents(images: KnownImages, id: string): readonly string[] {
  const found = new Set<string>()
  let parent = images.get(images.get(id)?.parent ?? '')
  // An archive can make an image its own ancestor.
  while (parent !== undefined && parent.names.length === 0 && !found.has(parent.id)) {
    found.add(parent.id)
    parent = images.get(parent.parent)
  }
  return [...found]
}
