/** Removes what the gate made, or a worker owns, by a request of the gate's own. */
import { ask } from '../ask.ts'
import type { CallEngine } from '../call-engine.ts'
import { apiPath, plainRequest, type Parameters } from '../encoded.ts'

const BOUNDS = { limit: 60_000, most: 2 ** 20 }

/** Whether the engine removed it; it keeps what is in use. @throws {EngineUnavailable} */
export async function remove(
  engine: CallEngine,
  minor: number,
  path: readonly [kind: 'containers' | 'images' | 'networks' | 'volumes', id: string],
  query: Parameters = {},
): Promise<boolean> {
  const { status } = await ask(engine, plainRequest('DELETE', apiPath(minor, path, query)), BOUNDS)
  return status < 400
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
