/** Looks up what an operation names, once: full ids, owners, real paths. The decision and the sending use these alone. */
import type { OnContainer, Operation } from '../decode/operation.ts'
import { addsImages, needsFit } from '../decode/properties.ts'
import type { ContainerRename } from '../decode/operations/container.ts'
import type { NetworkCreate } from '../decode/operations/network.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Filters } from '../decode/query.ts'
import { reachOf } from '../policy/reach.ts'
import { containerInReach, containersInReach, execInReach, isMeant } from './containers.ts'
import type { Facts } from './facts.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import { factsOfImages, findImage, imagesListed } from './images.ts'
import type { Images } from '../world/images.ts'
import { seen } from '../world/image-sight.ts'
import type { World } from '../world/world.ts'
import { lookUp } from './look-up.ts'
import { networkInReach } from './networks.ts'
import type { Looked } from './paths.ts'
import { factsOfCreate, factsOfStock } from './stock.ts'
import { ownersOf } from './volumes.ts'

const NOTHING = new Map<string, never>()

/** Everything that the decision on an operation may look at. @throws {ImagesUnknown} where it needs images that are not known */
export function resolve(
  world: World,
  worker: WorkerPolicy,
  operation: Operation,
  engine: EngineFacts,
  { paths, images }: Looked,
): Facts {
  const withImages = (): Images => ({ images: seen(images), ownership: world.ownership })
  const listed = addsImages(operation)
    ? { imagesListed: imagesListed(withImages(), worker.name, engine) }
    : {}
  const stock = needsFit(operation)
    ? { ...factsOfStock(world, worker, operation), usage: world.ownership.usage(worker.name) }
    : {}
  const nothing = { ...NO_FACTS, engine, paths, roots: paths, ...listed, ...stock }
  const facts =
    'container' in operation
      ? factsOfOneContainer(world, worker, operation, withImages)
      : factsOfOthers(world, worker, operation, withImages)
  return { ...nothing, ...facts }
}

function factsOfOneContainer(
  world: World,
  worker: WorkerPolicy,
  operation: OnContainer,
  withImages: () => Images,
): Partial<Facts> {
  switch (operation.kind) {
    case 'container.update':
      return factsOfUpdate(world, worker, operation)
    case 'container.rename':
      return factsOfRename(world, worker, operation)
    case 'container.commit':
      return { ...containerFact(world, worker, operation), ...factsOfImages(withImages(), worker, operation) }
    case 'network.connect':
    case 'network.disconnect':
      return {
        ...containerFact(world, worker, operation),
        network: networkInReach(world, worker, operation.network),
      }
    case 'container.archive-get':
    case 'container.archive-put':
    case 'container.archive-stat':
    case 'container.attach':
    case 'container.attach-ws':
    case 'container.changes':
    case 'container.exec':
    case 'container.export':
    case 'container.inspect':
    case 'container.kill':
    case 'container.logs':
    case 'container.pause':
    case 'container.remove':
    case 'container.resize':
    case 'container.restart':
    case 'container.start':
    case 'container.stats':
    case 'container.stop':
    case 'container.top':
    case 'container.unpause':
    case 'container.wait':
      return containerFact(world, worker, operation)
  }
}

