/** What may be done with images that are here, and what may be pulled. */
import type { ImageOperation } from '../decode/operation.ts'
import type { ImagePull } from '../decode/operations/image.ts'
import { fullReference, parseReference, storedReference } from '../decode/reference.ts'
import type { Facts, ImageFacts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { coveredName, isVisible, outsideNames } from './image-names.ts'
import { someImageMatches } from './match.ts'
import type { RunPolicy } from './policy.ts'
import { notFound, refuse, refuseAll } from './refuse.ts'
import type { Subcommand } from './subcommands.ts'
import type { Verdict } from './verdict.ts'

/** A pull may move any name that is covered: what stands behind it is what the registry has under that name. */
export function decidePull(run: RunPolicy, word: Subcommand, operation: ImagePull): Verdict {
  const { fromImage = '', tag = '' } = operation.parameters
  const separator = tag.startsWith('sha256:') ? '@' : ':'
  const reference = parseReference(tag === '' ? fromImage : `${fromImage}${separator}${tag}`)
  if (reference === undefined)
    return refuse(word, 'run.images', `image = ${fromImage}`, { why: 'this is no image reference' })
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
  { image }: Facts,
): Verdict {
  if (image === undefined || !isVisible(run, operation.image, image))
    return notFound(word, `No such image: ${operation.image}`)
  if (operation.kind !== 'image.remove')
    return allow(word, 'run.images', { on: 'image', operation, reference: image.id, parents: [] })
  const named = coveredName(run, operation.image, image)
  const mine = (name: string): boolean => image.ownNames.includes(name)
  const removable =
    named === undefined
      ? image.own && image.names.every(mine)
      : mine(storedReference(named)) && (image.own || keepsATag(image, storedReference(named)))
  if (!removable) {
    const why = 'this worker did not bring this image here, or did not give it that name'
    return refuse(word, 'rmi.own', operation.image, { why })
  }
  // By name only that name goes; by id, all of them do, and all of them are the worker's.
  const reference = named === undefined ? image.id : fullReference(named)
  const parents = operation.parameters.noprune === true ? [] : image.ownParents
  return allow(word, 'run.images', { on: 'image', operation, reference, parents })
}

/** An image that loses its last tag is deleted. */
function keepsATag(image: ImageFacts, removed: string): boolean {
  return image.names.some((name) => name !== removed && !name.includes('@'))
}
