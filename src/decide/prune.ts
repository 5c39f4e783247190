/** The removals that a prune comes to: each is decided as one that is asked for by itself, but that the prune's word gives it. */
import type { ContainerRemove } from '../decode/operations/container.ts'
import type { ImageRemove } from '../decode/operations/image.ts'
import type { NetworkRemove } from '../decode/operations/network.ts'
import type { VolumeRemove } from '../decode/operations/volume.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Facts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { decideImageRemoval } from './image.ts'
import { decideNetwork } from './network.ts'
import { notFound } from './refuse.ts'
import type { Verdict } from './verdict.ts'
import { decideVolume } from './volume.ts'

/** The removal of something of the worker's own, by its full id or, of a volume, its name. */
export type Removal = ContainerRemove | ImageRemove | NetworkRemove | VolumeRemove

/** @param word that gives the prune */
export function decideRemoval(
  worker: WorkerPolicy,
  word: Subcommand,
  removal: Removal,
  facts: Facts,
): Verdict {
  switch (removal.kind) {
    case 'container.remove': {
      const { container } = facts
      return container?.owner === 'self'
        ? allow(word, 'docker.allow', { on: 'container', operation: removal, container, view: 'full' })
        : notFound(word, `No such container: ${removal.container}`)
    }
    case 'image.remove':
      // By its id an engine removes none that has several names, and with `force` it would one that is in use.
      return decideImageRemoval(worker.docker.run, word, removal, facts, 'name by name')
    case 'network.remove':
      return decideNetwork(word, removal, facts)
    case 'volume.remove':
      return decideVolume(word, removal, facts)
  }
}
