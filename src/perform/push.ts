/**
 * A push of images that have names of a worker's own: they have the true ones for as long as it takes. Meanwhile nobody else sees them
 * (resolve/images.ts, filter/view.ts), and nothing of the worker's own takes or moves them.
 */
import { Transform, type Readable } from 'node:stream'
import type { PushPermit } from '../decide/verdict.ts'
import { fullReference, parseReference } from '../decode/reference.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf } from '../policy/space.ts'
import { Ending } from '../shared/ending.ts'
import { NoTurn } from '../shared/keyed-turns.ts'
import { warnOf } from '../shared/warn.ts'
import type { Images } from '../world/images.ts'
import { refusedOnTheWay, send, type Undertaking } from './exchange.ts'
import { giveInTurn, takeName } from './names.ts'

/** Milliseconds that a list of an engine's, or an event, can be on its way. */
const TOLD_AFTER = 30_000

/** @throws {EngineUnavailable | StoreUnavailable} */
export function push(undertaking: Undertaking, permit: PushPermit): Promise<Reply> {
  if (permit.given.size === 0) return send(undertaking, permit)
  const { call, right, outcome } = undertaking
  const own = ownNames(right.worker, permit)
  const names = [...permit.given.keys(), ...own]
  const replied = Promise.withResolvers<Reply>()
  const inTurn = (known: Images): Promise<void> =>
    pushInTurn(undertaking, permit, own, known, replied.resolve)
  call.gate.imageTurns.lend(right.worker.name, names, inTurn, call.gone).catch((cause: unknown) => {
    if (cause instanceof NoTurn)
      replied.resolve(Promise.resolve(outcome.close(errorReply(409, cause.message))))
    else replied.reject(cause)
  })
  return replied.promise
}

function ownNames(worker: WorkerPolicy, { given }: PushPermit): readonly string[] {
  const { images: space } = spaceOf(worker)
  return [...given.keys()].flatMap((name) => {
    const reference = parseReference(name)
    return reference === undefined ? [] : [fullReference(space.nameOf(reference))]
  })
}

function notTaken(cause: unknown): false {
  warnOf('taking a name back after a push')(cause)
  return false
}

/** Resolves when the names are taken back. @param own of the images. @param reply is called with the reply, before that */
async function pushInTurn(
  undertaking: Undertaking,
  permit: PushPermit,
  own: readonly string[],
  known: Images,
  reply: (reply: Reply | Promise<Reply>) => void,
): Promise<void> {
  const { call, right, outcome, decideNow } = undertaking
  const { gate, connected } = call
  await right.renew()
  const again = decideNow()
  if (again.effect === 'refuse') return reply(outcome.close(refusedOnTheWay(undertaking, again)))
  const given = [...permit.given.keys()]
  const hidden = gate.ownership.namesGiven.reserve(right.worker.name, given, TOLD_AFTER)
  const lent = gate.ownership.namesLent.reserve(right.worker.name, own)
  try {
    for (const [name, image] of permit.given) {
      if (call.gone.isOver) return reply(outcome.close(errorReply(503, 'the client went away')))
      const { minor } = connected.facts
      const named = await giveInTurn(gate, right, minor, known, image, [name], [])
      outcome.add(named.changes)
      const [failed] = named.failed
      if (failed !== undefined) return reply(outcome.close(errorReply(409, failed)))
    }
    const sent = await send(undertaking, permit)
    if (sent.kind !== 'stream') return reply(sent)
    const { body, over } = heldBack(sent.body, () => takeNames(undertaking, permit).then(() => undefined))
    reply({ ...sent, body })
    await over
  } finally {
    // What can't be taken back stays hidden.
    if (await takeNames(undertaking, permit).catch(notTaken)) hidden()
    lent()
  }
}

/** A body whose end is told when something was done; that is done too where its reader leaves. */
function heldBack(body: Readable, work: () => Promise<void>) {
  const over = Promise.withResolvers<void>()
  const held = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk),
    flush: (done) =>
      void work()
        .catch(warnOf('taking a name back after a push'))
        .finally(() => done()),
  })
  body.once('error', (cause) => held.destroy(cause))
  held.once('close', () => {
    body.destroy()
    over.resolve()
  })
  return { body: body.pipe(held), over: over.promise }
}

/** Takes the names back, whatever policy is in force by then. Resolves with whether all are gone; what is not stays the worker's. */
async function takeNames(
  { call: { gate, connected }, right }: Undertaking,
  { given }: PushPermit,
): Promise<boolean> {
  const never = () => new Ending()
  const standing = { inForce: true, renew: () => Promise.resolve(), untilEnded: never, untilGone: never }
  const engine = gate.engineFor(standing)
  const { name: worker } = right.worker
  for (const [name, image] of given) await takeName(gate, engine, connected.facts.minor, worker, name, image)
  return [...given].every(([name, image]) => !gate.ownership.ownsTag(worker, name, image))
}
