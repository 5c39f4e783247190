/**
 * The way of a request, top to bottom:
 * identify, decode, resolve, decide, record, rewrite, forward, filter, settle.
 */
import { pipeline as joinStreams, type Readable } from 'node:stream'
import type { DecisionEntry } from './audit/entry.ts'
import { isChange } from './audit/recorder.ts'
import { decode, type Routed } from './decode/decode.ts'
import type { IncomingRequest } from './decode/incoming.ts'
import type { Decoded } from './decode/operation.ts'
import { filterAnswer } from './filter/answer.ts'
import { EngineUnavailable } from './forward/engine.ts'
import { BuildContext } from './forward/build-context.ts'
import { forward } from './forward/forward.ts'
import { errorReply, type Reply } from './forward/reply.ts'
import type { Gate } from './gate.ts'
import type { Caller } from './identify/caller.ts'
import { decide } from './policy/decide.ts'
import { checkDockerfile } from './policy/dockerfile.ts'
import type { WorkerPolicy } from './policy/policy.ts'
import { notAfterAll, refusalReply } from './filter/refusal.ts'
import { refuseAll } from './policy/refuse.ts'
import type { BuildPermit, Permit, Verdict } from './policy/verdict.ts'
import type { Connected } from './resolve/feed.ts'
import { resolveHostPaths } from './resolve/host-paths.ts'
import { hostPathsOf, resolve } from './resolve/resolve.ts'
import { countsOf, viewOf } from './filter/view.ts'
import { NewImages } from './settle/images.ts'
import { openClaims, type Claims } from './settle/claims.ts'
import { Outcome } from './settle/outcome.ts'
import { prune } from './settle/prune.ts'
import { ownVolumes } from './settle/volumes.ts'
import { CLAIM_LABEL, WORKER_LABEL } from './shared/labels.ts'
import { StoreUnavailable } from './store/errors.ts'
import { knownAnswer } from './filter/known.ts'

/** What every stage of one call works on. */
interface Call {
  readonly gate: Gate
  readonly caller: Caller
  readonly worker: WorkerPolicy
  readonly connected: Connected
  readonly decoded: Decoded
  /** A body that is passed on as it comes. */
  readonly content: Readable | undefined
  /** Ends the call when its client goes away. */
  readonly signal: AbortSignal
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
    const { verdict, claims } = await judge(call)
    const record = await open(call, verdict, claims)
    if (verdict.effect === 'refuse') return refusalReply(verdict, record?.id ?? '', worker.name)
    return knownAnswer(connected, verdict.permit) ?? (await carryOut(call, verdict.permit, record, claims))
  } catch (cause) {
    if (cause instanceof EngineUnavailable) return errorReply(503, cause.message)
    if (cause instanceof StoreUnavailable)
      return errorReply(503, `nothing is done that can't be recorded: ${cause.message}`)
    throw cause
  }
}

async function judge({
  gate,
  worker,
  connected,
  decoded,
}: Call): Promise<{ readonly verdict: Verdict; readonly claims: Claims }> {
  const paths = await resolveHostPaths(hostPathsOf(gate, worker, decoded.operation))
  // From here to the claims nothing waits: calls made at the same moment count each other.
  const facts = resolve(gate, worker, decoded.operation, connected.facts, paths)
  const verdict = decide(worker, decoded, facts)
  return { verdict, claims: openClaims(gate.ownership, worker.name, verdict) }
}

async function open(call: Call, verdict: Verdict, claims: Claims): Promise<DecisionEntry | undefined> {
  try {
    return await call.gate.recorder.open(call.caller, call.decoded, verdict, claims.changes)
  } catch (cause) {
    claims.drop()
    const words: readonly string[] = call.worker.docker.unrecorded
    const mayGoOn = !isChange(call.decoded.operation.kind) && words.includes(verdict.subcommand)
    if (cause instanceof StoreUnavailable && mayGoOn) return undefined
    throw cause
  }
}

async function carryOut(
  call: Call,
  permit: Permit,
  record: DecisionEntry | undefined,
  claims: Claims,
): Promise<Reply> {
  const { gate, worker, connected, decoded, signal } = call
  const minor = connected.facts.minor
  const brings = permit.on === 'pull' || permit.on === 'build'
  const images = brings ? await NewImages.before(gate, worker.name, permit) : undefined
  const outcome = new Outcome(gate, worker.name, permit, record, claims, images)
  const context = permit.on === 'build' ? buildContext(permit, call.content) : undefined
  try {
    if (permit.on === 'prune') {
      const { reply, changes } = await prune(gate, worker.name, minor, permit)
      outcome.add(changes)
      return outcome.close(reply)
    }
    if (permit.on === 'create') {
      const { changes, failed } = await ownVolumes(gate, worker.name, minor, permit.plan, claims)
      outcome.add(changes)
      if (failed !== undefined) return outcome.close(notAfterAll(failed, record?.id ?? '', worker.name))
    }
    const labels = { [CLAIM_LABEL]: claims.object?.nonce ?? '', [WORKER_LABEL]: worker.name }
    const sending = { clientMinor: decoded.minor ?? minor, engineMinor: minor, labels }
    const forwarded = await forward(gate.engine, permit, sending, signal, context ?? call.content)
    if ('hijacked' in forwarded) return outcome.close({ kind: 'hijacked', connection: forwarded.hijacked })
    const view = viewOf(gate, worker)
    return outcome.close(await filterAnswer(permit, forwarded.answer, view, () => countsOf(gate, worker)))
  } catch (cause) {
    const violations = context?.violations ?? []
    if (violations.length > 0) {
      return outcome.close(refusalReply(refuseAll('build', violations), record?.id ?? '', worker.name))
    }
    outcome.broken(cause)
    throw cause
  }
}

/** The context as the engine gets it: whole only if its Dockerfile takes nothing from elsewhere. */
function buildContext({ operation, patterns }: BuildPermit, content: Readable | undefined): BuildContext {
  const check = (dockerfile: string) => checkDockerfile(dockerfile, patterns, operation.buildArgs)
  const context = new BuildContext(operation.dockerfile, check)
  // What breaks here shows in the request that it is the body of.
  if (content === undefined) context.end()
  else joinStreams(content, context, () => undefined)
  return context
}
