/** Names of images: given and taken in turns, each as it is decided by what is here then. */
import { removeParents } from '../engine/questions/remove.ts'
import { errorReply, jsonReply, type Reply } from '../engine/reply.ts'
import { nameByName } from '../decide/derived.ts'
import type { ImagePermit, Permit, TagPermit } from '../decide/verdict.ts'
import { listOf } from '../shared/json-value.ts'
import { NoTurn } from '../shared/keyed-turns.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf } from '../policy/space.ts'
import type { Work } from '../world/image-turns.ts'
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
  const inTurn = decidedInTurn(undertaking, same, work, (now) => goesByOwnNames(right.worker, now))
  return orNoTurn(
    undertaking,
    call.gate.imageTurns.remove(right.worker.name, permit.image, inTurn, call.gone),
  )
}

/** Whether names of the worker's space go and nothing else: who removes by an id takes what has come to it since. */
function goesByOwnNames(worker: WorkerPolicy, permit: ImagePermit): boolean {
  const { images: space } = spaceOf(worker)
  const gone = permit.names.length === 0 ? [permit.reference] : permit.names
  return permit.parents.length === 0 && gone.every((name) => space.holds(name))
}

export function tag(undertaking: Undertaking, permit: TagPermit): Promise<Reply> {
  const { call, right } = undertaking
  const same = (again: Permit): TagPermit | undefined =>
    again.on === 'tag' && again.image === permit.image ? again : undefined
  const inTurn = decidedInTurn(
    undertaking,
    same,
    (now) => send(undertaking, now),
    (now) => spaceOf(right.worker).images.holds(now.name),
  )
  const { name, image } = permit
  return orNoTurn(undertaking, call.gate.imageTurns.give(right.worker.name, [name], image, inTurn, call.gone))
}

/**
 * @param same gives what is decided now, where it is about the same image
 * @param isSure whether what is known is enough to do it
 */
function decidedInTurn<Same extends ImagePermit | TagPermit>(
  undertaking: Undertaking,
  same: (again: Permit) => Same | undefined,
  work: (permit: Same) => Promise<Reply>,
  isSure: (permit: Same) => boolean,
): Work<Reply> {
  const { right, outcome, decideNow } = undertaking
  return {
    asKnown: async () => {
      await right.renew()
      const again = decideNow()
      const permit = again.effect === 'allow' ? same(again.permit) : undefined
      return permit !== undefined && isSure(permit) ? work(permit) : undefined
    },
    anew: async () => {
      await right.renew()
      const again = decideNow()
      if (again.effect === 'refuse') return outcome.close(refusedOnTheWay(undertaking, again))
      const permit = same(again.permit)
      return permit === undefined
        ? outcome.close(errorReply(409, 'this became the name of another image meanwhile'))
        : work(permit)
    },
  }
}

/** Nothing was asked of the engine where a call did not come to its turn. */
async function orNoTurn({ outcome }: Undertaking, reply: Promise<Reply>): Promise<Reply> {
  return reply.catch((cause: unknown) => {
    if (!(cause instanceof NoTurn)) throw cause
    return outcome.close(errorReply(409, cause.message))
  })
}
