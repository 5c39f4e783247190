/** Questions of the gate's own about networks. */
import { listOf, objectOf, type Unknown } from '../../shared/json-value.ts'
import { askJsonOrNothing } from '../ask.ts'
import type { Asker } from '../call-engine.ts'
import { apiPath, plainRequest } from '../encoded.ts'

const BOUNDS = { limit: 60_000, most: 64 * 2 ** 20 }

/** Networks that no container is on; none where the engine refuses. @throws {EngineUnavailable} */
export async function unusedNetworks(engine: Asker, minor: number): Promise<readonly Unknown[]> {
  const filters = new Map([['dangling', ['true']]])
  const request = plainRequest('GET', apiPath(minor, ['networks'], { filters }))
  return listOf(await askJsonOrNothing(engine, request, BOUNDS)).map(objectOf)
}
