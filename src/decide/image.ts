/** What may be done with images that are here, and what may be pulled. */
import type { ImageOperation } from '../decode/operation.ts'
import type { ImagePull, ImageRemove } from '../decode/operations/image.ts'
import { fullReference, parseReference, storedReference } from '../decode/reference.ts'
import type { Facts, ImageFacts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { coveredName, isDigest, isVisible, outsideNames, tagsFirst } from './image-names.ts'
import { someImageMatches } from '../policy/match.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { notFound, refuse, refuseAll } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'

/** A pull may move any name that is covered: what stands behind it is what the registry has under that name. */
export function decidePull(run: RunPolicy, word: Subcommand, operation: ImagePull): Verdict {
  const { fromImage = '', tag = '' } = operation.parameters
  const separator = tag.startsWith('sha256:') ? '@' : ':'
  const reference = parseReference(tag === '' ? fromImage : `${fromImage}${separator}${tag}`)
  if (reference === undefined)
    return refuse(word, 'run.images', `image = ${fromImage}`, { why: 'this is not an image reference' })
  // Without a tag or digest an engine pulls every tag there is.
  if (!someImageMatches(run.images, reference))
    return refuseAll(word, [outsideNames(run, `image = ${fromImage}`, fromImage)])
  const sent = reference.digest ?? reference.tag ?? 'latest'
  return allow(word, 'run.images', { on: 'pull', operation, name: reference.name, tag: sent })
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
  const { id } = image
  return allow(word, 'run.images', {
    on: 'image',
    operation,
    image: id,
    reference: id,
    names: [],
    parents: [],
  })
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
  const covered = coveredName(run, operation.image, image)
  // Its id in a repository is not a name that could go.
  const isName = covered !== undefined && image.names.includes(storedReference(covered))
  const named = isName ? covered : undefined
  const mine = (name: string): boolean => image.ownNames.includes(name)
  const gone = named === undefined ? image.names : namesGone(image, storedReference(named))
  const removable = gone.every(mine) && (image.own || gone.length < image.names.length)
  if (!removable) {
    const why = 'this worker did not bring this image here, or did not give it that name'
    return refuse(word, 'rmi.own', operation.image, { why })
  }
  // By name only that name goes; by id, all of them do, and all of them are the worker's.
  const reference = named === undefined ? image.id : fullReference(named)
  const isByName = how === 'name by name' || isSingle(image)
  const names = named === undefined && isByName ? tagsFirst(image.names) : []
  // What an image was built upon stays as long as it has another name.
  const staysBelow = operation.parameters.noprune === true || gone.length < image.names.length
  const parents = staysBelow ? [] : image.ownParents
  return allow(word, 'run.images', { on: 'image', operation, image: image.id, reference, names, parents })
}

/** What an image loses with a name: with the last tag of a repository its digests there (moby, daemon/images/image_delete.go). */
function namesGone({ names }: ImageFacts, removed: string): readonly string[] {
  const repository = repositoryOf(removed)
  const isLast = names.every(
    (name) => name === removed || isDigest(name) || repositoryOf(name) !== repository,
  )
  const digests = names.filter((name) => isDigest(name) && repositoryOf(name) === repository)
  return isLast && !isDigest(removed) ? [removed, ...digests] : [removed]
}

/** Whether an engine removes it by id without `force`. */
function isSingle({ names }: ImageFacts): boolean {
  return new Set(names.map(repositoryOf)).size <= 1 && names.filter((name) => !isDigest(name)).length <= 1
}

function repositoryOf(name: string): string {
  return parseReference(name)?.name ?? name
}
