/** Named volumes of a new container: made by the gate before the container, so that it is certain whose they are. */
import { CLAIM_LABEL, WORKER_LABEL } from '../shared/labels.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import { apiPath, jsonRequest } from '../rewrite/encoded.ts'
import { readWhole, type Engine } from './engine.ts'

const LIMIT = 60_000
const LARGEST_ANSWER = 2 ** 20

/**
 * Makes a volume if it is not there. An engine answers the same for one that is: its labels tell which it was.
 * @returns the claim that the volume carries; another one than `claim` where it was there before
 * @throws {EngineUnavailable}
 */
export async function ensureVolume(
  engine: Engine,
  minor: number,
  volume: { readonly name: string; readonly worker: string; readonly claim: string },
): Promise<{ readonly status: number; readonly claim: string }> {
  const labels = { [CLAIM_LABEL]: volume.claim, [WORKER_LABEL]: volume.worker }
  const body = { Name: volume.name, Driver: 'local', Labels: labels }
  const answer = await engine.send(jsonRequest('POST', apiPath(minor, ['volumes', 'create']), body), LIMIT)
  const made = await readWhole(answer, LARGEST_ANSWER)
  if (answer.statusCode !== 201) return { status: answer.statusCode ?? 502, claim: '' }
  const found = objectOf(objectOf(JSON.parse(made.toString()))['Labels'])
  return { status: 201, claim: textOf(found[CLAIM_LABEL]) }
}
