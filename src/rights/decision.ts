/** One call as it is decided: by the rights in force at that moment, on what is true then. */
import { recordDetail, type Detail } from '../audit/detail.ts'
import { withinRecord } from '../decide/record-size.ts'
import type { AnyPermit, Refused, Verdict } from '../decide/verdict.ts'
import type { CommandLine } from '../decode/operations/host.ts'
import type { DecisionEntry } from '../record/entry.ts'
import type { Caller } from '../workers/caller.ts'
import type { Rights } from '../workers/identity.ts'
import type { Call, Resource } from './call.ts'

export interface Decision<R extends Resource = Resource> {
  readonly rights: Rights
  readonly looked: R['looked']
  readonly facts: R['facts']
  readonly verdict: Verdict<R['permit']>
  /** The operation as the record will hold it. */
  readonly detail: Detail
}

/** The worker is served no more. */
export class Ended extends Error {
  override readonly name = 'Ended'

  constructor(worker: string) {
    super(`the policy has no worker ${worker} any more`)
  }
}

/**
 * Looks up what takes time, and gives the rights that were in force before and after.
 * @throws {Ended | LookupAbandoned | EngineUnavailable}
 */
export async function lookUp<R extends Resource>(
  call: Call<R>,
): Promise<{ readonly rights: Rights; readonly looked: R['looked'] }> {
  for (;;) {
    const rights = rightsOf(call.caller)
    const looked = await call.lookUp(rights)
    await call.share.turn()
    if (call.caller.identity.rights === rights) return { rights, looked }
  }
}

/** @throws {Ended} */
export function rightsOf({ identity }: Pick<Caller, 'identity'>): Rights {
  const { rights } = identity
  if (rights === undefined) throw new Ended(identity.section)
  return rights
}

/** What the record will hold of a call, once its secrets are hashed. */
export async function textOf(
  { gate, share }: Pick<Call, 'gate' | 'share'>,
  detail: Detail,
  verdict: Verdict<AnyPermit>,
): Promise<string> {
  const text = gate.recorder.detailOf(detail, verdict)
  return typeof text === 'string' ? text : share.run(text)
}

/** Records a command line that is refused as such, before any call. @throws {StoreUnavailable} */
export async function recordRefusedLine(
  from: Pick<Call, 'gate' | 'caller' | 'share'>,
  operation: CommandLine,
  refused: Refused,
): Promise<DecisionEntry> {
  const text = await textOf(from, recordDetail(operation, refused), refused)
  return from.gate.recorder.open(from.caller, { operation }, refused, text, [])
}

/** Decides a call. Nothing waits in it: calls made at the same moment count each other. */
export function decideCall<R extends Resource>(
  call: Call<R>,
  rights: Rights,
  looked: R['looked'],
): Decision<R> {
  return judge(call, rights, looked, call.resolve(rights.worker, looked))
}

/** Decides it once more. What it has taken meanwhile itself counts as it did before. */
export function decideAgain<R extends Resource>(
  call: Call<R>,
  rights: Rights,
  { facts: before, looked: seen }: Pick<Decision<R>, 'facts' | 'looked'>,
  looked = seen,
): Decision<R> {
  return judge(call, rights, looked, call.resolveAgain(rights.worker, looked, before))
}

function judge<R extends Resource>(
  call: Call<R>,
  rights: Rights,
  looked: R['looked'],
  facts: R['facts'],
): Decision<R> {
  const decided = call.decide(rights.worker, facts)
  const detail = recordDetail(call.operation, decided, call.leftOut)
  return { rights, looked, facts, detail, verdict: withinRecord(decided, detail.size) }
}
