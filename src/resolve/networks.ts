/** Which networks are in a worker's reach. */
import { isAnothers } from '../policy/reach.ts'
import { spaceOf } from '../policy/space.ts'
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

/** Every network that the worker may know of. */
export function networksInReach(
  { inventory, ownership }: World,
  worker: WorkerPolicy,
): readonly NetworkFacts[] {
  const space = spaceOf(worker)
  const called = (names: readonly string[], owner: NetworkFacts['owner']): readonly NetworkFacts[] =>
    names.flatMap((name) => {
      const id = inventory.networkNamed(name)
      // A worker's network by that name is not the operator's.
      return id === undefined || ownership.owner('network', id) !== undefined
        ? []
        : [{ id, name, word: name, owner }]
    })
  const own = [...ownership.idsOf(worker.name, 'network')].flatMap((id): readonly NetworkFacts[] => {
    const name = inventory.networkName(id)
    return name === undefined ? [] : [{ id, name, word: space.wordFor(name), owner: 'self' }]
  })
  return [...own, ...called(worker.docker.run.networks, 'operator'), ...called(BUILT_IN_NETWORKS, 'engine')]
}
