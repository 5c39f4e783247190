/** Verdicts that every kind of operation gives. */
import { grantOf, wordOf, type OtherKind } from '../policy/grants.ts'
import type { ContainerFacts } from '../resolve/facts.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { permitting, type Terms } from './permit.ts'
import { reachOf } from '../policy/reach.ts'
import { refuse } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Permit, Refused, Verdict } from './verdict.ts'

export function allow(subcommand: string, rule: string, terms: Terms<Permit>): Verdict {
  return { effect: 'allow', subcommand, rule, permit: permitting(terms) }
}

/** Asks the policy's words first, and decides further with the word that grants. */
export function grantedBy(
  worker: WorkerPolicy,
  kind: OtherKind,
  decideFurther: (word: Subcommand) => Verdict,
): Verdict {
  const word = grantOf(kind, worker.docker.allow)
  return word === undefined ? notAllowed(worker, wordOf(kind)) : decideFurther(word)
}

export function notAllowed(worker: WorkerPolicy, word: Subcommand): Refused {
  return refuse(word, 'docker.allow', `docker ${word}`, {
    why: `${word} is not among what this worker may do`,
    instead: instead(worker, word, []),
  })
}

/** What to do instead: the operator's own hint for a word comes before ours. */
export function instead(worker: WorkerPolicy, word: string, ours: readonly string[]): readonly string[] {
  const hint = Object.hasOwn(worker.docker.hints, word) ? worker.docker.hints[word] : undefined
  return hint === undefined ? ours : [hint, ...ours]
}

/** What the policy does not give on a container of the operator's that it names. */
export function notReached(worker: WorkerPolicy, word: Subcommand, container: ContainerFacts): Refused {
  const words = reachOf(worker, container.policyName)
  return refuse(word, `docker.reach.${container.policyName}`, `docker ${word} ${container.name}`, {
    why: `on ${container.name} this worker may only: ${words.join(', ')}`,
    instead: instead(worker, word, []),
  })
}
