/**
 * Names for an image that a build, an import, a commit or a pull has brought. The gate gives them itself, when the image is there: how
 * long that takes is the worker's to choose, and somebody else can have given a name meanwhile.
 */
import { familiar } from '../decode/reference.ts'
import { spaceOf } from '../policy/space.ts'
import type { CallEngine } from '../engine/call-engine.ts'
import { readWhole } from '../engine/engine.ts'
import { remove } from '../engine/questions/remove.ts'
import type { Gate } from '../gate.ts'
import { ownersOfNames } from '../resolve/images.ts'
import type { Images } from '../world/images.ts'
import { encodeTag } from '../encode/image.ts'
import type { DockerRight } from '../rights/docker-call.ts'
import type { Change, Claim } from '../record/store.ts'
import { NO_NAMES, tagged, type Named } from '../settle/named.ts'
import { NoTurn } from '../shared/keyed-turns.ts'

const LIMIT = 60_000
const LARGEST_ANSWER = 2 ** 20

/**
 * Gives names to an image. That they are the worker's is on disk before.
 * @param image its id. @param names in full. @param changes whose it is, written together with that
 * @throws {EngineUnavailable | StoreUnavailable}
 */
export function giveNames(
  gate: Gate,
  right: DockerRight,
  minor: number,
  image: string,
  names: readonly string[],
  changes: readonly Change[],
): Promise<Named> {
  const anew = (known: Images): Promise<Named> => giveInTurn(gate, right, minor, known, image, names, changes)
  const asKnown = async (): Promise<Named | undefined> => {
    const { images: space } = spaceOf(right.worker)
    const images = await gate.sight.whenKnown()
    // Only the worker gives these, and its calls come in turns.
    const isSure = images.get(image) !== undefined && names.every((name) => space.holds(name))
    return isSure ? anew({ images, ownership: gate.ownership }) : undefined
  }
  // Also where its client has left: the image is there.
  return gate.imageTurns.give(right.worker.name, names, image, { asKnown, anew }).catch((cause: unknown) => {
    if (!(cause instanceof NoTurn)) throw cause
    return { ...NO_NAMES, failed: [cause.message] }
  })
}

/** The same in a turn that is had. @param known what is there at its beginning. @throws {EngineUnavailable | StoreUnavailable} */
export async function giveInTurn(
  gate: Gate,
  right: DockerRight,
  minor: number,
  known: Images,
  image: string,
  names: readonly string[],
  changes: readonly Change[],
): Promise<Named> {
  await right.renew()
  const { worker } = right
  const owners = ownersOfNames(known, worker, names)
  const free = names.filter((name) => owners.get(name) !== 'other')
  const claims = free.map((name) => gate.ownership.claimTag(worker.name, name, image))
  try {
    await gate.persist([...changes, ...claims.map((claim) => ({ type: 'claim', claim }) as const)])
    const taken = names
      .filter((name) => !free.includes(name))
      .map((name) => `${name} became the name of another image meanwhile, which is not this worker's`)
    return await giveAll(gate, right, minor, claims, taken)
  } catch (cause) {
    for (const claim of claims) gate.ownership.doubt(claim)
    throw cause
  }
}

async function giveAll(
  gate: Gate,
  right: DockerRight,
  minor: number,
  claims: readonly Claim[],
  taken: readonly string[],
): Promise<Named> {
  const given: string[] = []
  const failed = [...taken]
  const changes: Change[] = []
  for (const claim of claims) {
    const answer = await right.engine.send(encodeTag(claim.name, claim.id, minor), LIMIT)
    await readWhole(answer, LARGEST_ANSWER)
    if (answer.statusCode === 201) {
      given.push(claim.id)
      changes.push(tagged(gate, claim))
    } else {
      failed.push(`${claim.id} could not be given to the image`)
      changes.push(gate.ownership.drop(claim))
    }
  }
  return { given, failed, changes }
}

/** Takes a name from an image, where it is the worker's. What does not go stays the worker's. @throws {EngineUnavailable | StoreUnavailable} */
export async function takeName(
  gate: Gate,
  engine: CallEngine,
  minor: number,
  worker: string,
  name: string,
  image: string,
): Promise<void> {
  if (!gate.ownership.ownsTag(worker, name, image)) return
  await remove(engine, minor, ['images', familiar(name)], { noprune: true })
  await gate.sight.look([name])
  const left = (await gate.sight.whenKnown()).named(name)
  const change = left?.id === image ? undefined : gate.ownership.forget('tag', name)
  if (change !== undefined) await gate.persist([change])
}
