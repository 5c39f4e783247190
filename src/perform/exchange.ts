/** One request to the engine, and what is known on the way there and back. */
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { filterAnswer } from '../filter/answer.ts'
import { refusalReply } from '../filter/refusal.ts'
import { viewOf } from '../filter/view.ts'
import { forward, type Forwarded } from './forward.ts'
import type { Reply } from '../engine/reply.ts'
import type { Refused, Verdict } from '../decide/verdict.ts'
import type { DockerCall, DockerRight } from '../rights/docker-call.ts'
import type { Sendable } from '../encode/encode.ts'
import type { Claims } from '../settle/claims.ts'
import type { Outcome } from '../settle/outcome.ts'

/** A permit on its way, with what its decision has set up. */
export interface Undertaking {
  readonly call: DockerCall
  /** What it is done by. */
  readonly right: DockerRight
  readonly claims: Claims
  readonly outcome: Outcome
  /** What is decided of it by what is true now. */
  readonly decideNow: () => Verdict
}

/** Sends one request, and applies what its answer tells. */
export async function send(undertaking: Undertaking, permit: Sendable, content?: Readable): Promise<Reply> {
  return undertaking.outcome.close(await exchange(undertaking, permit, content))
}

/** Sends one request and filters its answer. */
export async function exchange(
  { call, right, claims }: Undertaking,
  permit: Sendable,
  content?: Readable,
): Promise<Reply> {
  const { gate, share } = call
  // Answers to many calls can come by one and the same event.
  await share.turn()
  const ask = (): Promise<Forwarded> => forward(right.engine, permit, call.sending(claims.object), content)
  const forwarded = permit.on === 'list' ? await untilWhole(ask) : await ask()
  if ('hijacked' in forwarded) {
    const { socket } = forwarded.hijacked
    right.untilEnded().whenOver(() => socket.destroy())
    return {
      kind: 'hijacked',
      connection: forwarded.hijacked,
      ...(permit.operation.kind === 'container.attach-ws' ? { webSocketKey: permit.operation.key } : {}),
    }
  }
  return filterAnswer(permit, forwarded.answer, viewOf(gate, right), share, call.connected.dataRoot)
}

/** Times that a list is asked for, and milliseconds between the first two. */
const MOST_TRIES = 5
const BETWEEN = 100
/** With containerd's store an engine answers so where an image, or a container, comes or goes while it makes a list. */
const TORN: readonly unknown[] = [404, 500]

/** Asks for a list, and again where it is torn, as it can be by what others do meanwhile. */
async function untilWhole(ask: () => Promise<Forwarded>): Promise<Forwarded> {
  for (let tries = 1; ; tries += 1) {
    const forwarded = await ask()
    if ('hijacked' in forwarded || !TORN.includes(forwarded.answer.statusCode) || tries === MOST_TRIES)
      return forwarded
    forwarded.answer.resume()
    await pause(BETWEEN * tries)
  }
}

/** The reply where it turns out on the way that a call is refused. */
export function refusedOnTheWay({ right }: Undertaking, refused: Refused): Reply {
  return refusalReply(refused, right.record?.id ?? '', right.worker.name)
}
