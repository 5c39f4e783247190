/** Whose volumes are, by their names. */
import { isAnothers } from '../policy/reach.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { World } from '../world/world.ts'
import type { Facts, VolumeOwner } from './facts.ts'

/** @param name undefined where the engine is to give one */
export function ownersOf(world: World, worker: WorkerPolicy, name: string | undefined): Facts['volumes'] {
  return name === undefined ? new Map() : new Map([[name, volumeOwner(world, worker, name)]])
}

/** Whose a volume of that name is, or would be. */
export function volumeOwner(
  { inventory, meant, ownership }: World,
  worker: WorkerPolicy,
  name: string,
): VolumeOwner {
  // What is made under a name whose removal is under way would go with it, whosever it is.
  if (ownership.volumesRemoved.workerOf(name) !== undefined) return 'other'
  const owner = ownership.owner('volume', name)
  if (owner === undefined)
    return inventory.hasVolume(name) || isAnothers(meant, worker.name, name) ? 'other' : 'nobody'
  if (owner !== worker.name) return 'other'
  return ownership.volumesInUse.workerOf(name) === undefined ? 'self' : 'inUse'
}
