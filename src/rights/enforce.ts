/** Stops containers that do not fit the policy any more, on the operator's word. */
import { EngineUnavailable, type Engine } from '../engine/engine.ts'
import { restartNoMore, stopContainer } from '../engine/questions/containers.ts'
import type { Gate } from '../gate.ts'
import { findMisfits, type Misfit } from './misfits.ts'

export interface Stopped extends Misfit {
  /** Why it could not be stopped; empty where it was. */
  readonly failed: string
}

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
    const record = await recorder.openEnforced(misfit)
    // An engine that begins would start it again. One that is removed when it stops has no such policy, and takes none.
    const { status: updated } = await restartNoMore(engine, minor, misfit.id)
    const owned = updated < 400 ? ownership.get('container', misfit.id) : undefined
    const { status, message } = await stopContainer(engine, minor, misfit.id)
    recorder.close(record, status, message, '', owned === undefined ? [] : [made.doubt(owned.nonce)])
    stopped.push({ ...misfit, failed: status < 400 ? '' : message })
  }
  return stopped
}
