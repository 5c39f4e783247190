/** Sends what was permitted, and hands back the engine's answer as it begins. */
import type { IncomingMessage } from 'node:http'
import { propertiesOf, type Properties } from '../decode/properties.ts'
import type { Readable } from 'node:stream'
import type { Until } from '../shared/ending.ts'
import { encode, type Sendable } from '../encode/encode.ts'
import type { Sending } from '../encode/sending.ts'
import type { CallEngine } from '../engine/call-engine.ts'
import type { Hijacked } from '../engine/engine.ts'

export type Forwarded = { readonly answer: IncomingMessage } | { readonly hijacked: Hijacked }

/** Sends the request that a permit stands for. @throws {EngineUnavailable} */
export async function forward(
  engine: CallEngine,
  permit: Sendable,
  sending: Sending,
  content: Readable | undefined,
): Promise<Forwarded> {
  const encoded = encode(permit, sending)
  if ('Upgrade' in encoded.headers) {
    const upgraded = await engine.upgrade(encoded, engine.untilGone())
    return 'hijacked' in upgraded ? upgraded : { answer: upgraded.refused }
  }
  const { limit, until } = propertiesOf(permit.operation.kind)
  return { answer: await engine.send(encoded, limit, signalFor(engine, until), content) }
}

/** What changes something goes on when its client has gone: how it ends has to be recorded. */
function signalFor(engine: CallEngine, until: Properties['until']): Until | undefined {
  switch (until) {
    case 'client':
      return engine.untilGone()
    // An engine goes on with a stop that was asked for, but nobody waits ten minutes for it by a right that is gone.
    case 'right':
      return engine.untilEnded()
    case 'end':
      return undefined
  }
}
