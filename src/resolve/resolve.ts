/** Looks up what an operation names, once: full ids, owners, real paths. The decision and the sending use these alone. */
import type { Operation } from '../decode/operation.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import { looksLikeImageId, parseReference, storedReference } from '../decode/reference.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { ContainerFacts, EngineFacts, Facts, HostPath, ImageFacts, VolumeOwner } from './facts.ts'
import type { Inventory, KnownContainer, KnownImage } from './inventory.ts'
import type { Ownership } from './ownership.ts'

export interface World {
  readonly inventory: Inventory
  readonly ownership: Ownership
}

export type HostPaths = ReadonlyMap<string, HostPath>

const NOTHING = new Map<string, never>()

/** The host's paths that a decision will need: none for nearly every operation. */
export function hostPathsOf(world: World, worker: WorkerPolicy, operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'container.create': {
      const sources = operation.mounts.flatMap((mount) => (mount.type === 'bind' ? [mount.source] : []))
      return sources.length === 0 ? [] : [...sources, ...worker.docker.run.binds.map((root) => root.path)]
    }
    case 'container.start':
    case 'container.restart':
      return containerInReach(world, worker, operation.container)?.binds ?? []
    default:
      return []
  }
}

/** Everything that the decision on an operation may look at. */
export function resolve(
  world: World,
  worker: WorkerPolicy,
  operation: Operation,
  engine: EngineFacts,
  paths: HostPaths,
): Facts {
  const usage = world.ownership.usage(worker.name)
  const facts = {
    engine,
    container: undefined,
    others: NOTHING,
    image: undefined,
    volumes: NOTHING,
    paths,
    roots: paths,
    usage,
  }
  switch (operation.kind) {
    case 'container.create':
      return { ...facts, ...factsOfCreate(world, worker, operation), reach: [] }
    case 'image.inspect':
    case 'image.history':
    case 'image.remove':
      return { ...facts, image: findImage(world, worker, operation.image), reach: [] }
    case 'container.list':
    case 'system.df':
    case 'system.events':
      return { ...facts, reach: containersInReach(world, worker).map((container) => container.id) }
    default: {
      const container =
        'container' in operation ? containerInReach(world, worker, operation.container) : undefined
      return { ...facts, container, reach: [] }
    }
  }
}

function factsOfCreate(
  world: World,
  worker: WorkerPolicy,
  operation: ContainerCreate,
): Pick<Facts, 'image' | 'others' | 'volumes'> {
  const named = [
    ...operation.volumesFrom.map((from) => from.container),
    ...[operation.network, operation.pid, operation.ipc].flatMap((mode) =>
      mode.mode === 'container' ? [mode.container] : [],
    ),
  ]
  const others = named.flatMap((name) => {
    const container = containerInReach(world, worker, name)
    return container === undefined ? [] : [[name, container] as const]
  })
  const volumes = operation.mounts.flatMap((mount) =>
    mount.type === 'volume' && mount.source !== undefined
      ? [[mount.source, volumeOwner(world, worker, mount.source)] as const]
      : [],
  )
  return {
    image: findImage(world, worker, operation.image),
    others: new Map(others),
    volumes: new Map(volumes),
  }
}

function volumeOwner({ inventory, ownership }: World, worker: WorkerPolicy, name: string): VolumeOwner {
  const owner = ownership.owner('volume', name)
  if (owner !== undefined) return owner === worker.name ? 'self' : 'other'
  return inventory.hasVolume(name) ? 'other' : 'nobody'
}

/** Every container that the worker may know of: its own, and the operator's that the policy names. */
export function containersInReach(world: World, worker: WorkerPolicy): readonly ContainerFacts[] {
  const own = [...world.ownership.containersOf(worker.name)].flatMap((id) => ownContainer(world, id) ?? [])
  const named = Object.keys(worker.docker.reach).flatMap((name) => operatorContainer(world, name) ?? [])
  return [...own, ...named]
}

/**
 * A container by its full id, its name or the start of its id, as engines look one up; but only among those in reach,
 * so that nothing can be learnt of the others.
 */
function containerInReach(world: World, worker: WorkerPolicy, reference: string): ContainerFacts | undefined {
  if (world.ownership.owner('container', reference) === worker.name) return ownContainer(world, reference)
  const inReach = containersInReach(world, worker)
  const exact = inReach.find(({ id, name }) => id === reference || name === reference)
  if (exact !== undefined || !/^[0-9a-f]{1,64}$/.test(reference)) return exact
  const starting = inReach.filter(({ id }) => id.startsWith(reference))
  return starting.length === 1 ? starting[0] : undefined
}

function ownContainer({ inventory, ownership }: World, id: string): ContainerFacts | undefined {
  const known = inventory.container(id)
  const owned = ownership.get('container', id)
  if (known === undefined || owned === undefined) return undefined
  return factsOf(known, 'self', owned)
}

function operatorContainer({ inventory, ownership }: World, name: string): ContainerFacts | undefined {
  const known = inventory.containerNamed(name)
  // A worker's container by that name is not the operator's.
  if (known === undefined || ownership.owner('container', known.id) !== undefined) return undefined
  return factsOf(known, 'operator', { memory: 0, nanoCpus: 0 })
}

function factsOf(
  { id, name, running, started, binds }: KnownContainer,
  owner: ContainerFacts['owner'],
  { memory, nanoCpus }: { readonly memory: number; readonly nanoCpus: number },
): ContainerFacts {
  return { id, name, owner, running, started, binds, memory, nanoCpus }
}

function findImage(
  { inventory, ownership }: World,
  worker: WorkerPolicy,
  written: string,
): ImageFacts | undefined {
  const reference = parseReference(written)
  const named = reference === undefined ? undefined : inventory.imageNamed(storedReference(reference))
  const known = named ?? imageByPrefix(inventory, written)
  return known === undefined
    ? undefined
    : { ...known, own: ownership.owner('image', known.id) === worker.name }
}

function imageByPrefix(inventory: Inventory, written: string): KnownImage | undefined {
  if (!looksLikeImageId(written)) return undefined
  const found = inventory.imagesByPrefix(written)
  return found.length === 1 ? found[0] : undefined
}
