/** Containers, volumes and networks, where one request to the engine is not all of it. */
import type { ContainerRestart } from '../decode/operations/container.ts'
import { volume as toldVolume } from '../filter/answers/volume.ts'
import { notAfterAll } from '../filter/refusal.ts'
import { viewOf } from '../filter/view.ts'
import { givenHostname, inspectContainer } from '../engine/questions/containers.ts'
import { remove } from '../engine/questions/remove.ts'
import { errorReply, jsonReply, type Reply } from '../engine/reply.ts'
import { PinError } from '../host/pins.ts'
import { hostnameViolation } from '../decide/create/network.ts'
import { asStop, stoppingWithin } from '../decide/derived.ts'
import { unplannedLabels } from '../decide/labels.ts'
import { spaceOf } from '../policy/space.ts'
import { refuse, refuseAll } from '../decide/refuse.ts'
import type {
  ContainerPermit,
  CreatePermit,
  NetworkMemberPermit,
  VolumeCreatePermit,
  VolumePermit,
} from '../decide/verdict.ts'
import { noSuchVolume } from '../decide/volume.ts'
import { holdBinds } from './binds.ts'
import {
  forgetVolume,
  isOwnVolume,
  ownVolumes,
  statusOfVolume,
  swappedVolume,
  takeUnnamed,
} from './create-volumes.ts'
import { listOf, objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { markOf } from '../shared/labels.ts'
import type { Change } from '../record/store.ts'
import { exchange, refusedOnTheWay, send, type Undertaking } from './exchange.ts'

/** A container is made when its volumes are the worker's and its bind sources are held fast. */
export async function create(undertaking: Undertaking, permit: CreatePermit): Promise<Reply> {
  const { call, right, claims, outcome } = undertaking
  const { gate, connected } = call
  const { minor, podman } = connected.facts
  const { name } = right.worker
  const made = (changes: readonly Change[]) => outcome.add(changes)
  const volumes = await ownVolumes(gate, right, minor, permit.plan, claims, made)
  if ('status' in volumes) return outcome.close(notAfterAll(volumes, right.record?.id ?? '', name))
  try {
    await right.renew()
    await using roots = gate.bindRoots.share()
    const nonce = claims.object?.nonce ?? ''
    const held = await holdBinds(gate, roots, permit, name, nonce, podman)
    outcome.plan(held.permit)
    if (held.places.size > 0) outcome.add([gate.made.hold(nonce, held.places)])
    const reply = await exchange(undertaking, held.permit)
    const id = madeContainer(reply)
    if (id === undefined) return await outcome.close(reply)
    const inspected = objectOf(await inspectContainer(right.engine, minor, id))
    const unplanned = await labelsOfAnother(undertaking, permit, id, inspected)
    if (unplanned !== undefined) return await outcome.close(unplanned)
    const swapped = await swappedVolume(gate, right, minor, permit.plan, volumes, made)
    if (swapped === undefined) {
      outcome.add(await takeUnnamed(gate, right, minor, inspected))
      return warned(await outcome.close(reply), permit.plan.warnings)
    }
    await remove(right.engine, minor, ['containers', id], { force: true, v: true })
    return await outcome.close(notAfterAll(swapped, right.record?.id ?? '', name))
  } catch (cause) {
    if (!(cause instanceof PinError)) throw cause
    const refusal = refuse('run', 'run.binds', 'a bind mount', { why: cause.message })
    return outcome.close(refusedOnTheWay(undertaking, refusal))
  }
}

/** Seconds that an engine may wait in a restart which it does as a whole. */
const LONGEST_WHOLE = 10

/**
 * An engine begins a container again at the end of a stop that may take ten minutes, and does so whoever has gone meanwhile (moby,
 * daemon/restart.go). So the gate stops it first: whether it may begin is decided when it has stopped. One that is removed
 * when it stops would be gone by then: an engine restarts it as a whole, and waits no longer than it does by itself.
 */
export async function restart(
  undertaking: Undertaking,
  permit: ContainerPermit,
  operation: ContainerRestart,
): Promise<Reply> {
  const { right, call, outcome } = undertaking
  const known = await inspectContainer(right.engine, call.connected.facts.minor, permit.container.id)
  const { t } = operation.parameters
  const begin = (seconds: number): ContainerPermit => stoppingWithin(permit, operation, seconds)
  if (objectOf(known?.['HostConfig'])['AutoRemove'] === true) {
    const usual = Number(objectOf(known?.['Config'])['StopTimeout'] ?? LONGEST_WHOLE)
    return send(undertaking, begin(Math.min(t ?? usual, LONGEST_WHOLE)))
  }
  const stopped = await exchange(undertaking, asStop(permit, operation))
  if (stopped.kind !== 'whole' || stopped.status >= 400) return outcome.close(stopped)
  return send(undertaking, begin(0))
}

/** A name can be another image's by the time that an engine looks for it, with other labels: then the container is removed. */
async function labelsOfAnother(
  { call, right }: Undertaking,
  { plan }: CreatePermit,
  id: string,
  inspected: Unknown,
): Promise<Reply | undefined> {
  const { minor } = call.connected.facts
  const { worker } = right
  const found = objectOf(objectOf(inspected['Config'])['Labels'])
  const labels = unplannedLabels(plan.labels, found, worker.docker.run, spaceOf(worker).prefix !== '')
  if (labels.length === 0) return undefined
  await remove(right.engine, minor, ['containers', id], { force: true, v: true })
  return errorReply(409, `the image became another one meanwhile, with labels that act: ${labels.join(', ')}`)
}

/** A reply that warns of more than the engine does. */
export function warned(reply: Reply, warnings: readonly string[]): Reply {
  if (warnings.length === 0 || reply.kind !== 'whole') return reply
  const told = objectOf(JSON.parse(reply.body.toString()))
  return jsonReply(reply.status, { ...told, Warnings: [...listOf(told['Warnings']), ...warnings] })
}

/** The id of the container that a reply tells of. */
function madeContainer(reply: Reply): string | undefined {
  if (reply.kind !== 'whole' || reply.status !== 201) return undefined
  return textOf(objectOf(JSON.parse(reply.body.toString()))['Id'])
}

/** An engine answers with the volume that is there, if one is: somebody else's is not shown. */
export async function createVolume(undertaking: Undertaking, permit: VolumeCreatePermit): Promise<Reply> {
  const { call, right, outcome } = undertaking
  const reply = await exchange(undertaking, permit)
  if (reply.kind !== 'whole' || reply.status !== 201) return outcome.close(reply)
  const made = objectOf(JSON.parse(reply.body.toString()))
  const { Name, Labels } = made
  const claim = markOf(objectOf(Labels))
  const { name } = right.worker
  if (isOwnVolume(call.gate, name, textOf(Name), claim)) {
    await outcome.close(reply)
    return jsonReply(reply.status, toldVolume.read(made, viewOf(call.gate, right)))
  }
  const taken = { name: textOf(Name), status: 403 }
  return outcome.close(notAfterAll(taken, right.record?.id ?? '', name))
}

/** A removal goes by the name: it is sent only while that still is the volume which was decided on. */
export async function onVolume(undertaking: Undertaking, permit: VolumePermit): Promise<Reply> {
  const { call, right, outcome } = undertaking
  const { kind, volume } = permit.operation
  if (kind === 'volume.inspect') return send(undertaking, permit)
  const { gate, connected } = call
  const owned = gate.ownership.get('volume', volume)
  if (owned?.worker !== right.worker.name) return outcome.close(errorReply(404, noSuchVolume(volume)))
  const status = await statusOfVolume(right.engine, connected.facts.minor, owned)
  if (status === 404) {
    const change = gate.ownership.forgetSame(owned)
    if (change !== undefined) outcome.add([change])
    return outcome.close(errorReply(404, noSuchVolume(volume)))
  }
  if (status !== 200)
    return outcome.close(errorReply(status, `the engine does not tell whose the volume ${volume} is`))
  const reply = await exchange(undertaking, permit)
  if (reply.kind === 'whole' && reply.status < 400) outcome.add(forgetVolume(gate, owned))
  return outcome.close(reply)
}

/** A container with a host name of its choice joins no network of the operator's. */
export async function joinOrLeave(undertaking: Undertaking, permit: NetworkMemberPermit): Promise<Reply> {
  const { call, right, outcome } = undertaking
  const { operation, network, container } = permit
  if (operation.kind === 'network.connect' && network.owner === 'operator') {
    const hostname = await givenHostname(right.engine, call.connected.facts.minor, container.id)
    if (hostname !== undefined) {
      const refusal = refuseAll('network connect', [hostnameViolation(hostname, network.name)])
      return outcome.close(refusedOnTheWay(undertaking, refusal))
    }
  }
  return send(undertaking, permit)
}
