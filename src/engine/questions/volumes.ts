/** Questions of the gate's own about volumes; it makes the named ones of a new container before that, so that it is certain whose they are. */
import { CLAIM_LABEL, markOf, WORKER_LABEL } from '../../shared/labels.ts'
import { listOf, objectOf, type Unknown } from '../../shared/json-value.ts'
import { apiPath, jsonRequest, plainRequest, type EncodedRequest } from '../encoded.ts'
import { ask, askJsonOrNothing } from '../ask.ts'
import type { Asker, CallEngine } from '../call-engine.ts'

const BOUNDS = { limit: 60_000, most: 2 ** 20 }
const OF_A_LIST = { limit: 60_000, most: 64 * 2 ** 20 }

export interface NewVolume {
  readonly name: string
  readonly worker: string
  /** Nonce of the claim under which it is made. */
  readonly claim: string
  /** The client's. */
  readonly labels: ReadonlyMap<string, string>
}

interface VolumeAnswer {
  readonly status: number
  /** What tells the volume from another of its name (markOf in shared/labels.ts). */
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
  return claimIn(engine, jsonRequest('POST', apiPath(minor, ['volumes', 'create']), body), 201)
}

/** What a volume carries at this moment, or that there is none of that name. @throws {EngineUnavailable} */
export function inspectVolume(engine: Asker, minor: number, name: string): Promise<VolumeAnswer> {
  return claimIn(engine, plainRequest('GET', apiPath(minor, ['volumes', name])), 200)
}

/** Volumes that no container has; none where the engine refuses. @throws {EngineUnavailable} */
export async function unusedVolumes(engine: Asker, minor: number): Promise<readonly Unknown[]> {
  const filters = new Map([['dangling', ['true']]])
  const request = plainRequest('GET', apiPath(minor, ['volumes'], { filters }))
  const { Volumes } = objectOf(await askJsonOrNothing(engine, request, OF_A_LIST))
  return listOf(Volumes).map(objectOf)
}

async function claimIn(engine: Asker, request: EncodedRequest, success: number): Promise<VolumeAnswer> {
  const { status, text } = await ask(engine, request, BOUNDS)
  if (status !== success) return { status, claim: '' }
  const labels = objectOf(objectOf(JSON.parse(text))['Labels'])
  return { status, claim: markOf(labels) }
}
