/** Named volumes of a new container: made by the gate before the container, so that it is certain whose they are. */
import { CLAIM_LABEL, WORKER_LABEL } from '../shared/labels.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import { apiPath, jsonRequest, plainRequest, type EncodedRequest } from './encoded.ts'
import type { CallEngine } from './call-engine.ts'
import { readWhole } from './engine.ts'

const LIMIT = 60_000
const LARGEST_ANSWER = 2 ** 20

export interface NewVolume {
  readonly name: string
  readonly worker: string
  /** Nonce of the claim under which it is made. */
  readonly claim: string
  /** The client's. */
  readonly labels: ReadonlyMap<string, string>
}

/** For a call, or for what the gate asks itself. */
type Sender = Pick<CallEngine, 'send'>

interface VolumeAnswer {
  readonly status: number
  readonly claim: string
}

/**
 * Makes a volume if it is not there. An engine answers the same for one that is: its labels tell which it was.
 * @returns the claim that the volume carries; another one than `claim` where it was there before
 * @throws {EngineUnavailable}
 */
export async function ensureVolume(
  engine: CallEngine,
  minor: number,
  volume: NewVolume,
): Promise<VolumeAnswer> {
  const labels = {
    ...Object.fromEntries(volume.labels),
    [CLAIM_LABEL]: volume.claim,
    [WORKER_LABEL]: volume.worker,
  }
  const body = { Name: volume.name, Driver: 'local', Labels: labels }
  return ask(engine, jsonRequest('POST', apiPath(minor, ['volumes', 'create']), body), 201)
}

/** What a volume carries at this moment, or that there is none of that name. @throws {EngineUnavailable} */
export function inspectVolume(engine: Sender, minor: number, name: string): Promise<VolumeAnswer> {
  return ask(engine, plainRequest('GET', apiPath(minor, ['volumes', name])), 200)
}

async function ask(engine: Sender, request: EncodedRequest, success: number): Promise<VolumeAnswer> {
  const answer = await engine.send(request, LIMIT)
  const body = await readWhole(answer, LARGEST_ANSWER)
  const status = answer.statusCode ?? 502
  if (status !== success) return { status, claim: '' }
  const labels = objectOf(objectOf(JSON.parse(body.toString()))['Labels'])
  return { status, claim: textOf(labels[CLAIM_LABEL]) }
}
