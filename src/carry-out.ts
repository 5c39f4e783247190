/** The second half of the way: what was permitted and recorded is done, filtered, settled and recorded again. */
import { pipeline as joinStreams, type Readable } from 'node:stream'
import type { DecisionEntry } from './audit/entry.ts'
import type { Decoded } from './decode/operation.ts'
import { filterAnswer } from './filter/answer.ts'
import { notAfterAll, refusalReply } from './filter/refusal.ts'
import { countsOf, viewOf } from './filter/view.ts'
import { BuildContext } from './forward/build-context.ts'
import { unpacked, type CheckedArchive } from './forward/checked-archive.ts'
import { givenHostname } from './forward/containers.ts'
import { forward } from './forward/forward.ts'
import { remove, removeParents } from './forward/remove.ts'
import { ImageArchive, type ArchivedImage } from './forward/image-archive.ts'
import { errorReply, jsonReply, type Reply } from './forward/reply.ts'
import type { Gate } from './gate.ts'
import { PinError } from './host/pins.ts'
import type { Caller } from './identify/caller.ts'
import type { WorkerPolicy } from './policy/policy.ts'
import { decide } from './policy/decide.ts'
import { hostnameViolation } from './policy/create/network.ts'
import { refuse, refuseAll } from './policy/refuse.ts'
import { checkLoadedNames } from './policy/image-transfer.ts'
import type {
  BuildPermit,
  CreatePermit,
  ImagePermit,
  LoadPermit,
  NetworkMemberPermit,
  Permit,
  TagPermit,
  VolumeCreatePermit,
  VolumePermit,
} from './policy/verdict.ts'
import { noSuchVolume } from './policy/volume.ts'
import type { Connected } from './resolve/feed.ts'
import { ownersOfNames } from './resolve/images.ts'
import { resolve, type HostPaths } from './resolve/resolve.ts'
import type { Sendable } from './rewrite/rewrite.ts'
import { holdBinds } from './settle/binds.ts'
import { bringsImages } from './settle/bringing.ts'
import { BuildImages, PullFailed } from './settle/build-images.ts'
import type { Claims } from './settle/claims.ts'
import { NewImages } from './settle/images.ts'
import { claimLoaded, storedNames } from './settle/load.ts'
import { giveNames } from './settle/names.ts'
import { Outcome } from './settle/outcome.ts'
import { prune } from './settle/prune.ts'
import { forgetVolume, isOwnVolume, ownVolumes, statusOfVolume, swappedVolume } from './settle/volumes.ts'
import { listOf, objectOf, textOf } from './shared/json-value.ts'
import { CLAIM_LABEL, WORKER_LABEL } from './shared/labels.ts'
import type { Change } from './store/store.ts'

/** What every stage of one call works on. */
export interface Call {
  readonly gate: Gate
  readonly caller: Caller
  readonly worker: WorkerPolicy
  readonly connected: Connected
  readonly decoded: Decoded
  /** A body that is passed on as it comes. */
  readonly content: Readable | undefined
  /** Ends the call when its client goes away. */
  readonly signal: AbortSignal
}

/** A permit on its way, with what its decision has set up. */
interface Undertaking {
  readonly call: Call
  readonly record: DecisionEntry | undefined
  readonly claims: Claims
  readonly outcome: Outcome
}

/** Operations on images tell no paths of the host. */
const NO_PATHS: HostPaths = new Map()

/** Does what a permit stands for. The outcome is on record whichever way it ends. @throws {EngineUnavailable} */
export async function carryOut(
  call: Call,
  permit: Permit,
  record: DecisionEntry | undefined,
  claims: Claims,
): Promise<Reply> {
  const { gate, worker, connected } = call
  const give = (image: string, names: readonly string[], changes: readonly Change[]) =>
    giveNames(gate, worker, connected.facts.minor, image, names, changes)
  const images = bringsImages(permit) ? await NewImages.before(gate, worker.name, permit, give) : undefined
  const outcome = new Outcome(gate, worker.name, permit, record, claims, images)
  const undertaking = { call, record, claims, outcome }
  try {
    switch (permit.on) {
      case 'prune': {
        const removed = (id: string, changes: readonly Change[]): void => {
          outcome.concerns(id)
          outcome.add(changes)
        }
        const { minor } = connected.facts
        return await outcome.close(await prune(gate, worker.name, minor, permit, removed))
      }
      case 'create':
        return await create(undertaking, permit)
      case 'volume create':
        return await createVolume(undertaking, permit)
      case 'volume':
        return await onVolume(undertaking, permit)
      case 'network member':
        return await joinOrLeave(undertaking, permit)
      case 'image':
        return await onImage(undertaking, permit)
      case 'tag':
        return await tag(undertaking, permit)
      case 'build':
        return await build(undertaking, permit)
      case 'load':
        return await load(undertaking, permit)
      default:
        return await send(undertaking, permit, call.content)
    }
  } catch (cause) {
    outcome.broken(cause)
    throw cause
  }
}

