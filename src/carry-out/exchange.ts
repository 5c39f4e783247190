/** One request to the engine, and what is known on the way there and back. */
import type { Readable } from 'node:stream'
import type { DecisionEntry } from '../audit/entry.ts'
import type { Decoded } from '../decode/operation.ts'
import { filterAnswer } from '../filter/answer.ts'
import { countsOf, viewOf } from '../filter/view.ts'
import { forward } from '../forward/forward.ts'
import type { Reply } from '../forward/reply.ts'
import type { Gate } from '../gate.ts'
import type { Caller } from '../identify/caller.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { Connected } from '../resolve/feed.ts'
import type { Sendable } from '../rewrite/rewrite.ts'
import type { Claims } from '../settle/claims.ts'
import type { Outcome } from '../settle/outcome.ts'
import { CLAIM_LABEL, WORKER_LABEL } from '../shared/labels.ts'

/** What every stage of one call works on. */
export interface Call {
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

/** A permit on its way, with what its decision has set up. */
export interface Undertaking {
  readonly call: Call
  readonly record: DecisionEntry | undefined
  readonly claims: Claims
  readonly outcome: Outcome
}

/** Sends one request, and takes over what its answer tells. */
export async function send(undertaking: Undertaking, permit: Sendable, content?: Readable): Promise<Reply> {
  return undertaking.outcome.close(await exchange(undertaking, permit, content))
}

/** Sends one request and filters its answer. */
export async function exchange(
  { call, claims }: Undertaking,
  permit: Sendable,
  content?: Readable,
): Promise<Reply> {
  const { gate, worker, connected, decoded, signal } = call
  const { minor } = connected.facts
  const labels = { [CLAIM_LABEL]: claims.object?.nonce ?? '', [WORKER_LABEL]: worker.name }
  const sending = { clientMinor: decoded.minor ?? minor, engineMinor: minor, labels }
  const forwarded = await forward(gate.engine, permit, sending, signal, content)
  if ('hijacked' in forwarded) {
    return {
      kind: 'hijacked',
      connection: forwarded.hijacked,
      ...(permit.operation.kind === 'container.attach-ws' ? { webSocketKey: permit.operation.key } : {}),
    }
  }
  return filterAnswer(permit, forwarded.answer, viewOf(gate, worker), () => countsOf(gate, worker))
}
