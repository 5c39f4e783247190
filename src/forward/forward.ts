/** Sends what was permitted, and hands back the engine's answer as it begins. */
import type { IncomingMessage } from 'node:http'
import { isChange, type OperationKind } from '../decode/operation.ts'
import type { Readable } from 'node:stream'
import { rewrite, type Sendable, type Sending } from '../rewrite/rewrite.ts'
import type { Engine, Hijacked } from './engine.ts'
import { answerLimit } from './limits.ts'

export type Forwarded = { readonly answer: IncomingMessage } | { readonly hijacked: Hijacked }

/** Sends the request that a permit stands for. @throws {EngineUnavailable} */
export async function forward(
  engine: Engine,
  permit: Sendable,
  sending: Sending,
  signal: AbortSignal,
  content: Readable | undefined,
): Promise<Forwarded> {
  const encoded = rewrite(permit, sending)
  if ('Upgrade' in encoded.headers) {
    const upgraded = await engine.upgrade(encoded, signal)
    return 'hijacked' in upgraded ? upgraded : { answer: upgraded.refused }
  }
  // What changes something goes on when its client has gone: how it ends has to be taken down in the record.
  const until = endsWithClient(permit.operation.kind) ? signal : undefined
  return { answer: await engine.send(encoded, answerLimit(permit.operation), until, content) }
}

/** Reads, and what takes long while it streams. */
function endsWithClient(kind: OperationKind): boolean {
  const streams: readonly OperationKind[] = [
    'image.pull',
    'image.build',
    'image.import',
    'image.load',
    'image.push',
    'container.archive-put',
    'exec.start',
  ]
  return !isChange(kind) || streams.includes(kind)
}
