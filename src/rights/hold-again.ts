/**
 * After a reboot: what the gate holds for containers lies in /run and is gone. It is held again from the paths that it was found by, as
 * far as the policy in force gives them to whose container it is; what an engine could not start meanwhile is started then.
 */
import { basename, dirname } from 'node:path'
import { EngineUnavailable, type Engine } from '../engine/engine.ts'
import { inspectContainer, startContainer } from '../engine/questions/containers.ts'
import type { Gate } from '../gate.ts'
import { BindRoots } from '../host/bind-roots.ts'
import { inTime } from '../host/in-time.ts'
import { PinError } from '../host/pins.ts'
import type { Owned } from '../record/store.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { sectionOf } from '../workers/roster.ts'
import { findMisfits } from './misfits.ts'

type Tell = (message: string) => void

/** Holds what is missing, for all containers that are known. @param tell is told of what can't be held */
export async function holdAgain(gate: Gate, tell: Tell): Promise<void> {
  const containers = gate.ownership.all('container')
  // A folder that does not answer keeps no other from being held.
  await Promise.all(
    containers.map(async (owned) => {
      const told = await inTime(holdAll(gate, owned, tell).then(() => true))
      if (told === undefined) tell(`the folders of the container ${owned.name} do not answer`)
    }),
  )
}

async function holdAll(gate: Gate, { nonce, name, worker }: Owned, tell: Tell): Promise<void> {
  for (const [place, { path, readOnly }] of gate.made.held(nonce)) {
    if (gate.pins.originOf(place) !== undefined) continue
    await hold(gate, worker, place, path, readOnly).catch((cause: unknown) =>
      tell(`the container ${name} misses ${path}: ${cause instanceof Error ? cause.message : String(cause)}`),
    )
  }
}

/** @throws {PinError} where it is not what its worker may mount */
async function hold(
  { pins, policy }: Gate,
  worker: string,
  place: string,
  path: string,
  readOnly: boolean,
): Promise<void> {
  const [claim, index] = [basename(dirname(place)), Number(basename(place))]
  if (pins.placeOf(claim, index) !== place)
    throw new PinError('it was held by a gate with another state directory')
  const section = policy.workers.find(({ name }) => name === sectionOf(worker))
  if (section === undefined) throw new PinError('no worker of the policy has it')
  const { docker } = section
  const binds = docker.run.binds.filter(({ mode }) => readOnly || mode === 'rw')
  const own = { ...section, docker: { ...docker, run: { ...docker.run, binds } } }
  await using roots = await BindRoots.open({ ...policy, workers: [own] }, () => undefined)
  const found = await roots.openSource(path)
  if (found === undefined) throw new PinError('it has become a root itself')
  try {
    await pins.pin(claim, index, path, found.found)
  } finally {
    await found.found.close()
  }
}

const starting = new WeakSet<Gate>()

/**
 * Starts what the engine could not, as what the gate holds was missing: containers of workers that are served. Each is decided on and on
 * record before.
 * @param engine the gate's own @throws {EngineUnavailable | StoreUnavailable}
 */
export async function startAgain(gate: Gate, engine: Engine): Promise<void> {
  if (starting.has(gate) || gate.feed.connected === undefined) return
  starting.add(gate)
  try {
    const served = new Set(gate.identities.map(({ name }) => name))
    for (const owned of gate.ownership.all('container'))
      if (served.has(owned.worker)) await startIfMissed(gate, engine, owned)
  } finally {
    starting.delete(gate)
  }
}

async function startIfMissed(gate: Gate, engine: Engine, { id, nonce, worker }: Owned): Promise<void> {
  const minor = gate.feed.connected?.facts.minor
  if (minor === undefined) throw new EngineUnavailable('the engine is away')
  const { made, pins, sockets, inventory, recorder } = gate
  const known = inventory.container(id)
  const own =
    known?.binds.flatMap(({ source }) => (sockets.workerAt(source) === worker ? [source] : [])) ?? []
  const places = [...made.held(nonce).keys(), ...own]
  const isHeld = (place: string): boolean => pins.originOf(place) !== undefined || sockets.isShown(place)
  if (places.length === 0 || !places.every(isHeld) || known?.running !== false) return
  const container = await inspectContainer(engine, minor, id)
  if (container === undefined || !wasMissed(container, places)) return
  const record = await recorder.openStarted(
    worker,
    id,
    'what it mounts was not held yet when the engine tried to',
  )
  // By the policy that is in force right before.
  const misfit = (await findMisfits(gate)).find((one) => one.id === id)
  const { status, message } =
    misfit === undefined ? await startContainer(engine, minor, id) : { status: 0, message: misfit.why }
  recorder.close(record, status, message, '', [])
}

/** Whether an engine tried to start it by its restart policy, and missed one of these: it may name no more than a directory on the way. */
function wasMissed({ State, HostConfig }: Unknown, places: readonly string[]): boolean {
  const policy = textOf(objectOf(objectOf(HostConfig)['RestartPolicy'])['Name'])
  const error = textOf(objectOf(State)['Error'])
  return (
    !['', 'no'].includes(policy) && places.some((place) => error.includes(dirname(dirname(dirname(place)))))
  )
}
