/** What is known of the images and image names that an operation is about. */
import type { ContainerCommit } from '../decode/operations/commit.ts'
import type { ImageBuild } from '../decode/operations/build.ts'
import { pulledReference, type ImagePull } from '../decode/operations/image.ts'
import {
  newName,
  pushedReference,
  type ImageImport,
  type ImagePush,
  type ImageTag,
  type NewName,
} from '../decode/operations/image-transfer.ts'
import {
  fullImageId,
  fullReference,
  looksLikeImageId,
  parseReference,
  storedReference,
} from '../decode/reference.ts'
import { someImageMatches } from '../policy/match.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf } from '../policy/space.ts'
import { reachOf } from '../policy/reach.ts'
import type { World } from '../world/world.ts'
import { containersInReach } from './containers.ts'
import type { Facts, ImageFacts } from './facts.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import type { KnownImage } from '../world/known-images.ts'
import { ownParents, type Images } from '../world/images.ts'
import type { Ownership } from '../world/ownership.ts'
import { lookUp } from './look-up.ts'
import { ownImage } from './own-images.ts'

/** Whose the names are that an operation gives or sends. */
export function namesOf(
  known: Images,
  worker: WorkerPolicy,
  operation: ContainerCommit | ImageBuild | ImageImport | ImagePull | ImagePush | ImageTag,
): Facts['names'] {
  switch (operation.kind) {
    case 'container.commit':
    case 'image.import':
    case 'image.tag':
      return ownersOfNames(known, worker, newNames(operation.parameters))
    case 'image.build':
      return ownersOfNames(known, worker, operation.parameters.t ?? [])
    case 'image.pull': {
      const reference = pulledReference(operation)
      return ownersOfNames(known, worker, reference === undefined ? [] : [fullReference(reference)])
    }
    case 'image.push':
      return ownersOfNames(known, worker, pushedNames(known, worker, operation))
  }
}

/** An image by a name that is not hidden from the worker, or by the start of its id. */
export function findImage(known: Images, worker: WorkerPolicy, written: string): ImageFacts | undefined {
  const reference = parseReference(written)
  const name = reference && storedReference(reference)
  const isNamed = name !== undefined && !isHidden(known.ownership, worker.name, name)
  const image = (isNamed ? known.images.named(name) : undefined) ?? imageByPrefix(known, worker, written)
  return image === undefined ? undefined : imageFacts(known, worker, image)
}

/** The same of an image that is to be inspected: those of the operator's containers whose inspect the worker reads are among them. */
export function inspectedImage(
  world: World,
  known: Images,
  worker: WorkerPolicy,
  written: string,
): ImageFacts | undefined {
  const shown = shownImages(world, known, worker)
  const found = findImage(known, worker, written)
  const byId = looksLikeImageId(written) ? known.images.byPrefix(written) : []
  const [only, ...more] = byId.filter(({ id }) => shown.has(id))
  const image = found ?? (only === undefined || more.length > 0 ? undefined : imageFacts(known, worker, only))
  return image && { ...image, shown: shown.has(image.id) }
}

function shownImages(world: World, { images }: Images, worker: WorkerPolicy): ReadonlySet<string> {
  const inspectable = containersInReach(world, worker).filter(
    ({ owner, policyName }) => owner === 'operator' && reachOf(worker, policyName).includes('inspect'),
  )
  const ids = inspectable.flatMap(({ id }) => {
    const image = world.inventory.container(id)?.image ?? ''
    const reference = looksLikeImageId(image) ? undefined : parseReference(image)
    if (reference !== undefined) return images.named(storedReference(reference))?.id ?? []
    return image === '' ? [] : fullImageId(image)
  })
  return new Set(ids)
}

function imageFacts(known: Images, worker: WorkerPolicy, image: KnownImage): ImageFacts {
  const { id, names, digests, labels, named, project, actedOn } = image
  const space = spaceOf(worker)
  const { ownership } = known
  return {
    id,
    names,
    digests,
    own: ownership.owner('image', id) === worker.name,
    shown: false,
    ownNames: names.filter((name) => ownership.ownsTag(worker.name, name, id)),
    hidden: names.filter((name) => isHidden(ownership, worker.name, name)),
    labels,
    named,
    actedOn,
    project: project === undefined || space.prefix === '' ? undefined : space.nameOf(space.wordFor(project)),
    ownParents: ownParents(known, worker.name, id),
  }
}

