/** Looks up what an operation names, once: full ids, owners, real paths. The decision and the sending use these alone. */
import type { NetworkOperation, Operation } from '../decode/operation.ts'
import { addsImages, mounts, needsFit } from '../decode/properties.ts'
import type { ContainerRename } from '../decode/operations/container.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { NetworkCreate } from '../decode/operations/network.ts'
import { countMounts } from '../decode/operations/container-create.ts'
import { MOST_MOUNTS } from '../decode/operations/mounts.ts'
import { sharedContainers } from '../decode/operations/container-create.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Filters } from '../decode/query.ts'
import { reachOf } from '../policy/reach.ts'
import { containerInReach, containersInReach } from './containers.ts'
import type { ContainerFacts, ExecFacts, Facts, VolumeOwner } from './facts.ts'
import type { HostPath } from '../files/host-path.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import { factsOfImages, findImage, imagesListed } from './images.ts'
import type { Images } from '../world/images.ts'
import { seen } from '../world/image-sight.ts'
import type { KnownImages } from '../world/known-images.ts'
import type { World } from '../world/world.ts'
import { lookUp } from './look-up.ts'
import { networkInReach } from './networks.ts'

export type HostPaths = ReadonlyMap<string, HostPath>

/** What is looked up before a decision, as it takes time. */
export interface Looked {
  readonly paths: HostPaths
  /** Undefined while it is not known which there are: what needs them is refused for that. */
  readonly images: KnownImages | undefined
}

const NOTHING = new Map<string, never>()

/** The host's paths that a decision will need: none for nearly every operation. */
export function hostPathsOf(world: World, worker: WorkerPolicy, operation: Operation): readonly string[] {
  if (operation.kind === 'container.create') {
    const sources = operation.mounts.flatMap((mount) => (mount.type === 'bind' ? [mount.source] : []))
    const shared = stockOf(world, worker, operation).some(({ binds }) => binds.length > 0)
    const needsRoots = sources.length > 0 || operation.volumesFrom.length > 0 || shared
    // What has too many mounts is refused for that, whatever they are.
    return needsRoots && countMounts(operation) <= MOST_MOUNTS ? withRoots(worker, sources) : []
  }
  if (operation.kind === 'container.update') {
    const container = containerInReach(world, worker, operation.container)
    return container === undefined || container.binds.length === 0 ? [] : withRoots(worker, [])
  }
  const stock = stockOf(world, worker, operation)
  if (!stock.some(({ binds }) => binds.length > 0)) return []
  const [own] = stock
  // What runs is mounted already: where its sources are by now, no engine asks.
  const sources = mounts(operation.kind) ? own?.binds.map(({ source }) => source) : undefined
  return withRoots(worker, sources ?? [])
}

/** Own containers that must still be what the policy gives: the one that an operation is on first, and those whose namespaces it is in. */
export function stockOf(world: World, worker: WorkerPolicy, operation: Operation): readonly ContainerFacts[] {
  const found = new Map<string, ContainerFacts>()
  const add = (container: ContainerFacts | undefined): void => {
    if (container?.owner !== 'self' || found.has(container.id)) return
    found.set(container.id, container)
    if (container.made !== undefined) addShared(container.made)
  }
  const addShared = (create: ContainerCreate): void => {
    for (const shared of sharedContainers(create)) add(containerInReach(world, worker, shared))
  }
  if (operation.kind === 'container.create') addShared(operation)
  else if (operation.kind === 'exec.start') add(execInReach(world, worker, operation.exec)?.container)
  else if ((needsFit(operation.kind) || mounts(operation.kind)) && 'container' in operation)
    add(containerInReach(world, worker, operation.container))
  return [...found.values()]
}

function withRoots({ docker }: WorkerPolicy, sources: readonly string[]): readonly string[] {
  return [...new Set([...sources, ...docker.run.binds.map((root) => root.path)])]
}

