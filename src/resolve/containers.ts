/** Which containers are in a worker's reach, and by which name its policy means each. */
import type { WorkerPolicy } from '../policy/policy.ts'
import { containersOf, isAnothers } from '../policy/reach.ts'
import { spaceOf, type Space } from '../policy/space.ts'
import type { BindFacts, ContainerFacts, ExecFacts } from './facts.ts'
import { byReference } from './look-up.ts'
import type { KnownContainer } from '../world/inventory.ts'
import type { HeldSource } from '../world/made.ts'
import type { World } from '../world/world.ts'

/** Every container that the worker may know of: its own, and the operator's that the policy names. */
export function containersInReach(world: World, worker: WorkerPolicy): readonly ContainerFacts[] {
  const space = spaceOf(worker)
  const own = [...world.ownership.idsOf(worker.name, 'container')].flatMap(
    (id) => ownContainer(world, space, id) ?? [],
  )
  return [...own, ...operatorContainers(world, containersOf(worker))]
}

/** A container in reach by its full id. */
export function containerById(world: World, worker: WorkerPolicy, id: string): ContainerFacts | undefined {
  if (world.ownership.owner('container', id) === worker.name) return ownContainer(world, spaceOf(worker), id)
  const { inventory, renames } = world
  // One whose name another has by now is none that the policy means.
  const isCalled =
    renames.meant(id) !== undefined ||
    inventory.containerNamed(inventory.container(id)?.name ?? '')?.id === id
  const container = isCalled ? operatorContainer(world, id) : undefined
  return container !== undefined && containersOf(worker).has(container.policyName) ? container : undefined
}

/**
 * A container by its full id, its name or the start of its id, as engines look one up; but only among those in reach,
 * so that nothing can be learnt of the others.
 */
export function containerInReach(
  world: World,
  worker: WorkerPolicy,
  reference: string,
): ContainerFacts | undefined {
  const space = spaceOf(worker)
  if (world.ownership.owner('container', reference) === worker.name)
    return ownContainer(world, space, reference)
  return byReference(containersInReach(world, worker), reference, space)
}

/** An exec of the worker's, as long as its container is in its reach. */
export function execInReach(world: World, worker: WorkerPolicy, exec: string): ExecFacts | undefined {
  const known = world.execs.get(worker.name, exec)
  const container = containersInReach(world, worker).find(({ id }) => id === known?.container)
  return container && { container, made: known?.made }
}

function ownContainer(world: World, space: Space, id: string): ContainerFacts | undefined {
  const { inventory, ownership } = world
  const known = inventory.container(id)
  const owned = ownership.get('container', id)
  if (known === undefined || owned === undefined) return undefined
  const facts = factsOf(world, known, 'self', owned)
  const isSocket = ({ source }: BindFacts): boolean => world.sockets.workerAt(source) === owned.worker
  const binds = facts.binds.map((bind) => ({ ...bind, ownSocket: isSocket(bind) }))
  return { ...facts, binds, word: space.wordFor(known.name) }
}

/** Those that the operator gave one of the names. */
function operatorContainers(world: World, names: ReadonlySet<string>): readonly ContainerFacts[] {
  const { inventory, renames } = world
  const called = [...names].flatMap((name) => inventory.containerNamed(name)?.id ?? [])
  return [...new Set([...called, ...renames.containers()])]
    .flatMap((id) => operatorContainer(world, id) ?? [])
    .filter(({ policyName }) => names.has(policyName))
}

function operatorContainer(world: World, id: string): ContainerFacts | undefined {
  const { inventory, ownership, renames } = world
  const known = inventory.container(id)
  // A worker's container by that name is not the operator's.
  if (known === undefined || ownership.owner('container', known.id) !== undefined) return undefined
  // Nor is one that is being made for a worker at this moment, whose answer has not come yet.
  if (ownership.isClaimed(known.claim)) return undefined
  const policyName = renames.meant(id) ?? known.name
  return { ...factsOf(world, known, 'operator', undefined), policyName }
}

function factsOf(
  { made, pins }: World,
  { id, name, running, started, binds: known }: KnownContainer,
  owner: ContainerFacts['owner'],
  owned: ReturnType<World['ownership']['get']>,
): ContainerFacts {
  const held = owned === undefined || known.length === 0 ? NOTHING_HELD : made.held(owned.nonce)
  const binds = known.map((bind) => ({
    ...bind,
    origin: pins.originOf(bind.source),
    ownSocket: false,
    heldAgain: held.get(bind.source)?.missed === true,
  }))
  return {
    ...{ id, name, word: name, policyName: name, owner, running, started, binds },
    memory: owned?.memory ?? 0,
    nanoCpus: owned?.nanoCpus ?? 0,
    made: owned && made.get(owned.nonce),
  }
}

const NOTHING_HELD: ReadonlyMap<string, HeldSource> = new Map()

/**
 * Whether a policy, or what a worker renamed, means a container of the operator's by this name of the engine's; or the worker's own policy
 * by its word for it, under which its own would hide that.
 */
export function isMeant(world: World, worker: WorkerPolicy, name: string): boolean {
  return (
    world.meant.containers.has(name) ||
    isAnothers(world.meant, worker.name, name) ||
    world.renames.isMeant(name) ||
    containersOf(worker).has(spaceOf(worker).wordFor(name))
  )
}
