/** Names of images: given and taken in turns, each as it is decided by what is here then. */
import { removeParents } from '../engine/questions/remove.ts'
import { errorReply, jsonReply, type Reply } from '../engine/reply.ts'
import { nameByName } from '../decide/derived.ts'
import type { ImagePermit, Permit, TagPermit } from '../decide/verdict.ts'
import { listOf } from '../shared/json-value.ts'
import { NoTurn } from '../shared/keyed-turns.ts'
import { exchange, refusedOnTheWay, send, type Undertaking } from './exchange.ts'

/** With an image go the own ones that it was built upon step by step, as an engine would do it. */
export async function onImage(undertaking: Undertaking, permit: ImagePermit): Promise<Reply> {
  if (permit.operation.kind !== 'image.remove') return send(undertaking, permit)
  const { call, right, outcome } = undertaking
  const same = (again: Permit): ImagePermit | undefined =>
    again.on === 'image' && again.image === permit.image && again.reference === permit.reference
      ? again
      : undefined
  const work = async (now: ImagePermit): Promise<Reply> => {
    const removed: unknown[] = []
    for (const each of nameByName(now)) {
      const reply = await exchange(undertaking, each)
      if (reply.kind === 'whole' && reply.status === 200)
        removed.push(...listOf(JSON.parse(reply.body.toString())))
      // A digest goes with the last tag of its repository.
      else if (removed.length === 0) return outcome.close(reply)
    }
    const parents = await removeParents(right.engine, call.connected.facts.minor, now.parents)
    return outcome.close(jsonReply(200, [...removed, ...parents.map((Deleted) => ({ Deleted }))]))
  }
  const decided = () => decideInTurn(undertaking, same, work)
  return orNoTurn(
    undertaking,
    call.gate.imageTurns.remove(right.worker.name, permit.image, decided, call.gone),
  )
}

export function tag(undertaking: Undertaking, permit: TagPermit): Promise<Reply> {
  const { call, right } = undertaking
  const same = (again: Permit): TagPermit | undefined =>
    again.on === 'tag' && again.image === permit.image ? again : undefined
  const decided = () => decideInTurn(undertaking, same, (now) => send(undertaking, now))
  const { name, image } = permit
  return orNoTurn(
    undertaking,
    call.gate.imageTurns.give(right.worker.name, [name], image, decided, call.gone),
  )
}

/** @param same gives what is decided now, where it is about the same image */
async function decideInTurn<Same extends ImagePermit | TagPermit>(
  undertaking: Undertaking,
  same: (again: Permit) => Same | undefined,
  work: (permit: Same) => Promise<Reply>,
): Promise<Reply> {
  const { right, outcome, decideNow } = undertaking
  await right.renew()
  const again = decideNow()
  if (again.effect === 'refuse') return outcome.close(refusedOnTheWay(undertaking, again))
  const permit = same(again.permit)
  return permit === undefined
    ? outcome.close(errorReply(409, 'this became the name of another image meanwhile'))
    : work(permit)
}

/** Nothing was asked of the engine where a call did not come to its turn. */
async function orNoTurn({ outcome }: Undertaking, reply: Promise<Reply>): Promise<Reply> {
  return reply.catch((cause: unknown) => {
    if (!(cause instanceof NoTurn)) throw cause
    return outcome.close(errorReply(409, cause.message))
  })
}
