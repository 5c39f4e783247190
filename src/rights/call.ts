/** One call on a resource, as the stages of `pipeline.ts` see it: the same, whatever kind of thing it is on. */
import type { AnyPermit, Verdict } from '../decide/verdict.ts'
import type { Recorded } from '../decode/operation.ts'
import type { Gate } from '../gate.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Share } from '../schedule/scheduler.ts'
import type { Until } from '../shared/ending.ts'
import type { Caller } from '../workers/caller.ts'
import type { Rights } from '../workers/identity.ts'

/** A kind of thing that a policy speaks of: what is asked of it, found out, and permitted. */
export interface Resource {
  readonly operation: Recorded
  /** What takes time to look up. */
  readonly looked: unknown
  readonly facts: unknown
  readonly permit: AnyPermit
}

export interface Call<R extends Resource = Resource> {
  readonly gate: Gate
  readonly caller: Caller
  readonly operation: R['operation']
  /** What the request goes on without, by name. */
  readonly leftOut: readonly string[]
  /** Ends when its client goes away. */
  readonly gone: Until
  /** What the worker has of the thread. */
  readonly share: Share
  /** Looks up what takes time. */
  lookUp(rights: Rights): Promise<R['looked']>
  /** Everything that the decision may look at. Nothing waits in it. */
  resolve(worker: WorkerPolicy, looked: R['looked']): R['facts']
  /** The facts where it is decided once more: what it has taken meanwhile itself counts as it did before. */
  resolveAgain(worker: WorkerPolicy, looked: R['looked'], before: R['facts']): R['facts']
  decide(worker: WorkerPolicy, facts: R['facts']): Verdict<R['permit']>
  /** Whether what the first permit stands for may be done by the second. */
  isSame(permit: R['permit'], again: R['permit']): boolean
}
