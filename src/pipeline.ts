/**
 * The way of a call, top to bottom, whatever it is on: resolve, decide, claim, record, perform. Before it the door has identified
 * the caller, and what was asked is decoded; what is performed is encoded, sent or run, filtered and settled in `perform/`.
 */
import { inEngineNames } from './resolve/own-names.ts'
import type { Decoded } from './decode/operation.ts'
import type { Refused } from './decide/verdict.ts'
import { decodeRouted, type Routed } from './decode/decode.ts'
import type { IncomingRequest } from './decode/incoming.ts'
import type { HostDiagnostic } from './decode/operations/host.ts'
import { isChange } from './decode/properties.ts'
import { EngineUnavailable } from './engine/engine.ts'
import { errorReply, type Reply } from './engine/reply.ts'
import { refusalReply, refusedInWords, replyInWords } from './filter/refusal.ts'
import type { Gate } from './gate.ts'
import { runPermitted, type Diagnosed } from './perform/diagnostic.ts'
import { perform } from './perform/perform.ts'
import type { DecisionEntry } from './record/entry.ts'
import { StoreUnavailable, toldUnavailable } from './record/errors.ts'
import { rehearse } from './rehearse.ts'
import { LookupAbandoned } from './resolve/host-paths.ts'
import type { Call, Resource } from './rights/call.ts'
import { decideCall, Ended, lookUp, textOf, type Decision } from './rights/decision.ts'
import { DockerCall, type Docker } from './rights/docker-call.ts'
import { HostCall, type Host } from './rights/host-call.ts'
import { Right, RightEnded } from './rights/right.ts'
import type { Share } from './schedule/scheduler.ts'
import { openClaims, type Claims } from './settle/claims.ts'
import type { Until } from './shared/ending.ts'
import type { Caller } from './workers/caller.ts'

/** The gate failed at a call that it had let through: whether that was done is not known. */
export class FailedUnderway extends Error {
  override readonly name = 'FailedUnderway'
}

/** What became of a call. */
export type Served<Result> =
  /** @param record id of its entry; empty where it could not be written */
  | { readonly became: 'refused'; readonly refused: Refused; readonly record: string }
  /** It would be allowed by that rule, and was only tried. */
  | { readonly became: 'tried'; readonly rule: string }
  | { readonly became: 'done'; readonly result: Result }

/** Does what a right gives. It gives that back when nothing goes on by it any more. */
type Perform<R extends Resource, Result> = (right: Right<R>, claims: Claims) => Promise<Result>

/** All stages of one call. What it is decided by is in force when it is performed; in `perform/` the right sees to that. */
export async function serve<R extends Resource, Result>(
  call: Call<R>,
  performed: Perform<R, Result>,
): Promise<Served<Result>> {
  const { gate, caller, operation } = call
  for (;;) {
    const { rights, looked } = await lookUp(call)
    // From here to the claims nothing waits: calls made at the same moment count each other.
    const decision = decideCall(call, rights, looked)
    const { verdict } = decision
    const claims = openClaims(gate, rights.worker.name, verdict)
    const record = await open(call, decision, claims)
    const isInForce = caller.identity.rights === rights
    if (verdict.effect === 'allow' && !isInForce) {
      const dropped = claims.drop()
      if (record !== undefined) gate.recorder.close(record, 0, 'another policy came into force', '', dropped)
      continue
    }
    const isToBeDone = rehearse(caller, operation.kind, verdict, record?.id ?? '')
    if (verdict.effect === 'refuse') return { became: 'refused', refused: verdict, record: record?.id ?? '' }
    if (!isToBeDone) {
      claims.drop()
      return { became: 'tried', rule: verdict.rule }
    }
    const right = new Right(call, decision, verdict.permit, record)
    return { became: 'done', result: await undertake(right, claims, performed) }
  }
}

