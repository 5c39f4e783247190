/** Names of images: which a worker may take from, and which it may give. */
import {
  familiarReference,
  fullReference,
  looksLikeImageId,
  parseReference,
  storedReference,
  type ImageReference,
} from '../decode/reference.ts'
import type { Facts, ImageFacts } from '../resolve/facts.ts'
import { ImageSpace } from '../policy/image-space.ts'
import { describePatterns, someImageMatches } from '../policy/match.ts'
import type { RunPolicy } from '../policy/policy.ts'
import type { Violation } from './refuse.ts'

/** The violation of a name that no pattern covers. */
export function outsideNames(run: RunPolicy, what: string, image: string): Violation {
  const why = 'this image is outside the names that this worker may use'
  // It is what docker buildx create makes a builder of, which would need more of the host than any policy gives.
  const reference = parseReference(image)
  const isBuilder = reference?.name === 'docker.io/moby/buildkit'
  const instead = isBuilder
    ? [
        'docker build, by the engine’s own BuildKit',
        'DOCKER_BUILDKIT=0 docker build, on engines before Docker 26',
      ]
    : [describePatterns(run.images)]
  return { rule: 'run.images', what, why, instead }
}

/** A name in full that is covered; where it is not, a violation, and the name as it was. @param what it was asked by */
function planSource(run: RunPolicy, what: string, written: string, violations: Violation[]): string {
  const reference = parseReference(written)
  if (reference !== undefined && reference.digest === undefined && someImageMatches(run.images, reference))
    return fullReference(reference)
  violations.push(outsideNames(run, what, written))
  return written
}

/**
 * A new name for an image, in full: one of the worker's space, or a covered one; and free or the worker's own, so that nobody else's
 * image loses its name. This is the one rule for builds, tags, commits, imports and loads.
 * @param names whose the names are, by the name as written
 */
export function planName(
  run: RunPolicy,
  what: string,
  written: string,
  names: Facts['names'],
  violations: Violation[],
): string {
  const space = new ImageSpace(run.imageHost)
  const name = space.isOwn
    ? planOwnName(space, what, written, violations)
    : planSource(run, what, written, violations)
  if (names.get(written) === 'other') {
    const why = 'this name already belongs to an image that this worker did not tag'
    violations.push({ rule: 'image.name', what, why, instead: ['another name or tag'] })
  }
  if (isLikeAnId(name)) {
    const why = "it could be taken for an image's id"
    violations.push({
      rule: 'image.name',
      what,
      why,
      instead: ['a name that is more than hexadecimal digits'],
    })
  }
  return name
}

/** A name of the worker's space, whatever patterns cover: nobody else finds anything by it. */
function planOwnName(space: ImageSpace, what: string, written: string, violations: Violation[]): string {
  const reference = parseReference(written)
  if (reference !== undefined && reference.digest === undefined && space.holds(reference.name))
    return fullReference(reference)
  const isLong = space.holds(written)
  const why = isLong
    ? 'with what the gate puts before it on the engine, it has more than 255 characters'
    : 'this is not a name for an image'
  violations.push({ rule: 'image.name', what, why, instead: [isLong ? 'a shorter name' : 'NAME:TAG'] })
  return written
}

/** Engines look for a name before they look for the start of an id, of which people copy twelve digits or more. */
function isLikeAnId(name: string): boolean {
  const reference = parseReference(name)
  if (reference === undefined) return false
  const [familiar = ''] = familiarReference(reference).split(':')
  return familiar === 'sha256' || (familiar.length >= 12 && looksLikeImageId(familiar))
}

/** Whether a worker may know of an image by what it wrote: by a covered name or its own, by id one of its own or under such a name. */
export function isVisible(run: RunPolicy, written: string, image: ImageFacts): boolean {
  if (usableName(run, written, image) !== undefined || isOwnName(written, image)) return true
  return looksLikeImageId(written) && (image.own || image.names.some((name) => isUsable(run, name, image)))
}

/** Whether the worker gave it that name: what others call its image is not told. */
function isOwnName(written: string, { ownNames }: ImageFacts): boolean {
  const reference = parseReference(written)
  return reference !== undefined && ownNames.includes(storedReference(reference))
}

/** Ids of those of the images that a worker may know of by what it wrote. */
export function visibleIds(
  run: RunPolicy,
  written: readonly string[] | undefined,
  images: Facts['images'],
): readonly string[] | undefined {
  return written?.flatMap((name) => {
    const image = images.get(name)
    return image !== undefined && isVisible(run, name, image) ? [image.id] : []
  })
}

/** An image as it goes by its names. */
export type Named = Pick<ImageFacts, 'id' | 'names' | 'digests' | 'ownNames' | 'hidden'>

/** The reference, if it is a name of this image that the worker may use, or its id in a repository of such a name. */
export function usableName(run: RunPolicy, written: string, image: Named): ImageReference | undefined {
  const reference = parseReference(written)
  if (reference === undefined) return undefined
  const isName = image.names.includes(storedReference(reference)) || isAlias(reference, image)
  return isName && isUsable(run, fullReference(reference), image) ? reference : undefined
}

/** Whether the worker may use an image by this name of it: a covered one, or one that it gave in its space, or a digest there. */
export function isUsable(
  run: RunPolicy,
  name: string,
  { ownNames, hidden }: Pick<ImageFacts, 'ownNames' | 'hidden'>,
): boolean {
  const reference = parseReference(name)
  if (reference === undefined || hidden.includes(storedReference(reference))) return false
  const space = new ImageSpace(run.imageHost)
  if (!space.holds(name)) return someImageMatches(run.images, reference)
  return reference.digest === undefined
    ? ownNames.includes(storedReference(reference))
    : ownNames.some((own) => own.startsWith(`${reference.name}:`))
}

/** Whether it is the id of this image, as containerd's store takes it for one, or its digest, as Podman does, and no name that was given. */
function isAlias({ name, digest = '' }: ImageReference, { id, names, digests }: Named): boolean {
  return [id, ...digests].includes(digest) && names.some((other) => other.startsWith(`${name}:`))
}

/** Names with the tags in front: a digest goes with the last tag of its repository. */
export function tagsFirst(names: readonly string[]): readonly string[] {
  return [...names.filter((name) => !isDigest(name)), ...names.filter(isDigest)]
}

/** Whether a name in full is by digest. */
export function isDigest(name: string): boolean {
  return name.includes('@')
}
