/** What an archive of images is to bring: claimed before its end reaches the engine, so that nothing of it is nobody's. */
import type { ArchivedImage } from '../decode/image-layout.ts'
import { parseReference, storedReference } from '../decode/reference.ts'
import type { Claim } from '../record/store.ts'
import type { Images } from '../world/images.ts'

/** Opens claims on the images that are not here yet, and on the names that they are to get. */
export function claimLoaded(
  { images: known, ownership }: Images,
  worker: string,
  images: readonly Pick<ArchivedImage, 'id' | 'names'>[],
): readonly Claim[] {
  const missing = new Set(images.map(({ id }) => id).filter((id) => known.get(id) === undefined))
  const tags = images.flatMap(({ id, names }) => storedNames(names).map((name) => [name, id] as const))
  return [
    ...[...missing].map((id) => ownership.claimImage(worker, id)),
    ...tags.map(([name, id]) => ownership.claimTag(worker, name, id)),
  ]
}

/** Names as the engine lists them. */
export function storedNames(written: readonly string[]): readonly string[] {
  return written.flatMap((name) => {
    const reference = parseReference(name)
    return reference === undefined ? [] : [storedReference(reference)]
  })
}