/** Handles one request of an identified caller. What a client, the engine or the disk does wrong is a reply, not an error. */
export async function handle(
  from: Pick<Call<Docker>, 'gate' | 'caller' | 'gone' | 'share'>,
  routed: Routed,
  request: IncomingRequest,
): Promise<Reply> {
  const { gate, caller, gone, share } = from
  const connected = gate.feed.connected
  if (connected === undefined)
    return errorReply(503, 'the Docker engine behind dockgate does not answer; try again in a moment')
  await share.turn()
  // It may have waited long.
  if (gone.isOver) return errorReply(503, 'the client went away')
  const decoded = named(gate, caller, decodeRouted(routed, request))
  const { content } = request
  const call = new DockerCall({ ...from, connected, decoded, content })
  try {
    const served = await serve<Docker, Reply>(call, (right, claims) => perform(call, right, claims))
    return errorInWords(served.became === 'done' ? served.result : undoneReply(served, caller), caller)
  } catch (cause) {
    return errorInWords(failureReply(cause, caller), caller)
  }
}

/** What was asked for, with the engine's names for what is the worker's own. */
export function named(gate: Gate, { identity }: Caller, decoded: Decoded): Decoded {
  const { rights } = identity
  return rights === undefined
    ? decoded
    : { ...decoded, operation: inEngineNames(gate, gate.sight.known, rights.worker, decoded.operation) }
}

/** What went wrong is told in the worker's words. */
function errorInWords(reply: Reply, { identity }: Caller): Reply {
  return reply.kind === 'whole' && reply.status >= 400 ? replyInWords(reply, identity.space) : reply
}

/** Runs a diagnostic of the host for an identified caller. @throws {Ended | RightEnded | StoreUnavailable} */
export function diagnose(
  gate: Gate,
  caller: Caller,
  operation: HostDiagnostic,
  gone: Until,
  share: Share,
): Promise<Served<Diagnosed>> {
  const call = new HostCall(gate, caller, operation, gone, share)
  return serve<Host, Diagnosed>(call, (right, claims) => runPermitted(call, right, claims))
}

/** Records a decision, with what is claimed by it. Undefined for a read that its policy lets go on unrecorded. */
async function open<R extends Resource>(
  call: Call<R>,
  { rights, verdict, detail }: Decision<R>,
  claims: Claims,
): Promise<DecisionEntry | undefined> {
  try {
    // What is only tried makes nothing that a claim would have to be known for.
    const changes = call.caller.rehearsal === undefined ? claims.changes : []
    const text = await textOf(call, detail, verdict)
    return await call.gate.recorder.open(call.caller, call, verdict, text, changes)
  } catch (cause) {
    const words: readonly string[] = rights.worker.docker.unrecorded
    const mayGoOn = !isChange(call.operation.kind) && words.includes(verdict.subcommand)
    if (cause instanceof StoreUnavailable && mayGoOn) return undefined
    claims.drop()
    throw cause
  }
}

async function undertake<R extends Resource, Result>(
  right: Right<R>,
  claims: Claims,
  performed: Perform<R, Result>,
): Promise<Result> {
  try {
    return await performed(right, claims)
  } catch (cause) {
    right.release()
    if (cause instanceof RightEnded || cause instanceof StoreUnavailable) throw cause
    if (cause instanceof EngineUnavailable) throw right.over ?? cause
    throw new FailedUnderway('a request that was let through failed', { cause })
  }
}

/** What a worker is told of a call that was only tried. */
export const REHEARSED = 'rehearsal: this is allowed, and was not done'

/** The reply to a call that was not done. */
export function undoneReply(
  served: Exclude<Served<unknown>, { readonly became: 'done' }>,
  { identity }: Caller,
): Reply {
  return served.became === 'tried'
    ? errorReply(403, REHEARSED)
    : refusalReply(refusedInWords(served.refused, identity.space), served.record, identity.name)
}

function failureReply(cause: unknown, { identity }: Caller): Reply {
  if (cause instanceof RightEnded && cause.refused !== undefined)
    return refusalReply(refusedInWords(cause.refused, identity.space), cause.record, identity.name)
  if (cause instanceof Ended || cause instanceof RightEnded) return errorReply(403, cause.message)
  if (cause instanceof EngineUnavailable) return errorReply(503, cause.message)
  if (cause instanceof LookupAbandoned) return errorReply(503, cause.message)
  if (cause instanceof StoreUnavailable) return errorReply(503, toldUnavailable(cause))
  throw cause
}
