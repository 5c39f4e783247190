/** Which networks are in a worker's reach. */
import { isAnothers } from '../policy/reach.ts'
import { spaceOf, type Space } from '../policy/space.ts'
import { byReference } from './look-up.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { NetworkFacts } from './facts.ts'
import type { World } from '../world/world.ts'

const BUILT_IN_NETWORKS = ['bridge', 'none']
/** Names that an engine takes for these, or for no network. */
const BUILT_IN_NAMES = [...BUILT_IN_NETWORKS, 'host', 'default']

/** Whether a new network can't have a name: one has it, a policy means one by it, or the worker's word for it means one already. */
export function isNetworkTaken({ inventory, meant }: World, worker: WorkerPolicy, name: string): boolean {
  const word = spaceOf(worker).wordFor(name)
  return (
    inventory.hasNetworkNamed(name) ||
    meant.networks.has(name) ||
    isAnothers(meant, worker.name, name) ||
    BUILT_IN_NAMES.includes(word) ||
    worker.docker.run.networks.includes(word)
  )
}

/** A network by its full id, its name or the start of its id, among the worker's own and those that the policy names. */
export function networkInReach(
  world: World,
  worker: WorkerPolicy,
  reference: string,
): NetworkFacts | undefined {
  return byReference(networksInReach(world, worker), reference, spaceOf(worker))
}

/** A network by its full id. */
export function networkById(world: World, worker: WorkerPolicy, id: string): NetworkFacts | undefined {
  return world.ownership.owner('network', id) === worker.name
    ? ownNetwork(world, spaceOf(worker), id)
    : networksOfOthers(world, worker).find((network) => network.id === id)
}

/** Every network that the worker may know of. */
function networksInReach(world: World, worker: WorkerPolicy): readonly NetworkFacts[] {
  const space = spaceOf(worker)
  const own = [...world.ownership.idsOf(worker.name, 'network')].flatMap(
    (id) => ownNetwork(world, space, id) ?? [],
  )
  return [...own, ...networksOfOthers(world, worker)]
}

function ownNetwork({ inventory }: World, space: Space, id: string): NetworkFacts | undefined {
  const name = inventory.networkName(id)
  return name === undefined ? undefined : { id, name, word: space.wordFor(name), owner: 'self' }
}

/** Those that the policy names, and those that every engine has. */
function networksOfOthers({ inventory, ownership }: World, worker: WorkerPolicy): readonly NetworkFacts[] {
  const called = (names: readonly string[], owner: NetworkFacts['owner']): readonly NetworkFacts[] =>
    names.flatMap((name) => {
      const id = inventory.networkNamed(name)
      // A worker's network by that name is not the operator's.
      return id === undefined || ownership.owner('network', id) !== undefined
        ? []
        : [{ id, name, word: name, owner }]
    })
  return [...called(worker.docker.run.networks, 'operator'), ...called(BUILT_IN_NETWORKS, 'engine')]
}
