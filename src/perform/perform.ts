/** The second half of the way: what was permitted and recorded is done, filtered, settled and recorded again. */
import { errorReply, type Reply } from '../engine/reply.ts'
import type { ContainerPermit, Permit } from '../decide/verdict.ts'
import { knownAnswer } from '../filter/known.ts'
import { viewOf } from '../filter/view.ts'
import { rename } from './rename.ts'
import type { DockerCall, DockerRight } from '../rights/docker-call.ts'
import { bringsImages } from '../settle/image-operations.ts'
import type { Claims } from '../settle/claims.ts'
import { NewImages } from '../settle/images.ts'
import { giveNames } from './names.ts'
import { Outcome } from '../settle/outcome.ts'
import { prune } from './prune.ts'
import { givePulled, pinned } from './pull.ts'
import { push } from './push.ts'
import type { Change } from '../record/store.ts'
import { build, load, putFiles } from './archives.ts'
import { create, createVolume, joinOrLeave, onVolume, restart, warned } from './containers.ts'
import { send, type Undertaking } from './exchange.ts'
import { onImage, tag } from './image-names.ts'

/**
 * Does what a permit stands for. The outcome is on record whichever way it ends, and the right is given back when nothing goes on
 * by it any more: with the reply, or at the end of one that goes on. @throws {EngineUnavailable}
 */
export async function perform(call: DockerCall, right: DockerRight, claims: Claims): Promise<Reply> {
  const outcome = new Outcome(call.gate, right, right.permit, claims)
  const decideNow = () => right.decideNow()
  try {
    const reply = await begin({ call, right, claims, outcome, decideNow })
    if (reply.kind === 'whole') right.release()
    else (reply.kind === 'stream' ? reply.body : reply.connection.socket).once('close', () => right.release())
    return reply
  } catch (cause) {
    outcome.broken(cause)
    throw cause
  }
}

/** Notes what is here before images come, and goes on. */
async function begin(undertaking: Undertaking): Promise<Reply> {
  const { call, right, outcome } = undertaking
  const { gate, connected } = call
  const { minor } = connected.facts
  const permit = right.permit.on === 'pull' ? await pinned(right, minor, right.permit) : right.permit
  if ('message' in permit) return outcome.close(errorReply(permit.status, permit.message))
  const give = (image: string, names: readonly string[], changes: readonly Change[]) =>
    permit.on === 'pull'
      ? givePulled(gate, right, minor, permit, image, changes)
      : giveNames(gate, right, minor, image, names, changes)
  if (bringsImages(permit)) outcome.brings(await NewImages.before(gate, right.worker.name, permit, give))
  return carryOut(undertaking, permit)
}

async function carryOut(undertaking: Undertaking, permit: Permit): Promise<Reply> {
  const { call, outcome } = undertaking
  switch (permit.on) {
    case 'prune':
      return prune(undertaking, permit, carryOut)
    case 'engine': {
      const known = knownAnswer(call.connected, permit, viewOf(call.gate, undertaking.right))
      return known === undefined ? send(undertaking, permit) : outcome.close(known)
    }
    case 'container':
      return onContainer(undertaking, permit)
    case 'import':
      return putFiles(undertaking, permit)
    case 'create':
      return create(undertaking, permit)
    case 'volume create':
      return createVolume(undertaking, permit)
    case 'volume':
      return onVolume(undertaking, permit)
    case 'network member':
      return joinOrLeave(undertaking, permit)
    case 'image':
      return onImage(undertaking, permit)
    case 'tag':
      return tag(undertaking, permit)
    case 'build':
      return build(undertaking, permit)
    case 'load':
      return load(undertaking, permit)
    case 'push':
      return push(undertaking, permit)
    case 'build connection':
    case 'frontend':
    case 'graph':
    case 'solve':
      // Their ways begin with a connection that is taken over (builds.ts).
      return outcome.close(errorReply(400, 'this endpoint needs Connection: Upgrade and Upgrade: h2c'))
    case 'commit':
    case 'container list':
    case 'exec':
    case 'exec create':
    case 'list':
    case 'network':
    case 'network create':
    case 'pull':
    case 'save':
    case 'search':
      return send(undertaking, permit, call.content)
    case 'update':
      return warned(await send(undertaking, permit), permit.warnings)
  }
}

function onContainer(undertaking: Undertaking, permit: ContainerPermit): Promise<Reply> {
  switch (permit.operation.kind) {
    case 'container.restart':
      return restart(undertaking, permit, permit.operation)
    case 'container.archive-put':
      return putFiles(undertaking, permit)
    case 'container.rename':
      return rename(undertaking, permit, permit.operation.parameters.name)
    case 'container.archive-get':
    case 'container.archive-stat':
    case 'container.attach':
    case 'container.attach-ws':
    case 'container.changes':
    case 'container.export':
    case 'container.inspect':
    case 'container.kill':
    case 'container.logs':
    case 'container.pause':
    case 'container.remove':
    case 'container.resize':
    case 'container.start':
    case 'container.stats':
    case 'container.stop':
    case 'container.top':
    case 'container.unpause':
    case 'container.wait':
      return send(undertaking, permit, undertaking.call.content)
  }
}
