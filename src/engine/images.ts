/** What an engine has of one image, asked by the gate itself. */
import { apiPath, plainRequest } from './encoded.ts'
import { objectOf, type Unknown } from '../shared/json-value.ts'
import type { CallEngine } from './call-engine.ts'
import { EngineUnavailable, readWhole } from './engine.ts'

const LIMIT = 60_000
const LARGEST_ANSWER = 16 * 2 ** 20

/**
 * An image by a name in full or by its id; undefined where there is none.
 * @throws {EngineUnavailable} also where the engine can't tell
 */
export async function inspectImage(
  engine: Pick<CallEngine, 'send'>,
  minor: number,
  reference: string,
): Promise<Unknown | undefined> {
  const answer = await engine.send(plainRequest('GET', apiPath(minor, ['images', reference, 'json'])), LIMIT)
  const body = await readWhole(answer, LARGEST_ANSWER)
  if (answer.statusCode === 404) return undefined
  if (answer.statusCode !== 200)
    throw new EngineUnavailable(`the engine answers ${answer.statusCode} when it is asked for an image`)
  return objectOf(JSON.parse(body.toString()))
}
