/** The decision: a pure function of the policy, the operation and the facts. Everything that is not allowed is refused. */
import type { BuildOperation, Decoded, OnContainer, Supported } from '../decode/operation.ts'
import type { ContainerList } from '../decode/operations/container.ts'
import type { SystemEvents } from '../decode/operations/system.ts'
import type { Facts, Resolved } from '../resolve/facts.ts'
import type { Refusal } from '../shared/refusal.ts'
import { planCreate } from './create/plan.ts'
import { allow, grantedBy, instead } from './answers.ts'
import type { OtherKind } from '../policy/grants.ts'
import { decideContainer } from './container.ts'
import { decideNetwork, decideNetworkCreate } from './network.ts'
import { decideExec, decideExecUse } from './exec.ts'
import { decideBuildKit } from './buildkit/build.ts'
import { decideBuild } from './image-build.ts'
import { visibleIds } from './image-names.ts'
import { withRoom } from './image-room.ts'
import { decideImage, decidePull, imagePermit } from './image.ts'
import {
  decideImport,
  decideLoad,
  decidePush,
  decideSave,
  decideSearch,
  decideTag,
} from './image-transfer.ts'
import type { RunPolicy, WorkerPolicy } from '../policy/policy.ts'
import type { Terms } from './permit.ts'
import { notFound, refuse, refuseAll } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import { unlessVulnerable } from './vulnerable.ts'
import { decideVolume, decideVolumeCreate } from './volume.ts'
import type { ContainerListPermit, Permit, Verdict } from './verdict.ts'

/** Decides one operation of one worker. */
export function decide(
  worker: WorkerPolicy,
  { minor, findings }: Pick<Decoded, 'minor' | 'findings'>,
  asked: Resolved,
): Verdict {
  const { engine } = asked.facts
  const misfit = minor === undefined ? undefined : versionMisfit(minor, engine)
  if (misfit !== undefined)
    return { ...refuse('request', 'request.version', `API version 1.${minor}`, { why: misfit }), status: 400 }
  if (asked.kind === 'unsupported') {
    const { operation } = asked
    // docker inspect asks for a plugin last: what it says then is what it says of any name that nothing has.
    if (operation.endpoint === 'PluginInspect') return notFound(operation.words, 'plugin not found')
    const noSwarm = withoutSwarm(operation.endpoint)
    if (noSwarm !== undefined)
      return { ...refuse(operation.words, operation.words, noSwarm, { why: operation.why }), status: 503 }
    const refusal: Partial<Refusal> = {
      why: operation.why,
      instead: instead(worker, operation.words, operation.instead),
    }
    return refuse(operation.words, operation.words, operation.endpoint, refusal)
  }
  if (asked.kind === 'malformed') {
    const { operation } = asked
    return {
      ...refuse('request', 'request', operation.what, { why: operation.why }),
      status: operation.status,
    }
  }
  const verdict = withRoom(asked, unlessVulnerable(worker, asked, decideSupported(worker, asked)))
  if (findings.length === 0) return verdict
  const ungranted =
    verdict.effect === 'refuse' && (verdict.status === 404 || verdict.refusal.rule === 'docker.allow')
  if (ungranted) return verdict
  // What no policy lets through is told after what is not granted at all, and before what this policy does not let through.
  const found = findings.map((finding) => ({
    rule: `${verdict.subcommand}.fields`,
    what: finding.what,
    why: finding.why,
    instead: finding.instead === undefined ? [] : [finding.instead],
  }))
  return refuseAll(verdict.subcommand, [...found, ...(verdict.effect === 'refuse' ? [verdict.refusal] : [])])
}

/**
 * What an engine without swarm mode says where clients probe for it (moby, daemon/cluster): whether the operator's has it, nobody is
 * told. Undefined for all else.
 */
function withoutSwarm(endpoint: string): string | undefined {
  if (endpoint === 'SwarmLeave') return 'This node is not part of a swarm'
  const isOfManagers = /^(?:Config|Node|Secret|Service|Task)[A-Z]|^Swarm(?:Inspect|Unlockkey|Update)$/.test(
    endpoint,
  )
  const join = 'Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
  return isOfManagers ? `This node is not a swarm manager. ${join}` : undefined
}

/** What an engine says to a client whose version it does not speak, word for word (moby, daemon/server/middleware/version.go). */
function versionMisfit(
  minor: number,
  { oldest, minor: newest }: Pick<EngineFacts, 'oldest' | 'minor'>,
): string | undefined {
  if (minor > newest)
    return `client version 1.${minor} is too new. Maximum supported API version is 1.${newest}`
  if (minor >= oldest) return undefined
  return `client version 1.${minor} is too old. Minimum supported API version is 1.${oldest}, please upgrade your client to a newer version`
}

function decideSupported(worker: WorkerPolicy, asked: Resolved<Supported['kind']>): Verdict {
  if (isOnContainer(asked)) return decideOnContainer(worker, asked)
  return isOfBuildKit(asked) ? decideBuildKit(worker, asked) : decideOnOthers(worker, asked)
}

function isOnContainer(asked: Resolved): asked is Resolved<OnContainer['kind']> {
  return 'container' in asked.operation
}

/** Whoever adds another of these to what is decoded has to say here where it is decided. */
type OfBuildKit = Resolved<Exclude<Extract<Supported['kind'], `build.${string}`>, 'build.prune'>>

function isOfBuildKit(asked: Resolved): asked is OfBuildKit {
  return asked.kind !== 'build.prune' && asked.kind.startsWith('build.')
}

