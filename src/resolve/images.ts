/** What is known of the images and image names that an operation is about. */
import type { ContainerCommit } from '../decode/operations/commit.ts'
import type { ImageBuild } from '../decode/operations/build.ts'
import {
  newName,
  pushedReference,
  type ImageImport,
  type ImagePush,
  type ImageSave,
  type ImageTag,
  type NewName,
} from '../decode/operations/image-transfer.ts'
import type { ImageOperation } from '../decode/operation.ts'
import { fullReference, looksLikeImageId, parseReference, storedReference } from '../decode/reference.ts'
import { someImageMatches } from '../policy/match.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { EngineFacts, Facts, ImageFacts } from './facts.ts'
import type { Inventory, KnownImage } from './inventory.ts'
import { lookUp } from './look-up.ts'
import type { World } from './resolve.ts'

type AboutImages =
  | ContainerCommit
  | ImageBuild
  | ImageImport
  | ImageOperation
  | ImagePush
  | ImageSave
  | ImageTag

export function factsOfImages(world: World, worker: WorkerPolicy, operation: AboutImages): Partial<Facts> {
  switch (operation.kind) {
    case 'image.inspect':
    case 'image.history':
    case 'image.remove':
      return { image: findImage(world, worker, operation.image) }
    case 'image.tag': {
      const names = ownersOfNames(world, worker, newNames(operation.parameters))
      return { image: findImage(world, worker, operation.image), names }
    }
    case 'container.commit':
    case 'image.import':
      return { names: ownersOfNames(world, worker, newNames(operation.parameters)) }
    case 'image.build':
      return { names: ownersOfNames(world, worker, operation.parameters.t ?? []) }
    case 'image.push':
      return { names: ownersOfNames(world, worker, pushedNames(world, operation)) }
    case 'image.save':
      return { images: lookUp(operation.images, (name) => findImage(world, worker, name)) }
  }
}

/** An image by a name or by the start of its id. */
export function findImage(world: World, worker: WorkerPolicy, written: string): ImageFacts | undefined {
  return (
    imageNamed(world, worker, written) ?? imageFacts(world, worker, imageByPrefix(world, worker, written))
  )
}

function imageNamed(world: World, worker: WorkerPolicy, written: string): ImageFacts | undefined {
  const reference = parseReference(written)
  const known = reference === undefined ? undefined : world.inventory.imageNamed(storedReference(reference))
  return imageFacts(world, worker, known)
}

function imageFacts(
  { inventory, ownership }: World,
  worker: WorkerPolicy,
  known: KnownImage | undefined,
): ImageFacts | undefined {
  if (known === undefined) return undefined
  const own = ownership.owner('image', known.id) === worker.name
  const ownNames = known.names.filter((name) => ownership.ownsTag(worker.name, name, known.id))
  const { id, names, labels } = known
  return {
    id,
    names,
    own,
    ownNames,
    labels,
    ownParents: ownParents({ inventory, ownership }, worker.name, id),
  }
}

/** Characters as which an image counts beside what is listed of it: containerd's store looks up each of its parts. */
export const LOOKED_UP = 16 * 1024

/**
 * Characters that an engine lists of a worker's images, also of those that a build which failed has left: nobody owns them, and they
 * have the worker's label.
 */
export function imagesListed(
  { inventory, ownership }: Pick<World, 'inventory' | 'ownership'>,
  worker: string,
  { containerd }: Pick<EngineFacts, 'containerd'>,
): number {
  let sum = 0
  for (const { id, worker: label, listed } of inventory.images())
    if ((ownership.owner('image', id) ?? label) === worker) sum += listed + (containerd ? LOOKED_UP : 0)
  return sum
}

/** Ids of the nameless images below one, the nearest first, up to one that is not the worker's. */
export function ownParents(
  { inventory, ownership }: Pick<World, 'inventory' | 'ownership'>,
  worker: string,
  id: string,
): readonly string[] {
  const parents = namelessParents(inventory, id)
  const end = parents.findIndex((parent) => ownership.owner('image', parent) !== worker)
  return end === -1 ? parents : parents.slice(0, end)
}

/** Ids of the images below one, the nearest first, up to one that has a name. */
export function namelessParents(inventory: Inventory, id: string): readonly string[] {
  const found = new Set<string>()
  let parent = inventory.image(inventory.image(id)?.parent ?? '')
  // An archive can make an image its own ancestor.
  while (parent !== undefined && parent.names.length === 0 && !found.has(parent.id)) {
    found.add(parent.id)
    parent = inventory.image(parent.parent)
  }
  return [...found]
}

/** Whose each of these names is, by the name as written; what is no name is nobody's. */
export function ownersOfNames(
  { inventory, ownership }: World,
  worker: WorkerPolicy,
  names: readonly string[],
): Facts['names'] {
  return lookUp(names, (written) => {
    const reference = parseReference(written)
    if (reference === undefined) return undefined
    const name = storedReference(reference)
    const giver = ownership.namesGiven.workerOf(name)
    if ((giver !== undefined && giver !== worker.name) || inventory.isDoubtful(name)) return 'other'
    const image = inventory.imageNamed(name)
    if (image === undefined) return 'nobody'
    return ownership.ownsTag(worker.name, name, image.id) ? 'self' : 'other'
  })
}

function newNames(parameters: NewName): readonly string[] {
  const name = newName(parameters)
  return name === undefined ? [] : [name]
}

/** The tag that a push names, or every tag that the engine has of its name. */
function pushedNames({ inventory }: World, operation: ImagePush): readonly string[] {
  const reference = pushedReference(operation)
  if (reference === undefined) return []
  return reference.tag === undefined ? inventory.tagsOf(reference.name) : [fullReference(reference)]
}

/** Among those that the worker may see alone, so that nothing can be learnt of the others. */
function imageByPrefix(
  { inventory, ownership }: World,
  worker: WorkerPolicy,
  written: string,
): KnownImage | undefined {
  if (!looksLikeImageId(written)) return undefined
  const found = inventory.imagesByPrefix(written).filter(({ id, names }) => {
    const covered = names.some((name) => {
      const reference = parseReference(name)
      return reference !== undefined && someImageMatches(worker.docker.run.images, reference)
    })
    return covered || ownership.owner('image', id) === worker.name
  })
  return found.length === 1 ? found[0] : undefined
}