/** Sends one request, and takes over what its answer tells. */
async function send(undertaking: Undertaking, permit: Sendable, content?: Readable): Promise<Reply> {
  return undertaking.outcome.close(await exchange(undertaking, permit, content))
}

/** Sends one request and filters its answer. */
async function exchange({ call, claims }: Undertaking, permit: Sendable, content?: Readable): Promise<Reply> {
  const { gate, worker, connected, decoded, signal } = call
  const { minor } = connected.facts
  const labels = { [CLAIM_LABEL]: claims.object?.nonce ?? '', [WORKER_LABEL]: worker.name }
  const sending = { clientMinor: decoded.minor ?? minor, engineMinor: minor, labels }
  const forwarded = await forward(gate.engine, permit, sending, signal, content)
  if ('hijacked' in forwarded) {
    return {
      kind: 'hijacked',
      connection: forwarded.hijacked,
      ...(permit.operation.kind === 'container.attach-ws' ? { webSocketKey: permit.operation.key } : {}),
    }
  }
  return filterAnswer(permit, forwarded.answer, viewOf(gate, worker), () => countsOf(gate, worker))
}

/** A container is made when its volumes are the worker's and its bind sources are held fast. */
async function create(undertaking: Undertaking, permit: CreatePermit): Promise<Reply> {
  const { call, record, claims, outcome } = undertaking
  const { gate, worker, connected } = call
  const { minor } = connected.facts
  const made = (changes: readonly Change[]) => outcome.add(changes)
  const volumes = await ownVolumes(gate, worker.name, minor, permit.plan, claims, made)
  if ('status' in volumes) return outcome.close(notAfterAll(volumes, record?.id ?? '', worker.name))
  try {
    const roots = worker.docker.run.binds.map(({ path }) => path)
    const held = await holdBinds(gate.pins, permit, claims.object?.nonce ?? '', roots)
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
    const refusal = refuse('run', 'run.binds', 'a bind mount below a root', { why: cause.message })
    return outcome.close(refusalReply(refusal, record?.id ?? '', worker.name))
  }
}

