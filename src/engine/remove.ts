/** Removes what the gate made, or a worker owns, by a request of the gate's own. */
import { apiPath, plainRequest, type Parameters } from './encoded.ts'
import type { CallEngine } from './call-engine.ts'
import { readWhole } from './engine.ts'

const LIMIT = 60_000
const LARGEST_ANSWER = 2 ** 20

/** Whether the engine removed it; it keeps what is in use. @throws {EngineUnavailable} */
export async function remove(
  engine: CallEngine,
  minor: number,
  path: readonly [kind: 'containers' | 'images' | 'networks' | 'volumes', id: string],
  query: Parameters = {},
): Promise<boolean> {
  const answer = await engine.send(plainRequest('DELETE', apiPath(minor, path, query)), LIMIT)
  await readWhole(answer, LARGEST_ANSWER)
  return (answer.statusCode ?? 500) < 400
}

/**
 * Removes images that had a step upon them, from the nearest one on, up to one that is still needed.
 * @param ids the nearest first. @returns those that are gone. @throws {EngineUnavailable}
 */
export async function removeParents(
  engine: CallEngine,
  minor: number,
  ids: readonly string[],
): Promise<readonly string[]> {
  const gone: string[] = []
  for (const id of ids) {
    if (!(await remove(engine, minor, ['images', id], { noprune: true }))) break
    gone.push(id)
  }
  return gone
}
