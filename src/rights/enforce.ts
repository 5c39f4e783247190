/** Stops containers that do not fit the policy any more, on the operator's word. */
import { EngineUnavailable, readWhole, type Engine } from '../engine/engine.ts'
import type { Gate } from '../gate.ts'
import { apiPath, jsonRequest, plainRequest, type EncodedRequest } from '../engine/encoded.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import { findMisfits, type Misfit } from './misfits.ts'

export interface Stopped extends Misfit {
  /** Why it could not be stopped; empty where it was. */
  readonly failed: string
}

/** Until a container is stopped, which may take as long as it asks for. */
const LIMIT = 11 * 60_000
const LARGEST_ANSWER = 2 ** 20

/**
 * Stops those that run, one after the other; nothing is removed. Each is on record before.
 * @param engine the gate's own @throws {EngineUnavailable | StoreUnavailable}
 */
export async function enforce(gate: Gate, engine: Engine): Promise<readonly Stopped[]> {
  const { recorder, ownership, made } = gate
  const minor = gate.feed.connected?.facts.minor
  if (minor === undefined) throw new EngineUnavailable('the engine is away')
  const stopped: Stopped[] = []
  for (const misfit of await findMisfits(gate)) {
    if (!misfit.running) continue
    const path = (word: string): string => apiPath(minor, ['containers', misfit.id, word])
    const record = await recorder.openEnforced(misfit)
    // An engine that begins would start it again. One that is removed when it stops has no such policy, and takes none.
    const noMore = jsonRequest('POST', path('update'), { RestartPolicy: { Name: 'no' } })
    const { status: updated } = await ask(engine, noMore)
    const owned = updated < 400 ? ownership.get('container', misfit.id) : undefined
    const { status, message } = await ask(engine, plainRequest('POST', path('stop')))
    recorder.close(record, status, message, '', owned === undefined ? [] : [made.doubt(owned.nonce)])
    stopped.push({ ...misfit, failed: status < 400 ? '' : message })
  }
  return stopped
}

/** @returns the engine's status, and its message where it failed */
async function ask(
  engine: Engine,
  request: EncodedRequest,
): Promise<{ readonly status: number; readonly message: string }> {
  const answer = await engine.send(request, LIMIT)
  const body = (await readWhole(answer, LARGEST_ANSWER)).toString()
  const status = answer.statusCode ?? 502
  return { status, message: status < 400 ? '' : textOf(objectOf(JSON.parse(body))['message']) }
}
