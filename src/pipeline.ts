/**
 * The way of a request, top to bottom:
 * identify, decode, resolve, decide, record, encode, send, filter, settle.
 */
import type { DecisionEntry } from './record/entry.ts'
import { carryOut } from './perform/perform.ts'
import { decode, type Routed } from './decode/decode.ts'
import type { IncomingRequest } from './decode/incoming.ts'
import { isChange } from './decode/properties.ts'
import { EngineUnavailable } from './engine/engine.ts'
import { errorReply, type Reply } from './engine/reply.ts'
import type { Gate } from './gate.ts'
import type { Caller } from './workers/caller.ts'
import { refusalReply } from './filter/refusal.ts'
import { rehearse } from './rehearse.ts'
import { LookupAbandoned } from './resolve/host-paths.ts'
import { decideCall, Ended, lookUp, textOf, type Call, type Decision } from './rights/decision.ts'
import { Right, RightEnded } from './rights/right.ts'
import { openClaims, type Claims } from './settle/claims.ts'
import type { Until } from './shared/ending.ts'
import { StoreUnavailable } from './record/errors.ts'
import { knownAnswer } from './filter/known.ts'

/** The gate failed at a request that it had let through: whether that was done is not known. */
export class FailedUnderway extends Error {
  override readonly name = 'FailedUnderway'
}

/** Handles one request of an identified caller. What a client, the engine or the disk does wrong is a reply, not an error. */
export async function handle(
  gate: Gate,
  caller: Caller,
  routed: Routed,
  request: IncomingRequest,
  gone: Until,
): Promise<Reply> {
  const connected = gate.feed.connected
  if (connected === undefined)
    return errorReply(503, 'the Docker engine behind dockgate does not answer; try again in a moment')
  const share = gate.scheduler.share(caller.identity.name)
  await share.turn()
  // It may have waited long.
  if (gone.isOver) return errorReply(503, 'the client went away')
  const decoded = routed.found
    ? decode(routed.match, request)
    : { operation: routed.malformed, minor: routed.minor, findings: [] }
  try {
    return await serve({ gate, caller, connected, decoded, content: request.content, gone, share })
  } catch (cause) {
    if (cause instanceof Ended) return errorReply(403, cause.message)
    if (cause instanceof RightEnded) return endedReply(cause, caller)
    if (cause instanceof EngineUnavailable) return errorReply(503, cause.message)
    if (cause instanceof LookupAbandoned) return errorReply(503, cause.message)
    if (cause instanceof StoreUnavailable)
      return errorReply(503, `nothing is done that can't be recorded: ${cause.message}`)
    throw cause
  }
}

async function serve(call: Call): Promise<Reply> {
  const { decision, claims, record } = await decideAndRecord(call)
  const { rehearsal } = call.caller
  const { name } = decision.rights.worker
  const { verdict } = decision
  if (rehearsal !== undefined) {
    const reply = rehearse(rehearsal, call.decoded.operation.kind, verdict, record, name)
    if (reply !== undefined) {
      claims.drop()
      return reply
    }
  }
  if (verdict.effect === 'refuse') return refusalReply(verdict, record?.id ?? '', name)
  const known = knownAnswer(call.connected, verdict.permit)
  if (known !== undefined) return known
  const right = new Right(call, decision, verdict.permit, record, claims.object)
  return releasing(right, () => undertake(call, verdict.permit, right, claims))
}

interface Decided {
  readonly decision: Decision
  readonly claims: Claims
  readonly record: DecisionEntry | undefined
}

/** Decides by the policy in force, and again where another came into force while that was put on disk. */
async function decideAndRecord(call: Call): Promise<Decided> {
  for (;;) {
    const { rights, looked } = await lookUp(call)
    const decision = decideCall(call, rights, looked)
    const claims = openClaims(call.gate, rights.worker.name, decision.verdict)
    const record = await open(call, decision, claims)
    if (decision.verdict.effect === 'refuse' || call.caller.identity.rights === rights)
      return { decision, claims, record }
    const dropped = claims.drop()
    if (record !== undefined)
      call.gate.recorder.close(record, 0, 'another policy came into force', '', dropped)
  }
}

async function open(
  call: Call,
  { rights, verdict, detail }: Decision,
  claims: Claims,
): Promise<DecisionEntry | undefined> {
  try {
    // What is only tried makes nothing that a claim would have to be known for.
    const changes = call.caller.rehearsal === undefined ? claims.changes : []
    const text = await textOf(call, detail, verdict)
    return await call.gate.recorder.open(call.caller, call.decoded, verdict, text, changes)
  } catch (cause) {
    const words: readonly string[] = rights.worker.docker.unrecorded
    const mayGoOn = !isChange(call.decoded.operation.kind) && words.includes(verdict.subcommand)
    if (cause instanceof StoreUnavailable && mayGoOn) return undefined
    claims.drop()
    throw cause
  }
}

async function undertake(...permitted: Parameters<typeof carryOut>): Promise<Reply> {
  try {
    return await carryOut(...permitted)
  } catch (cause) {
    if (cause instanceof RightEnded || cause instanceof StoreUnavailable) throw cause
    const [, , right] = permitted
    if (cause instanceof EngineUnavailable) throw right.over ?? cause
    throw new FailedUnderway('a request that was let through failed', { cause })
  }
}

/** Gives a right back when nothing goes on by it any more: with the reply, or at the end of one that goes on. */
async function releasing(right: Right, work: () => Promise<Reply>): Promise<Reply> {
  try {
    const reply = await work()
    if (reply.kind === 'whole') right.release()
    else (reply.kind === 'stream' ? reply.body : reply.connection.socket).once('close', () => right.release())
    return reply
  } catch (cause) {
    right.release()
    throw cause
  }
}

function endedReply({ message, refused, record }: RightEnded, { identity }: Caller): Reply {
  return refused === undefined ? errorReply(403, message) : refusalReply(refused, record, identity.name)
}