/** An engine answers with the volume that is there, if one is: somebody else's is not shown. */
async function createVolume(undertaking: Undertaking, permit: VolumeCreatePermit): Promise<Reply> {
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
async function onVolume(undertaking: Undertaking, permit: VolumePermit): Promise<Reply> {
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
async function joinOrLeave(undertaking: Undertaking, permit: NetworkMemberPermit): Promise<Reply> {
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

/**
 * Names of images are given and taken by one call after the other, each as it is decided by what is here then.
 * @param same gives what is decided now where it is about the same image
 */
function inTurn<Same extends ImagePermit | TagPermit>(
  { call, record, outcome }: Undertaking,
  same: (again: Permit) => Same | undefined,
  work: (permit: Same) => Promise<Reply>,
): Promise<Reply> {
  const { gate, worker, connected, decoded } = call
  return gate.imageTurns.run(async () => {
    await gate.feed.refreshImages()
    const facts = resolve(gate, worker, decoded.operation, connected.facts, NO_PATHS)
    const again = decide(worker, decoded, facts)
    if (again.effect === 'refuse') return outcome.close(refusalReply(again, record?.id ?? '', worker.name))
    const permit = same(again.permit)
    return permit === undefined
      ? outcome.close(errorReply(409, 'this became the name of another image meanwhile'))
      : work(permit)
  })
}

/** With an image go the own ones that it was built upon step by step, as an engine would do it. */
async function onImage(undertaking: Undertaking, permit: ImagePermit): Promise<Reply> {
  if (permit.operation.kind !== 'image.remove') return send(undertaking, permit)
  const { gate, connected } = undertaking.call
  const { outcome } = undertaking
  const same = (again: Permit): ImagePermit | undefined =>
    again.on === 'image' && again.image === permit.image && again.reference === permit.reference
      ? again
      : undefined
  return inTurn(undertaking, same, async (now) => {
    const removed: unknown[] = []
    for (const reference of now.names.length === 0 ? [now.reference] : now.names) {
      const reply = await exchange(undertaking, { ...now, reference })
      if (reply.kind === 'whole' && reply.status === 200)
        removed.push(...listOf(JSON.parse(reply.body.toString())))
      // A digest goes with the last tag of its repository.
      else if (removed.length === 0) return outcome.close(reply)
    }
    const parents = await removeParents(gate.engine, connected.facts.minor, now.parents)
    return outcome.close(jsonReply(200, [...removed, ...parents.map((Deleted) => ({ Deleted }))]))
  })
}

function tag(undertaking: Undertaking, permit: TagPermit): Promise<Reply> {
  const same = (again: Permit): TagPermit | undefined =>
    again.on === 'tag' && again.image === permit.image ? again : undefined
  return inTurn(undertaking, same, (now) => send(undertaking, now))
}

/** The id of the container that a reply tells of. */
function madeContainer(reply: Reply): string | undefined {
  if (reply.kind !== 'whole' || reply.status !== 201) return undefined
  return textOf(objectOf(JSON.parse(reply.body.toString()))['Id'])
}

/** A context reaches the engine whole only if its Dockerfile takes nothing from elsewhere, and nothing unseen. */
async function build(undertaking: Undertaking, permit: BuildPermit): Promise<Reply> {
  const { call, outcome } = undertaking
  const { gate, connected, signal } = call
  const about = {
    gate,
    worker: call.worker.name,
    minor: connected.facts.minor,
    signal,
    settled: (changes: readonly Change[]) => outcome.add(changes),
    pulled: (name: string) => outcome.concerns(`pulled ${name}`),
    begun: (ids: Iterable<string>) => outcome.buildUpon(ids),
  }
  const images = new BuildImages(about, permit)
  const context = new BuildContext(permit.operation.dockerfile, (dockerfile) => images.pin(dockerfile))
  try {
    return await sendChecked(undertaking, permit, context)
  } catch (cause) {
    if (context.errored instanceof PullFailed)
      return outcome.close(errorReply(context.errored.status, context.errored.message))
    throw cause
  } finally {
    // What was pulled is written with the outcome.
    await images.idle()
  }
}

/** An archive of images reaches the engine whole only if its names are the worker's to give. */
function load(undertaking: Undertaking, permit: LoadPermit): Promise<Reply> {
  const { gate, worker } = undertaking.call
  const check = async (images: readonly ArchivedImage[]) => {
    await gate.feed.refreshImages()
    const written = [...new Set(images.flatMap(({ names }) => names))]
    const violations = checkLoadedNames(worker.docker.run, written, ownersOfNames(gate, worker, written))
    if (violations.length > 0) return violations
    undertaking.outcome.atEnd(gate.ownership.namesGiven.keep(worker.name, storedNames(written)))
    const claims = claimLoaded(gate, worker.name, images)
    undertaking.outcome.expect(claims)
    await gate.keep(claims.map((claim) => ({ type: 'claim', claim })))
    return violations
  }
  return sendChecked(undertaking, permit, new ImageArchive(check))
}

/** Sends an archive that is checked on its way. */
async function sendChecked(
  undertaking: Undertaking,
  permit: BuildPermit | LoadPermit,
  archive: CheckedArchive,
): Promise<Reply> {
  const { call, record, outcome } = undertaking
  // What breaks here shows in the request that it is the body of.
  if (call.content === undefined) archive.end()
  else joinStreams(unpacked(call.content), archive, () => undefined)
  try {
    return await send(undertaking, permit, archive)
  } catch (cause) {
    if (archive.violations.length === 0) throw cause
    return outcome.close(
      refusalReply(refuseAll(permit.on, archive.violations), record?.id ?? '', call.worker.name),
    )
  }
}
