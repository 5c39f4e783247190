/** The second half of the way: what was permitted and recorded is done, filtered, settled and recorded again. */
import type { Reply } from '../engine/reply.ts'
import type { ContainerPermit, Permit } from '../decide/verdict.ts'
import type { Call } from '../rights/decision.ts'
import type { Right } from '../rights/right.ts'
import { bringsImages } from '../settle/bringing.ts'
import type { Claims } from '../settle/claims.ts'
import { NewImages } from '../settle/images.ts'
import { giveNames } from './names.ts'
import { Outcome } from '../settle/outcome.ts'
import { prune } from './prune.ts'
import type { Change } from '../record/store.ts'
import { build, load, putFiles } from './archives.ts'
import { create, createVolume, joinOrLeave, onVolume, restart } from './containers.ts'
import { send, type Undertaking } from './exchange.ts'
import { onImage, tag } from './image-names.ts'

/** Does what a permit stands for. The outcome is on record whichever way it ends. @throws {EngineUnavailable} */
export async function carryOut(call: Call, permit: Permit, right: Right, claims: Claims): Promise<Reply> {
  const { gate, connected } = call
  const give = (image: string, names: readonly string[], changes: readonly Change[]) =>
    giveNames(gate, right, connected.facts.minor, image, names, changes)
  const outcome = new Outcome(gate, right, permit, claims)
  const undertaking = { call, right, claims, outcome }
  try {
    if (bringsImages(permit)) outcome.brings(await NewImages.before(gate, right.worker.name, permit, give))
    switch (permit.on) {
      case 'prune': {
        const removed = (id: string, changes: readonly Change[]): void => {
          outcome.concerns(id)
          outcome.add(changes)
        }
        const { minor } = connected.facts
        return await outcome.close(await prune(gate, right, minor, permit, removed))
      }
      case 'container':
        return await onContainer(undertaking, permit)
      case 'import':
        return await putFiles(undertaking, permit)
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
      case 'commit':
      case 'engine':
      case 'exec':
      case 'exec create':
      case 'list':
      case 'network':
      case 'network create':
      case 'pull':
      case 'push':
      case 'save':
      case 'search':
      case 'update':
        return await send(undertaking, permit, call.content)
    }
  } catch (cause) {
    outcome.broken(cause)
    throw cause
  }
}

function onContainer(undertaking: Undertaking, permit: ContainerPermit): Promise<Reply> {
  switch (permit.operation.kind) {
    case 'container.restart':
      return restart(undertaking, permit, permit.operation)
    case 'container.archive-put':
      return putFiles(undertaking, permit)
    default:
      return send(undertaking, permit, undertaking.call.content)
  }
}
