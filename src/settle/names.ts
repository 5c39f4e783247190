/**
 * Names for an image that a build, an import or a commit has made. The gate gives them itself, when the image is there: how long
 * that takes is the worker's to choose, and the operator can have given a name meanwhile.
 */
import { readWhole } from '../forward/engine.ts'
import type { Gate } from '../gate.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { ownersOfNames } from '../resolve/images.ts'
import { encodeTag } from '../rewrite/image.ts'

const LIMIT = 60_000
const LARGEST_ANSWER = 2 ** 20

/** What came of names. */
export interface Named {
  readonly given: readonly string[]
  /** Why others were not. */
  readonly failed: readonly string[]
}

/** Gives names to an image. @param image its id. @param names in full. @throws {EngineUnavailable} */
export async function giveNames(
  gate: Gate,
  worker: WorkerPolicy,
  minor: number,
  image: string,
  names: readonly string[],
): Promise<Named> {
  const given: string[] = []
  const failed: string[] = []
  await gate.feed.refreshImages()
  const owners = ownersOfNames(gate, worker, names)
  for (const name of names) {
    if (owners.get(name) === 'other') {
      failed.push(`${name} became the name of another image meanwhile, which is not this worker's`)
      continue
    }
    const answer = await gate.engine.send(encodeTag(image, name, minor), LIMIT)
    await readWhole(answer, LARGEST_ANSWER)
    if (answer.statusCode === 201) given.push(name)
    else failed.push(`${name} could not be given to the image`)
  }
  return { given, failed }
}
