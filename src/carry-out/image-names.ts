/** Names of images: given and taken by one call after the other, each as it is decided by what is here then. */
import { removeParents } from '../forward/remove.ts'
import { errorReply, jsonReply, type Reply } from '../forward/reply.ts'
import { nameByName } from '../policy/derived.ts'
import type { ImagePermit, Permit, TagPermit } from '../policy/verdict.ts'
import { listOf } from '../shared/json-value.ts'
import { exchange, refusedOnTheWay, send, type Undertaking } from './exchange.ts'

/** With an image go the own ones that it was built upon step by step, as an engine would do it. */
export async function onImage(undertaking: Undertaking, permit: ImagePermit): Promise<Reply> {
  if (permit.operation.kind !== 'image.remove') return send(undertaking, permit)
  const { connected } = undertaking.call
  const { right, outcome } = undertaking
  const same = (again: Permit): ImagePermit | undefined =>
    again.on === 'image' && again.image === permit.image && again.reference === permit.reference
      ? again
      : undefined
  return inTurn(undertaking, same, async (now) => {
    const removed: unknown[] = []
    for (const each of nameByName(now)) {
      const reply = await exchange(undertaking, each)
      if (reply.kind === 'whole' && reply.status === 200)
        removed.push(...listOf(JSON.parse(reply.body.toString())))
      // A digest goes with the last tag of its repository.
      else if (removed.length === 0) return outcome.close(reply)
    }
    const parents = await removeParents(right.engine, connected.facts.minor, now.parents)
    return outcome.close(jsonReply(200, [...removed, ...parents.map((Deleted) => ({ Deleted }))]))
  })
}

export function tag(undertaking: Undertaking, permit: TagPermit): Promise<Reply> {
  const same = (again: Permit): TagPermit | undefined =>
    again.on === 'tag' && again.image === permit.image ? again : undefined
  return inTurn(undertaking, same, (now) => send(undertaking, now))
}

/** @param same gives what is decided now, where it is about the same image */
function inTurn<Same extends ImagePermit | TagPermit>(
  undertaking: Undertaking,
  same: (again: Permit) => Same | undefined,
  work: (permit: Same) => Promise<Reply>,
): Promise<Reply> {
  const { call, right, outcome } = undertaking
  const { gate } = call
  return gate.imageTurns.run(async () => {
    await gate.feed.refreshImages()
    await right.renew()
    const again = right.decideNow()
    if (again.effect === 'refuse') return outcome.close(refusedOnTheWay(undertaking, again))
    const permit = same(again.permit)
    return permit === undefined
      ? outcome.close(errorReply(409, 'this became the name of another image meanwhile'))
      : work(permit)
  })
}