/** Everything that the decision on an operation may look at. @throws {ImagesUnknown} where it needs images that are not known */
export function resolve(
  world: World,
  worker: WorkerPolicy,
  operation: Operation,
  engine: EngineFacts,
  { paths, images }: Looked,
): Facts {
  const withImages = (): Images => ({ images: seen(images), ownership: world.ownership })
  const listed = addsImages(operation.kind)
    ? { imagesListed: imagesListed(withImages(), worker.name, engine) }
    : {}
  const stock = needsFit(operation.kind)
    ? { ...factsOfStock(world, worker, operation), usage: world.ownership.usage(worker.name) }
    : {}
  const nothing = { ...NO_FACTS, engine, paths, roots: paths, ...listed, ...stock }
  const facts =
    'container' in operation
      ? factsOfOneContainer(world, worker, operation, withImages)
      : factsOfOthers(world, worker, operation, withImages)
  return { ...nothing, ...facts }
}

type OnContainer = Extract<Operation, { readonly container: string }>

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
      return factsOfNetwork(world, worker, operation)
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
    case 'network.inspect':
    case 'network.remove':
      return factsOfNetwork(world, worker, operation)
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

function factsOfNetwork(
  world: World,
  worker: WorkerPolicy,
  operation: NetworkCreate | NetworkOperation,
): Partial<Facts> {
  switch (operation.kind) {
    case 'network.create': {
      const { inventory, meant } = world
      const networkTaken = inventory.hasNetworkNamed(operation.name) || meant.networks.has(operation.name)
      return { networkTaken, usage: world.ownership.usage(worker.name) }
    }
    case 'network.connect':
    case 'network.disconnect': {
      const network = networkInReach(world, worker, operation.network)
      return { ...containerFact(world, worker, operation), network }
    }
    case 'network.inspect':
    case 'network.remove':
      return { network: networkInReach(world, worker, operation.network) }
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

/** Whether a policy, or what a worker renamed, means a container of the operator's by this name. */
function isMeant(world: World, name: string): boolean {
  return world.meant.containers.has(name) || world.renames.isMeant(name)
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

function factsOfCreate(
  world: World,
  worker: WorkerPolicy,
  operation: ContainerCreate,
): Pick<Facts, 'others' | 'networks' | 'volumes' | 'nameMeant'> {
  const named = operation.volumesFrom.map((from) => from.container)
  const { others, networks } = factsOfStock(world, worker, operation)
  const volumes = operation.mounts.flatMap((mount) => (mount.type === 'volume' ? (mount.source ?? []) : []))
  return {
    nameMeant: isMeant(world, operation.name ?? ''),
    others: new Map([...others, ...lookUp(named, (name) => containerInReach(world, worker, name))]),
    networks,
    volumes: lookUp(volumes, (name) => volumeOwner(world, worker, name)),
  }
}

/** What the creates of an operation name: its own, and those by which containers that are there were made. */
function factsOfStock(
  world: World,
  worker: WorkerPolicy,
  operation: Operation,
): Pick<Facts, 'others' | 'networks'> {
  const creates = [
    ...(operation.kind === 'container.create' ? [operation] : []),
    ...stockOf(world, worker, operation).flatMap(({ made }) => made ?? []),
  ]
  const networks = creates.flatMap(({ network, endpoints }) => [
    ...endpoints.map((endpoint) => endpoint.network),
    ...(network.mode === 'network' ? [network.network] : []),
  ])
  return {
    others: lookUp(creates.flatMap(sharedContainers), (name) => containerInReach(world, worker, name)),
    networks: lookUp(networks, (name) => networkInReach(world, worker, name)),
  }
}

function ownersOf(world: World, worker: WorkerPolicy, name: string | undefined): Facts['volumes'] {
  return name === undefined ? NOTHING : new Map([[name, volumeOwner(world, worker, name)]])
}

/** An exec of the worker's, as long as its container is in its reach. */
function execInReach(world: World, worker: WorkerPolicy, exec: string): ExecFacts | undefined {
  const known = world.execs.get(worker.name, exec)
  const container = containersInReach(world, worker).find(({ id }) => id === known?.container)
  return container && { container, made: known?.made }
}

function volumeOwner({ inventory, ownership }: World, worker: WorkerPolicy, name: string): VolumeOwner {
  // What is made under a name whose removal is under way would go with it, whosever it is.
  if (ownership.volumesRemoved.workerOf(name) !== undefined) return 'other'
  const owner = ownership.owner('volume', name)
  if (owner === undefined) return inventory.hasVolume(name) ? 'other' : 'nobody'
  if (owner !== worker.name) return 'other'
  return ownership.volumesInUse.workerOf(name) === undefined ? 'self' : 'inUse'
}