function decideOnContainer(worker: WorkerPolicy, asked: Resolved<OnContainer['kind']>): Verdict {
  switch (asked.kind) {
    case 'container.exec':
      return decideExec(worker, asked.operation, asked.facts)
    case 'network.connect':
    case 'network.disconnect':
      return grantedBy(worker, asked.kind, (word) => decideNetwork(worker.docker.run, word, asked))
    case 'container.archive-get':
    case 'container.archive-put':
    case 'container.archive-stat':
    case 'container.attach':
    case 'container.attach-ws':
    case 'container.changes':
    case 'container.commit':
    case 'container.export':
    case 'container.inspect':
    case 'container.kill':
    case 'container.logs':
    case 'container.pause':
    case 'container.remove':
    case 'container.rename':
    case 'container.resize':
    case 'container.restart':
    case 'container.start':
    case 'container.stats':
    case 'container.stop':
    case 'container.top':
    case 'container.unpause':
    case 'container.update':
    case 'container.wait':
      return decideContainer(worker, asked)
  }
}

function decideOnOthers(
  worker: WorkerPolicy,
  asked: Resolved<Exclude<Supported['kind'], OnContainer['kind'] | BuildOperation['kind']>>,
): Verdict {
  const { run } = worker.docker
  const { kind, operation, facts } = asked
  switch (kind) {
    case 'system.ping':
      return allow('ping', 'ping', { on: 'engine', operation })
    case 'plugin.list':
      return allow('plugin ls', 'ping', { on: 'engine', operation })
    case 'system.version':
    case 'system.info':
      return granted(worker, kind, () => ({ on: 'engine', operation }))
    case 'container.list':
      return granted(worker, kind, () => listPermit(run, operation, facts))
    case 'image.list':
    case 'network.list':
    case 'volume.list':
    case 'system.df':
      return granted(worker, kind, () => ({ on: 'list', operation }))
    case 'system.events':
      return grantedBy(worker, kind, (word) => decideEvents(word, operation, facts))
    case 'container.prune':
    case 'image.prune':
    case 'network.prune':
    case 'volume.prune':
    case 'build.prune':
      return granted(worker, kind, () => ({ on: 'prune', operation }))
    case 'network.create':
      return grantedBy(worker, kind, (word) => decideNetworkCreate(run, word, operation, facts))
    case 'network.inspect':
    case 'network.remove':
      return grantedBy(worker, kind, (word) => decideNetwork(run, word, asked))
    case 'volume.create':
      return grantedBy(worker, kind, (word) => decideVolumeCreate(run, word, operation, facts))
    case 'volume.inspect':
    case 'volume.remove':
      return grantedBy(worker, kind, (word) => decideVolume(word, operation, facts))
    case 'container.create':
      return grantedBy(worker, 'container.create', (word) => planCreate(run, word, operation, facts))
    case 'exec.start':
    case 'exec.inspect':
    case 'exec.resize':
      return decideExecUse(worker, asked)
    case 'image.build':
      return grantedBy(worker, 'image.build', (word) => decideBuild(run, word, operation, facts))
    case 'image.pull':
      return grantedBy(worker, 'image.pull', (word) => decidePull(run, word, operation, facts))
    case 'image.tag':
      return grantedBy(worker, 'image.tag', (word) => decideTag(run, word, operation, facts))
    case 'image.import':
      return grantedBy(worker, 'image.import', (word) => decideImport(run, word, operation, facts))
    case 'image.load':
      return grantedBy(worker, 'image.load', (word) => decideLoad(word, operation, facts))
    case 'image.push':
      return grantedBy(worker, 'image.push', (word) => decidePush(run, word, operation, facts))
    case 'image.save':
      return grantedBy(worker, 'image.save', (word) => decideSave(run, word, operation, facts))
    case 'image.search':
      return grantedBy(worker, 'image.search', (word) => decideSearch(run, word, operation))
    case 'image.inspect':
      // A right does not end at what its own answer names.
      return facts.image?.shown === true
        ? allow('inspect', 'docker.reach', imagePermit(operation, facts.image))
        : grantedBy(worker, kind, (word) => decideImage(run, word, operation, facts))
    case 'image.history':
    case 'image.remove':
      return grantedBy(worker, kind, (word) => decideImage(run, word, operation, facts))
  }
}

function listPermit(
  run: RunPolicy,
  operation: ContainerList,
  { reach, images }: Pick<Facts, 'reach' | 'images'>,
): Terms<ContainerListPermit> {
  const ancestors = visibleIds(run, operation.parameters.filters?.get('ancestor'), images)
  return { on: 'container list', operation, containers: reach, ancestors }
}

/** Streams of events that a worker may have open: each of them reads every event of the engine. */
const MOST_EVENT_STREAMS = 8

function decideEvents(
  word: Subcommand,
  operation: SystemEvents,
  { eventStreams }: Pick<Facts, 'eventStreams'>,
): Verdict {
  if (eventStreams < MOST_EVENT_STREAMS) return allow(word, 'docker.allow', { on: 'list', operation })
  return refuse(word, 'events.limits', `docker ${word}`, {
    why: `${MOST_EVENT_STREAMS} streams of events of this worker are open already`,
    instead: ['end one of them', '--until, for what has been'],
    retryable: true,
  })
}

function granted(worker: WorkerPolicy, kind: OtherKind, terms: () => Terms<Permit>): Verdict {
  return grantedBy(worker, kind, (word) => allow(word, 'docker.allow', terms()))
}
