/** The removals that a prune comes to: each is decided as one that is asked for by itself, but that the prune's word gives it. */
import type { Removal } from '../decode/operation.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Resolved } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { decideImageRemoval } from './image.ts'
import { decideNetwork } from './network.ts'
import { notFound } from './refuse.ts'
import type { Verdict } from './verdict.ts'
import { decideVolume } from './volume.ts'

/** Decides one of them. @param word that gives the prune */
export function decideRemoval(
  worker: WorkerPolicy,
  word: Subcommand,
  asked: Resolved<Removal['kind']>,
): Verdict {
  const { kind, operation, facts } = asked
  switch (kind) {
    case 'container.remove': {
      const { container } = facts
      return container?.owner === 'self'
        ? allow(word, 'docker.allow', { on: 'container', operation, container, view: 'full' })
        : notFound(word, `No such container: ${operation.container}`)
    }
    case 'image.remove':
      // By its id an engine removes none that has several names, and with `force` it would one that is in use.
      return decideImageRemoval(worker.docker.run, word, operation, facts, 'name by name')
    case 'network.remove':
      return decideNetwork(worker.docker.run, word, asked)
    case 'volume.remove':
      return decideVolume(word, operation, facts)
  }
}
