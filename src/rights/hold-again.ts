/**
 * After a reboot: what the gate holds for containers lies in /run and is gone. It is held again from the paths that it was found by,
 * as far as the policy in force has them; what an engine could not start meanwhile is started then.
 */
import { basename, dirname } from 'node:path'
import { EngineUnavailable, type Engine } from '../engine/engine.ts'
import { inspectContainer, startContainer } from '../engine/questions/containers.ts'
import type { Gate } from '../gate.ts'
import type { BindRoots } from '../host/bind-roots.ts'
import { PinError } from '../host/pins.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { findMisfits } from './misfits.ts'

type Tell = (message: string) => void

/** Holds what is missing, for all containers that are known. @param tell is told of what can't be held */
export async function holdAgain({ ownership, made, pins, bindRoots }: Gate, tell: Tell): Promise<void> {
  await using roots = bindRoots.share()
  for (const { nonce, name } of ownership.all('container'))
    for (const [place, path] of made.held(nonce)) {
      if (pins.originOf(place) !== undefined) continue
      await hold(pins, roots, place, path).catch((cause: unknown) => {
        if (!(cause instanceof PinError)) throw cause
        tell(`the container ${name} misses ${path}: ${cause.message}`)
      })
    }
}

/** @throws {PinError} */
async function hold(pins: Gate['pins'], roots: BindRoots, place: string, path: string): Promise<void> {
  const [claim, index] = [basename(dirname(place)), Number(basename(place))]
  if (pins.placeOf(claim, index) !== place)
    throw new PinError('it was held by a gate with another state directory')
  const found = await roots.openSource(path)
  if (found === undefined) throw new PinError('it has become a root itself')
  try {
    await pins.pin(claim, index, path, found.found)
  } finally {
    await found.found.close()
  }
}

/**
 * Starts what the engine could not, as what the gate holds was missing. Each is on record before.
 * @param engine the gate's own @throws {EngineUnavailable | StoreUnavailable}
 */
export async function startAgain(gate: Gate, engine: Engine): Promise<void> {
  const minor = gate.feed.connected?.facts.minor
  if (minor === undefined) throw new EngineUnavailable('the engine is away')
  const { ownership, made, pins, inventory, recorder } = gate
  const missed = ownership.all('container').filter(({ id, nonce }) => {
    const places = [...made.held(nonce).keys()]
    const isHeld = places.length > 0 && places.every((place) => pins.originOf(place) !== undefined)
    return isHeld && inventory.container(id)?.running === false
  })
  if (missed.length === 0) return
  const misfits = new Set((await findMisfits(gate)).map(({ id }) => id))
  for (const { id, nonce, worker } of missed) {
    const places = [...made.held(nonce).keys()]
    const container = misfits.has(id) ? undefined : await inspectContainer(engine, minor, id)
    if (container === undefined || !wasMissed(container, places)) continue
    const reason = 'its folders were not held yet when the engine tried to'
    const record = await recorder.openStarted(worker, id, reason)
    const { status, message } = await startContainer(engine, minor, id)
    recorder.close(record, status, message, '', [])
  }
}

/** Whether an engine tried to start it by its restart policy, and missed one of these. */
function wasMissed({ State, HostConfig }: Unknown, places: readonly string[]): boolean {
  const policy = textOf(objectOf(objectOf(HostConfig)['RestartPolicy'])['Name'])
  const error = textOf(objectOf(State)['Error'])
  return !['', 'no'].includes(policy) && places.some((place) => error.includes(place))
}
