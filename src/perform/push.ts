/** A push of images that have names of a worker's own: they have the true ones for as long as it takes. */
import type { PushPermit } from '../decide/verdict.ts'
import { familiar } from '../decode/reference.ts'
import { remove } from '../engine/questions/remove.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import { Ending } from '../shared/ending.ts'
import { warnOf } from '../shared/warn.ts'
import { send, type Undertaking } from './exchange.ts'
import { giveNames } from './names.ts'

/** @throws {EngineUnavailable | StoreUnavailable} */
export async function push(undertaking: Undertaking, permit: PushPermit): Promise<Reply> {
  if (permit.given.size === 0) return send(undertaking, permit)
  const { call, right, outcome } = undertaking
  const { minor } = call.connected.facts
  const takeBack = (): void =>
    void takeNames(undertaking, permit).catch(warnOf('taking a name back after a push'))
  try {
    for (const [name, image] of permit.given) {
      const named = await giveNames(call.gate, right, minor, image, [name], [])
      outcome.add(named.changes)
      const [failed] = named.failed
      if (failed === undefined) continue
      takeBack()
      return await outcome.close(errorReply(409, failed))
    }
    const reply = await send(undertaking, permit)
    if (reply.kind === 'stream') reply.body.once('close', takeBack)
    else takeBack()
    return reply
  } catch (cause) {
    takeBack()
    throw cause
  }
}

/** Takes the names back, whatever policy is in force by then: the worker keeps its own. */
async function takeNames(
  { call: { gate, connected }, right }: Undertaking,
  { given }: PushPermit,
): Promise<void> {
  const never = () => new Ending()
  const engine = gate.engineFor({
    inForce: true,
    renew: () => Promise.resolve(),
    untilEnded: never,
    untilGone: never,
  })
  const owns = ([name, image]: readonly [string, string]): boolean =>
    gate.ownership.ownsTag(right.worker.name, name, image)
  for (const [name] of [...given].filter(owns)) {
    await remove(engine, connected.facts.minor, ['images', familiar(name)], { noprune: true })
    const change = gate.ownership.forget('tag', name)
    if (change !== undefined) await gate.persist([change])
  }
}
