/**
 * Names of images as the engine has them: one that an operation gives is the worker's own, one that it is about is the worker's own where
 * it has such a one, and what stands under that name for everybody else.
 */
import { fullReference, parseReference, storedReference, type ImageReference } from '../decode/reference.ts'
import { newName, type NewName } from '../decode/operations/image-transfer.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf } from '../policy/space.ts'
import type { Images } from '../world/images.ts'

/** A name that is given, in full. What is no name stays as it is, and is refused where that is decided. */
export function givenImage(worker: WorkerPolicy, written: string): string {
  const given = givenReference(worker, written)
  return given === undefined ? written : fullReference(given)
}

/** The same of a tag, a commit or an import. */
export function givenName<T extends NewName>(worker: WorkerPolicy, parameters: T): T {
  const given = givenReference(worker, newName(parameters) ?? '')
  return given === undefined ? parameters : { ...parameters, repo: given.name, tag: given.tag ?? 'latest' }
}

function givenReference(worker: WorkerPolicy, written: string): ImageReference | undefined {
  const reference = parseReference(written)
  return reference && spaceOf(worker).images.given(reference)
}

/** What the engine is to look for. @param known undefined while it is not known which images there are */
export function usedImage(known: Images | undefined, worker: WorkerPolicy, written: string): string {
  const reference = parseReference(written)
  const own = reference && known && ownImage(known, worker, reference)
  return own === undefined ? written : fullReference(own)
}

/** The engine's name for an image of the worker's own that it calls so; undefined where it has none. */
export function ownImage(
  { images, ownership }: Images,
  worker: WorkerPolicy,
  reference: ImageReference,
): ImageReference | undefined {
  const { images: space } = spaceOf(worker)
  if (!space.isOwn) return undefined
  const name = space.nameOf(reference)
  const image = images.named(storedReference(name))
  if (image === undefined) return undefined
  const isOwn = (given: string): boolean => ownership.ownsTag(worker.name, given, image.id)
  const tags = image.names.filter((given) => given.startsWith(`${name.name}:`))
  // By a digest it is meant by any tag there.
  return (reference.digest === undefined ? [storedReference(name)] : tags).some(isOwn) ? name : undefined
}

/** Names of all images of the worker's own on the engine, by what it calls them in full. */
export function namesOfOwnImages(
  { images, ownership }: Images,
  worker: WorkerPolicy,
): ReadonlyMap<string, string> {
  const { images: space } = spaceOf(worker)
  const names = [...ownership.idsOf(worker.name, 'tag')].filter((name) => {
    const image = space.holds(name) ? images.named(name) : undefined
    return image !== undefined && ownership.ownsTag(worker.name, name, image.id)
  })
  return new Map(names.map((name) => [space.inFull(name), name]))
}
