/** The pruning of one image: its names first, one by one, so that it never takes with it one that somebody else gave. */
import type { CallEngine } from '../engine/call-engine.ts'
import { readWhole } from '../engine/engine.ts'
import { inspectImage } from '../engine/images.ts'
import { remove } from '../engine/remove.ts'
import { tagsFirst } from '../decide/image-names.ts'
import { apiPath, plainRequest } from '../engine/encoded.ts'
import { familiar } from '../encode/image.ts'
import { listOf } from '../shared/json-value.ts'

const LIMIT = 60_000
const LARGEST_LIST = 64 * 2 ** 20

/** Whether an image is gone that no container uses. @param names all that it has, in full. @throws {EngineUnavailable} */
export async function removeUnused(
  engine: CallEngine,
  minor: number,
  id: string,
  names: readonly string[],
): Promise<boolean> {
  // By its id an engine removes none that has several names; one in use would lose all but the last of them.
  if (names.length > 1 && (await isInUse(engine, minor, id))) return false
  for (const reference of names.length === 0 ? [id] : tagsFirst(names).map(familiar))
    // A digest goes with the last tag of its repository.
    if (!(await remove(engine, minor, ['images', reference], { noprune: true }))) break
  return (await inspectImage(engine, minor, id)) === undefined
}

async function isInUse(engine: CallEngine, minor: number, id: string): Promise<boolean> {
  const filters = new Map([['ancestor', [id]]])
  const path = apiPath(minor, ['containers', 'json'], { all: true, filters })
  const answer = await engine.send(plainRequest('GET', path), LIMIT)
  const body = await readWhole(answer, LARGEST_LIST)
  return answer.statusCode !== 200 || listOf(JSON.parse(body.toString())).length > 0
}
