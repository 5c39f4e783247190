/** Containers, volumes and networks, where one request to the engine is not all of it. */
import { notAfterAll, refusalReply } from '../filter/refusal.ts'
import { givenHostname } from '../forward/containers.ts'
import { remove } from '../forward/remove.ts'
import { errorReply, type Reply } from '../forward/reply.ts'
import { PinError } from '../host/pins.ts'
import { hostnameViolation } from '../policy/create/network.ts'
import { refuse, refuseAll } from '../policy/refuse.ts'
import type {
  CreatePermit,
  NetworkMemberPermit,
  VolumeCreatePermit,
  VolumePermit,
} from '../policy/verdict.ts'
import { noSuchVolume } from '../policy/volume.ts'
import { holdBinds } from '../settle/binds.ts'
import { forgetVolume, isOwnVolume, ownVolumes, statusOfVolume, swappedVolume } from '../settle/volumes.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import type { Change } from '../store/store.ts'
import { exchange, send, type Undertaking } from './exchange.ts'

/** A container is made when its volumes are the worker's and its bind sources are held fast. */
export async function create(undertaking: Undertaking, permit: CreatePermit): Promise<Reply> {
  const { call, record, claims, outcome } = undertaking
  const { gate, worker, connected } = call
  const { minor } = connected.facts
  const made = (changes: readonly Change[]) => outcome.add(changes)
  const volumes = await ownVolumes(gate, worker.name, minor, permit.plan, claims, made)
  if ('status' in volumes) return outcome.close(notAfterAll(volumes, record?.id ?? '', worker.name))
  try {
    await using roots = gate.bindRoots.share()
    const held = await holdBinds(gate.pins, roots, permit, claims.object?.nonce ?? '')
    outcome.plan(held)
    const reply = await exchange(undertaking, held)
    const id = madeContainer(reply)
    if (id === undefined) return await outcome.close(reply)
    const swapped = await swappedVolume(gate, worker.name, minor, permit.plan, volumes, made)
    if (swapped === undefined) return await outcome.close(reply)
    await remove(gate.engine, minor, ['containers', id], { force: true, v: true })
    return await outcome.close(notAfterAll(swapped, record?.id ?? '', worker.name))
  } catch (cause) {
    if (!(cause instanceof PinError)) throw cause
    const refusal = refuse('run', 'run.binds', 'a bind mount', { why: cause.message })
    return outcome.close(refusalReply(refusal, record?.id ?? '', worker.name))
  }
}

/** The id of the container that a reply tells of. */
function madeContainer(reply: Reply): string | undefined {
  if (reply.kind !== 'whole' || reply.status !== 201) return undefined
  return textOf(objectOf(JSON.parse(reply.body.toString()))['Id'])
}

/** An engine answers with the volume that is there, if one is: somebody else's is not shown. */
export async function createVolume(undertaking: Undertaking, permit: VolumeCreatePermit): Promise<Reply> {
  const { call, record, outcome } = undertaking
  const reply = await exchange(undertaking, permit)
  if (reply.kind !== 'whole' || reply.status !== 201) return outcome.close(reply)
  const { Name, Labels } = objectOf(JSON.parse(reply.body.toString()))
  const claim = textOf(objectOf(Labels)[CLAIM_LABEL])
  if (isOwnVolume(call.gate, call.worker.name, textOf(Name), claim)) return outcome.close(reply)
  const taken = { name: textOf(Name), status: 403 }
  return outcome.close(notAfterAll(taken, record?.id ?? '', call.worker.name))
}

/** A removal goes by the name: it is sent only while that still is the volume which was decided on. */
export async function onVolume(undertaking: Undertaking, permit: VolumePermit): Promise<Reply> {
  const { call, outcome } = undertaking
  const { kind, volume } = permit.operation
  if (kind === 'volume.inspect') return send(undertaking, permit)
  const { gate, worker, connected } = call
  const owned = gate.ownership.get('volume', volume)
  if (owned?.worker !== worker.name) return outcome.close(errorReply(404, noSuchVolume(volume)))
  const status = await statusOfVolume(gate, connected.facts.minor, owned)
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
  const { call, record, outcome } = undertaking
  const { operation, network, container } = permit
  if (operation.kind === 'network.connect' && network.owner === 'operator') {
    const hostname = await givenHostname(call.gate.engine, call.connected.facts.minor, container.id)
    if (hostname !== undefined) {
      const refusal = refuseAll('network connect', [hostnameViolation(hostname, network.name)])
      return outcome.close(refusalReply(refusal, record?.id ?? '', call.worker.name))
    }
  }
  return send(undertaking, permit)
}
