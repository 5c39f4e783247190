/**
 * What a call does it does by a right: the decision that let it through, for as long as the policy of that decision is in force.
 * When another is, it is decided again before anything more goes out; and what goes on by then ends where that refuses.
 */
import type { DecisionEntry } from '../record/entry.ts'
import type { CallEngine, Standing } from '../engine/call-engine.ts'
import type { Identity } from '../workers/identity.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { ONCE_MORE, refuse, refuseAll, type Violation } from '../decide/refuse.ts'
import type { Refused, Verdict } from '../decide/verdict.ts'
import { Ending, type Until } from '../shared/ending.ts'
import { LookupAbandoned } from '../resolve/host-paths.ts'
import type { Call, Resource } from './call.ts'
import { decideAgain, Ended, lookUp, textOf, type Decision } from './decision.ts'
import type { Running } from '../workers/running.ts'

/** A call may not go on. */
export class RightEnded extends Error {
  override readonly name = 'RightEnded'
  /** Why, where a policy refused it; undefined where its worker is served no more, or the operator cuts all. */
  readonly refused: Refused | undefined
  /** Of that refusal in the record; empty where there is none. */
  readonly record: string

  constructor(message: string, refused?: Refused, record = '') {
    super(message)
    this.refused = refused
    this.record = record
  }
}

export class Right<R extends Resource> implements Standing, Running {
  /** Sends for this call. */
  readonly engine: CallEngine
  readonly #call: Call<R>
  /** What was true when it was first decided. */
  readonly #first: Pick<Decision<R>, 'facts' | 'looked'>
  readonly #ends: ((why: string) => void)[] = []
  /** What else of it has to hold, as it has turned out on the way. */
  readonly #checks: ((worker: WorkerPolicy) => readonly Violation[])[] = []
  #rights: Decision['rights']
  #permit: R['permit']
  #record: DecisionEntry | undefined
  #over: RightEnded | undefined
  #ended: Ending | undefined
  #gone: Ending | undefined
  #forget: (() => void) | undefined

  /** @param record undefined for a read that goes on unrecorded */
  constructor(
    call: Call<R>,
    { rights, facts, looked }: Decision<R>,
    permit: R['permit'],
    record: DecisionEntry | undefined,
  ) {
    this.engine = call.gate.engineFor(this)
    this.#call = call
    this.#rights = rights
    this.#first = { facts, looked }
    this.#permit = permit
    this.#record = record
  }

  get identity(): Identity {
    return this.#call.caller.identity
  }

  /** As the policy says that the call was last decided by. */
  get worker(): WorkerPolicy {
    return this.#rights.worker
  }

  /** As it was last decided. */
  get permit(): R['permit'] {
    return this.#permit
  }

  /** The decision that it goes by. */
  get record(): DecisionEntry | undefined {
    return this.#record
  }

  /** Why it may not go on; undefined while it may. */
  get over(): RightEnded | undefined {
    return this.#over
  }

  get inForce(): boolean {
    return this.#over === undefined && this.identity.rights === this.#rights
  }

  /** @throws {RightEnded | EngineUnavailable | StoreUnavailable} */
  async renew(): Promise<void> {
    while (!this.inForce) {
      if (this.#over !== undefined) throw this.#over
      const { rights, looked } = await lookUp(this.#call).catch((cause: unknown) => {
        if (cause instanceof Ended) throw this.#finish(new RightEnded(NOT_SERVED))
        if (cause instanceof LookupAbandoned) throw this.#finish(new RightEnded(cause.message))
        throw cause
      })
      await this.#take(decideAgain(this.#call, rights, this.#first, looked))
    }
  }

  /** What the policy in force makes of the call by what is true now. */
  decideNow(): Verdict<R['permit']> {
    return decideAgain(this.#call, this.#rights, this.#first).verdict
  }

  /** Something has to hold from now on. */
  alsoHolds(check: (worker: WorkerPolicy) => readonly Violation[]): void {
    this.#checks.push(check)
  }

  untilEnded(): Until {
    this.#goOn()
    this.#ended ??= new Ending(this.#over !== undefined)
    return this.#ended
  }

  untilGone(): Until {
    this.#goOn()
    if (this.#gone === undefined) {
      const { gone } = this.#call
      const both = new Ending(this.#over !== undefined || gone.isOver)
      gone.whenOver(() => both.end())
      this.#gone = both
    }
    return this.#gone
  }

  /** Is told when it ends before it is over. */
  whenEnded(end: (why: string) => void): void {
    this.#ends.push(end)
  }

  /** The call is over: nothing goes on by it any more. */
  release(): void {
    this.#forget?.()
    this.#forget = undefined
  }

  review(): void {
    const { rights } = this.identity
    if (this.#over !== undefined || rights === this.#rights) return
    if (rights === undefined) return this.end(NOT_SERVED)
    const again = this.#judge(decideAgain(this.#call, rights, this.#first))
    if (!('refused' in again)) {
      this.#rights = rights
      this.#permit = again.permit
      return
    }
    this.#endBy(again.refused)
  }

  end(why: string): void {
    if (this.#over === undefined) this.#stop(this.#finish(new RightEnded(why)))
  }

  #endBy(refused: Refused): void {
    const { rule, why } = refused.refusal
    const message = `ended: the policy that is in force by now does not give it (${rule}: ${why})`
    this.#stop(this.#finish(new RightEnded(message, refused, this.#record?.id)))
  }

  #stop(over: RightEnded): void {
    for (const end of this.#ends) end(over.message)
    this.#ended?.end()
    this.#gone?.end()
  }

  #finish(over: RightEnded): RightEnded {
    this.#over = over
    this.release()
    return over
  }

  /** Goes on by another decision, or ends by it. Both are on record. @throws {RightEnded | StoreUnavailable} */
  async #take(decision: Decision<R>): Promise<void> {
    const { gate, caller } = this.#call
    const again = this.#judge(decision)
    const before = this.#record
    const verdict = 'refused' in again ? again.refused : decision.verdict
    const text = await textOf(this.#call, decision.detail, verdict)
    const record = before && (await gate.recorder.open(caller, this.#call, verdict, text, []))
    const why = `decided again as ${record?.id ?? ''}, since another policy is in force`
    if ('refused' in again) throw this.#finish(new RightEnded(why, again.refused, record?.id))
    if (before !== undefined) gate.recorder.close(before, 0, why, '', [])
    this.#rights = decision.rights
    this.#permit = again.permit
    this.#record = record
  }

  #judge({ verdict, rights }: Decision<R>): { readonly permit: R['permit'] } | { readonly refused: Refused } {
    if (verdict.effect === 'refuse') return { refused: verdict }
    const violations = this.#checks.flatMap((check) => check(rights.worker))
    if (violations.length > 0) return { refused: refuseAll(verdict.subcommand, violations) }
    if (this.#call.isSame(this.#permit, verdict.permit)) return { permit: verdict.permit }
    return {
      refused: refuse(verdict.subcommand, 'policy.changed', this.#call.operation.kind, {
        why: 'another policy came into force meanwhile, which gives this otherwise',
        instead: [ONCE_MORE],
        retryable: true,
      }),
    }
  }

  /** From here on something of it goes on by itself, and is looked at when a policy changes. */
  #goOn(): void {
    if (this.#over === undefined) this.#forget ??= this.#call.gate.running.add(this)
  }
}

const NOT_SERVED = 'ended: its worker is served no more, or by another socket'