/** Whether another worker gives a name at this moment, or has it for as long as it pushes. */
export function isHidden({ namesGiven }: Ownership, worker: string, name: string): boolean {
  return namesGiven.isAnothers(worker, name)
}

/** Characters as which an image counts beside what is listed of it: containerd's store looks up each of its parts. */
export const LOOKED_UP = 16 * 1024

/**
 * Characters that an engine lists of a worker's images, also of those that a build which failed has left: nobody owns them, and they
 * have the worker's label.
 */
export function imagesListed(
  { images, ownership }: Images,
  worker: string,
  { containerd }: Pick<EngineFacts, 'containerd'>,
): number {
  let sum = 0
  for (const { id, worker: label, listed } of images.all())
    if ((ownership.owner('image', id) ?? label) === worker) sum += listed + (containerd ? LOOKED_UP : 0)
  // Names that it gave to images of others are listed with those.
  for (const name of ownership.idsOf(worker, 'tag')) {
    const image = ownership.get('tag', name)?.name ?? ''
    if (ownership.owner('image', image) !== worker) sum += NAME_LISTED + 2 * name.length
  }
  return sum
}

/** Characters as which a name counts beside its own, which is looked up too. */
const NAME_LISTED = 4 * 1024

/** Whose each of these names is, by the name as written; what is not a name is nobody's. */
export function ownersOfNames(
  { images, ownership }: Images,
  worker: WorkerPolicy,
  names: readonly string[],
): Facts['names'] {
  return lookUp(names, (written) => {
    const reference = parseReference(written)
    if (reference === undefined) return undefined
    const name = storedReference(reference)
    if (isHidden(ownership, worker.name, name) || images.isDoubtful(name)) return 'other'
    const image = images.named(name)
    if (image === undefined) return 'nobody'
    return ownership.ownsTag(worker.name, name, image.id) ? 'self' : 'other'
  })
}

function newNames(parameters: NewName): readonly string[] {
  const name = newName(parameters)
  return name === undefined ? [] : [name]
}

/** The tag that a push names, or every tag that there is of its name: of the worker's own, and of the engine's. */
function pushedNames({ images }: Images, worker: WorkerPolicy, operation: ImagePush): readonly string[] {
  const reference = pushedReference(operation)
  if (reference === undefined) return []
  if (reference.tag !== undefined) return [fullReference(reference)]
  const { images: space } = spaceOf(worker)
  const own = space.isOwn ? images.tagsOf(space.nameOf(reference).name).map((name) => space.inFull(name)) : []
  return [...new Set([...own, ...images.tagsOf(reference.name)])]
}

/** Images of the worker's own that a push sends, by the names that they are to have in the registry. */
export function pushedImages(known: Images, worker: WorkerPolicy, operation: ImagePush): Facts['images'] {
  return lookUp(pushedNames(known, worker, operation), (written) => {
    const reference = parseReference(written)
    const own = reference && ownImage(known, worker, reference)
    return own && findImage(known, worker, fullReference(own))
  })
}

/** Among those that the worker may see alone, so that nothing can be learnt of the others. */
function imageByPrefix(
  { images, ownership }: Images,
  worker: WorkerPolicy,
  written: string,
): KnownImage | undefined {
  if (!looksLikeImageId(written)) return undefined
  const { images: space } = spaceOf(worker)
  const found = images.byPrefix(written).filter(({ id, names }) => {
    const isUsable = names.some((name) => {
      if (isHidden(ownership, worker.name, name)) return false
      const reference = parseReference(name)
      const isCovered = reference !== undefined && someImageMatches(worker.docker.run.images, reference)
      return isCovered || (space.holds(name) && ownership.ownsTag(worker.name, name, id))
    })
    return isUsable || ownership.owner('image', id) === worker.name
  })
  return found.length === 1 ? found[0] : undefined
}
