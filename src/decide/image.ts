/** What may be done with images that are here, and what may be pulled. */
import type { ImageOperation } from '../decode/operation.ts'
import { pulledReference, type ImagePull, type ImageRemove } from '../decode/operations/image.ts'
import { fullReference, parseReference, storedReference } from '../decode/reference.ts'
import type { Facts, ImageFacts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { usableName, isDigest, isVisible, outsideNames, tagsFirst } from './image-names.ts'
import { ImageSpace } from '../policy/image-space.ts'
import { someImageMatches } from '../policy/match.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { notFound, refuse, refuseAll } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Terms } from './permit.ts'
import type { ImagePermit, Verdict } from './verdict.ts'

/**
 * A pull brings what the registry has under a covered name. Where a worker has names of its own it gets one, and the name on the host
 * stays what it is; else a pull may move it.
 */
export function decidePull(
  run: RunPolicy,
  word: Subcommand,
  operation: ImagePull,
  { engine, names }: Pick<Facts, 'engine' | 'names'>,
): Verdict {
  const { fromImage = '' } = operation.parameters
  const reference = pulledReference(operation)
  if (reference === undefined)
    return refuse(word, 'run.images', `image = ${fromImage}`, { why: 'this is not an image reference' })
  if (!someImageMatches(run.images, reference))
    return refuseAll(word, [outsideNames(run, `image = ${fromImage}`, fromImage)])
  const given = new ImageSpace(run.imageHost).given(reference)
  // Podman does not tell what a registry has under a name.
  if (given !== undefined && engine.podman && names.get(fullReference(reference)) === 'other') {
    const why = 'somebody else’s image on this host has that name, and the pull would take it away'
    return refuse(word, 'image.name', `image = ${fromImage}`, { why, instead: ['docker pull NAME@sha256:…'] })
  }
  const { name, digest, tag = 'latest' } = reference
  // Without a tag or digest an engine pulls every tag there is.
  return allow(word, 'run.images', {
    on: 'pull',
    operation,
    name,
    tag: digest ?? tag,
    given: given === undefined || engine.podman ? undefined : fullReference(given),
    digest: undefined,
  })
}

export function decideImage(
  run: RunPolicy,
  word: Subcommand,
  operation: ImageOperation,
  facts: Pick<Facts, 'image'>,
): Verdict {
  if (operation.kind === 'image.remove')
    return decideImageRemoval(
      run,
      word,
      operation,
      facts,
      operation.parameters.force === true ? 'name by name' : 'whole',
    )
  const { image } = facts
  if (image === undefined || !isVisible(run, operation.image, image))
    return notFound(word, `No such image: ${operation.image}`)
  return allow(word, 'run.images', imagePermit(operation, image))
}

/** What reads an image, by its id. */
export function imagePermit(operation: ImageOperation, { id }: Pick<ImageFacts, 'id'>): Terms<ImagePermit> {
  return { on: 'image', operation, image: id, reference: id, names: [], parents: [] }
}

/** @param how one that is named by its id goes where it has several names; as a whole an engine would not remove it */
export function decideImageRemoval(
  run: RunPolicy,
  word: Subcommand,
  operation: ImageRemove,
  { image }: Pick<Facts, 'image'>,
  how: 'whole' | 'name by name',
): Verdict {
  if (image === undefined || !isVisible(run, operation.image, image))
    return notFound(word, `No such image: ${operation.image}`)
  const covered = usableName(run, operation.image, image)
  // Its id in a repository is not a name that could go.
  const isName = covered !== undefined && image.names.includes(storedReference(covered))
  const named = isName ? covered : undefined
  const space = new ImageSpace(run.imageHost)
  const mine = (name: string): boolean => image.ownNames.includes(name)
  const ofSpace = image.names.filter((name) => mine(name) && space.isOwn && !isBesideOthers(name, image))
  const isShared = named === undefined && ofSpace.length > 0 && !image.names.every(mine)
  // Of an image that others have too, a worker with names of its own loses those.
  const all = isShared ? ofSpace : image.names
  const gone = named === undefined ? all : namesGone(space, image, storedReference(named))
  const removable = gone.every(mine) && (image.own || gone.length < image.names.length || ofSpace.length > 0)
  if (!removable) return notOwn(word, operation.image, space)
  // By name only that name goes; by id, all of them do, and all of them are the worker's.
  const reference = named === undefined ? image.id : fullReference(named)
  const isByName = isShared || how === 'name by name' || isSingle(image)
  const asNames = named === undefined ? isByName : gone.some((name) => !isOfRepository(name, named.name))
  const names = asNames ? tagsFirst(gone) : []
  // What an image was built upon stays as long as it has another name.
  const staysBelow = operation.parameters.noprune === true || gone.length < image.names.length
  const parents = staysBelow ? [] : image.ownParents
  return allow(word, 'run.images', { on: 'image', operation, image: image.id, reference, names, parents })
}

/**
 * Compose passes over what is in use. To a worker with names of its own the operator's are there as if a container of theirs used them;
 * to one that shares names it is refused.
 */
function notOwn(word: Subcommand, image: string, space: ImageSpace): Verdict {
  const why = 'this worker did not bring this image here, or did not give it that name'
  const refused = refuse(word, 'rmi.own', image, { why })
  if (!space.isOwn) return refused
  const what = `conflict: unable to remove repository reference "${image}" - ${why}`
  return { ...refuse(word, 'rmi.own', what, { why }), status: 409 }
}

/** Whether it is a digest in a repository in which others gave the image a tag: an engine may take that too. */
function isBesideOthers(name: string, { names, ownNames }: ImageFacts): boolean {
  const repository = repositoryOf(name)
  return (
    isDigest(name) && names.some((other) => isOfRepository(other, repository) && !ownNames.includes(other))
  )
}

/**
 * What an image loses with a name: with the last tag of a repository its digests there (moby, daemon/images/image_delete.go). Of what
 * was pulled the digest is in the registry's repository, and the tag in the worker's space.
 */
function namesGone(space: ImageSpace, { names, ownNames }: ImageFacts, removed: string): readonly string[] {
  const repository = repositoryOf(removed)
  const isLast = names.every(
    (name) => name === removed || isDigest(name) || repositoryOf(name) !== repository,
  )
  const pulled = repositoryOf(space.inFull(removed))
  // With the digest an engine may take every tag of its repository.
  const isAlone = names.every((name) => !isOfRepository(name, pulled) || ownNames.includes(name))
  const isGone = (name: string): boolean =>
    isOfRepository(name, repository) || (isOfRepository(name, pulled) && isAlone)
  const digests = names.filter((name) => isDigest(name) && isGone(name))
  return isLast && !isDigest(removed) ? [removed, ...digests] : [removed]
}

function isOfRepository(name: string, repository: string): boolean {
  return repositoryOf(name) === repository
}

/** Whether an engine removes it by id without `force`. */
function isSingle({ names }: ImageFacts): boolean {
  return new Set(names.map(repositoryOf)).size <= 1 && names.filter((name) => !isDigest(name)).length <= 1
}

function repositoryOf(name: string): string {
  return parseReference(name)?.name ?? name
}
