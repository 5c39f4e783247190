/** Which networks are in a worker's reach. */
import type { WorkerPolicy } from '../policy/policy.ts'
import type { NetworkFacts } from './facts.ts'
import type { World } from '../world/world.ts'

const BUILT_IN_NETWORKS = ['bridge', 'none']

/** A network by its full id, its name or the start of its id, among the worker's own and those that the policy names. */
export function networkInReach(
  world: World,
  worker: WorkerPolicy,
  reference: string,
): NetworkFacts | undefined {
  const inReach = networksInReach(world, worker)
  const exact = inReach.find(({ id }) => id === reference) ?? inReach.find(({ name }) => name === reference)
  if (exact !== undefined || !/^[0-9a-f]{1,64}$/.test(reference)) return exact
  const starting = inReach.filter(({ id }) => id.startsWith(reference))
  return starting.length === 1 ? starting[0] : undefined
}

/** Every network that the worker may know of. */
export function networksInReach(
  { inventory, ownership }: World,
  worker: WorkerPolicy,
): readonly NetworkFacts[] {
  const named = (names: readonly string[], owner: NetworkFacts['owner']): readonly NetworkFacts[] =>
    names.flatMap((name) => {
      const id = inventory.networkNamed(name)
      // A worker's network by that name is not the operator's.
      return id === undefined || ownership.owner('network', id) !== undefined ? [] : [{ id, name, owner }]
    })
  const own = [...ownership.idsOf(worker.name, 'network')].flatMap((id): readonly NetworkFacts[] => {
    const name = inventory.networkName(id)
    return name === undefined ? [] : [{ id, name, owner: 'self' }]
  })
  return [...own, ...named(worker.docker.run.networks, 'operator'), ...named(BUILT_IN_NETWORKS, 'engine')]
}
