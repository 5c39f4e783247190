/** Answers that do not change while an engine runs: they need no call of it. */
import { emptyReply, jsonReply, type Reply } from '../engine/reply.ts'
import type { EnginePermit } from '../decide/verdict.ts'
import { versionOf as told } from './answers/system.ts'
import type { Connected } from '../world/feed.ts'
import type { View } from './view.ts'

/** The answer to a permitted operation, where it is known already. */
export function knownAnswer(
  { pingHeaders, version, facts }: Connected,
  { operation }: EnginePermit,
  view: View,
): Reply | undefined {
  if (operation.kind === 'system.version') return jsonReply(200, told(facts).read(version, view))
  if (operation.kind === 'plugin.list') return jsonReply(200, [])
  if (operation.kind !== 'system.ping') return undefined
  // By this a CLI of before 23 takes the classic builder, as its own way to BuildKit is another; later ones take BuildKit all the same.
  const headers = {
    ...pingHeaders,
    'Builder-Version': '1',
    'Cache-Control': 'no-cache',
    'Content-Type': 'text/plain; charset=utf-8',
  }
  if (operation.method === 'HEAD') return emptyReply(200, headers)
  return { kind: 'whole', status: 200, headers, body: OK }
}

const OK = Buffer.from('OK')