function factsOfOthers(
  world: World,
  worker: WorkerPolicy,
  operation: Exclude<Operation, OnContainer>,
  withImages: () => Images,
): Partial<Facts> {
  switch (operation.kind) {
    case 'container.create':
      return {
        ...factsOfCreate(world, worker, operation),
        image: findImage(withImages(), worker, operation.image),
        usage: world.ownership.usage(worker.name),
      }
    case 'image.inspect':
    case 'image.history':
    case 'image.remove':
    case 'image.tag':
    case 'image.build':
    case 'image.import':
    case 'image.push':
    case 'image.save':
      return factsOfImages(withImages(), worker, operation)
    case 'container.list':
      return factsOfList(world, worker, operation.parameters.filters, withImages)
    case 'system.df':
    case 'system.events':
      return factsOfReach(world, worker)
    case 'exec.start':
    case 'exec.inspect':
    case 'exec.resize':
      return { exec: execInReach(world, worker, operation.exec) }
    case 'network.create':
      return factsOfNetworkCreate(world, worker, operation)
    case 'network.inspect':
    case 'network.remove':
      return { network: networkInReach(world, worker, operation.network) }
    case 'volume.create':
      return {
        volumes: ownersOf(world, worker, operation.name),
        usage: world.ownership.usage(worker.name),
      }
    case 'volume.inspect':
    case 'volume.remove':
      return { volumes: ownersOf(world, worker, operation.volume) }
    case 'system.ping':
    case 'system.version':
    case 'system.info':
    case 'container.prune':
    case 'image.prune':
    case 'network.prune':
    case 'volume.prune':
    case 'build.prune':
    case 'image.list':
    case 'image.pull':
    case 'image.load':
    case 'image.search':
    case 'network.list':
    case 'volume.list':
    case 'unsupported':
    case 'malformed':
      return {}
  }
}

function factsOfNetworkCreate(
  { inventory, meant, ownership }: World,
  worker: WorkerPolicy,
  { name }: NetworkCreate,
): Pick<Facts, 'networkTaken' | 'usage'> {
  return {
    networkTaken: inventory.hasNetworkNamed(name) || meant.networks.has(name),
    usage: ownership.usage(worker.name),
  }
}

function factsOfUpdate(
  world: World,
  worker: WorkerPolicy,
  operation: { readonly container: string },
): Pick<Facts, 'container' | 'updating' | 'usage'> {
  const { container } = containerFact(world, worker, operation)
  const { containersUpdated } = world.ownership
  const updating = container !== undefined && containersUpdated.workerOf(container.id) !== undefined
  return { container, updating, usage: world.ownership.usage(worker.name) }
}

function factsOfRename(
  world: World,
  worker: WorkerPolicy,
  operation: ContainerRename,
): Pick<Facts, 'container' | 'nameMeant' | 'renaming'> {
  const { container } = containerFact(world, worker, operation)
  const { name = '' } = operation.parameters
  return {
    container,
    renaming: container !== undefined && world.renames.isUnderWay(container.id),
    nameMeant: isMeant(world, name),
  }
}

/** Filters that would tell what only inspect shows, value by value. */
const INSIDE = ['expose', 'label', 'network', 'publish', 'volume']

/** The containers that a list may be of, and the images that it asks by. */
function factsOfList(
  world: World,
  worker: WorkerPolicy,
  filters: Filters | undefined,
  withImages: () => Images,
): Pick<Facts, 'images' | 'reach'> {
  const asksInside = INSIDE.some((key) => filters?.has(key))
  const reach = containersInReach(world, worker)
    .filter(
      ({ owner, policyName }) =>
        owner === 'self' || !asksInside || reachOf(worker, policyName).includes('inspect'),
    )
    .map(({ id }) => id)
  const images = lookUp(filters?.get('ancestor') ?? [], (name) => findImage(withImages(), worker, name))
  return { images, reach }
}

/** What was not looked up speaks against an operation: one that needs more than is looked up for it is refused. */
const NO_FACTS = {
  exec: undefined,
  container: undefined,
  updating: true,
  renaming: true,
  nameMeant: true,
  others: NOTHING,
  image: undefined,
  images: NOTHING,
  names: NOTHING,
  network: undefined,
  networks: NOTHING,
  networkTaken: true,
  volumes: NOTHING,
  usage: {
    containers: Infinity,
    networks: Infinity,
    volumes: Infinity,
    memory: Infinity,
    nanoCpus: Infinity,
  },
  eventStreams: Infinity,
  imagesListed: Infinity,
  reach: [],
}

function factsOfReach(world: World, worker: WorkerPolicy): Pick<Facts, 'reach' | 'eventStreams'> {
  return {
    reach: containersInReach(world, worker).map((container) => container.id),
    eventStreams: world.ownership.eventsFollowed.callsOf(worker.name),
  }
}

function containerFact(
  world: World,
  worker: WorkerPolicy,
  { container }: { readonly container: string },
): Pick<Facts, 'container'> {
  return { container: containerInReach(world, worker, container) }
}
