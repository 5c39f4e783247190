/**
 * The way of a request, top to bottom:
 * identify, decode, resolve, decide, record, rewrite, forward, filter, settle.
 */
import type { DecisionEntry } from './audit/entry.ts'
import { carryOut } from './carry-out/carry-out.ts'
import type { Call } from './carry-out/exchange.ts'
import { decode, type Routed } from './decode/decode.ts'
import type { IncomingRequest } from './decode/incoming.ts'
import { isChange } from './decode/operation.ts'
import { EngineUnavailable } from './forward/engine.ts'
import { errorReply, type Reply } from './forward/reply.ts'
import type { Gate } from './gate.ts'
import type { Caller } from './identify/caller.ts'
import { decide } from './policy/decide.ts'
import { withinRecord } from './policy/record-size.ts'
import { refusalReply } from './filter/refusal.ts'
import type { Verdict } from './policy/verdict.ts'
import { rehearse } from './rehearse.ts'
import { LookupAbandoned } from './resolve/host-paths.ts'
import { hostPathsOf, resolve } from './resolve/resolve.ts'
import { openClaims, type Claims } from './settle/claims.ts'
import { StoreUnavailable } from './store/errors.ts'
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
  signal: AbortSignal,
): Promise<Reply> {
  const worker = gate.worker(caller.worker)
  const connected = gate.feed.connected
  if (worker === undefined) return errorReply(403, `the policy has no worker ${caller.worker} any more`)
  if (connected === undefined)
    return errorReply(503, 'the Docker engine behind dockgate does not answer; try again in a moment')
  const decoded = routed.found
    ? decode(routed.match, request)
    : { operation: routed.malformed, minor: routed.minor, findings: [] }
  const call = { gate, caller, worker, connected, decoded, content: request.content, signal }
  try {
    const judged = await judge(call)
    const { verdict, claims } = judged
    const record = await open(call, judged)
    if (caller.rehearsal !== undefined) {
      const reply = rehearse(caller.rehearsal, decoded.operation.kind, verdict, record, worker.name)
      if (reply !== undefined) {
        claims.drop()
        return reply
      }
    }
    if (verdict.effect === 'refuse') return refusalReply(verdict, record?.id ?? '', worker.name)
    return knownAnswer(connected, verdict.permit) ?? (await undertake(call, verdict.permit, record, claims))
  } catch (cause) {
    if (cause instanceof EngineUnavailable) return errorReply(503, cause.message)
    if (cause instanceof LookupAbandoned) return errorReply(503, cause.message)
    if (cause instanceof StoreUnavailable)
      return errorReply(503, `nothing is done that can't be recorded: ${cause.message}`)
    throw cause
  }
}

interface Judged {
  readonly verdict: Verdict
  readonly claims: Claims
  /** The operation as the record will hold it. */
  readonly detail: string
}

async function judge({ gate, worker, connected, decoded, signal }: Call): Promise<Judged> {
  const written = hostPathsOf(gate, worker, decoded.operation)
  await using roots = gate.bindRoots.share()
  const paths = await gate.paths.resolve(worker.name, roots, written, signal)
  // From here to the claims nothing waits: calls made at the same moment count each other.
  const facts = resolve(gate, worker, decoded.operation, connected.facts, paths)
  const decided = decide(worker, decoded, facts)
  const detail = gate.recorder.detailOf(decoded.operation, decided)
  const verdict = withinRecord(decided, Buffer.byteLength(detail))
  return { verdict, claims: openClaims(gate, worker.name, verdict), detail }
}

async function open(call: Call, { verdict, claims, detail }: Judged): Promise<DecisionEntry | undefined> {
  try {
    // What is only tried makes nothing that a claim would have to be known for.
    const changes = call.caller.rehearsal === undefined ? claims.changes : []
    return await call.gate.recorder.open(call.caller, call.decoded, verdict, detail, changes)
  } catch (cause) {
    const words: readonly string[] = call.worker.docker.unrecorded
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
    if (cause instanceof EngineUnavailable || cause instanceof StoreUnavailable) throw cause
    throw new FailedUnderway('a request that was let through failed', { cause })
  }
}
