/** The decision: a pure function of the policy, the operation and the facts. Everything that is not allowed is refused. */
import type { ContainerOperation, Decoded, Operation } from '../decode/operation.ts'
import { mounts, needsFit } from '../decode/properties.ts'
import type { SystemEvents } from '../decode/operations/system.ts'
import type { ContainerFacts, Facts } from '../resolve/facts.ts'
import type { Refusal } from '../shared/refusal.ts'
import { misfits } from './create/fit.ts'
import { totalViolations } from './create/limits.ts'
import { outsideRoots } from './create/mounts.ts'
import { planCreate } from './create/plan.ts'
import { allow, grantedBy, instead, notAllowed, notReached } from './answers.ts'
import { grantOn, wordOf, type OtherKind } from '../policy/grants.ts'
import { decideNetwork, decideNetworkCreate } from './network.ts'
import { decideExec, decideExecUse } from './exec.ts'
import { decideBuild } from './image-build.ts'
import { visibleIds } from './image-names.ts'
import { withRoom } from './image-room.ts'
import { decideImage, decidePull } from './image.ts'
import {
  decideCommit,
  decideImport,
  decideLoad,
  decidePush,
  decideSave,
  decideSearch,
  decideTag,
} from './image-transfer.ts'
import type { RunPolicy, WorkerPolicy } from '../policy/policy.ts'
import type { Terms } from './permit.ts'
import { reachOf } from '../policy/reach.ts'
import { decideRename } from './rename.ts'
import { notFound, refuse, refuseAll, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import { planUpdate } from './update.ts'
import { decideVolume, decideVolumeCreate } from './volume.ts'
import type { ListPermit, Permit, Verdict } from './verdict.ts'

/** Decides one operation of one worker. */
export function decide(worker: WorkerPolicy, { operation, minor, findings }: Decoded, facts: Facts): Verdict {
  if (minor !== undefined && minor > facts.engine.minor) {
    const why = `client version 1.${minor} is too new. Maximum supported API version is 1.${facts.engine.minor}`
    return { ...refuse('request', 'request', `API version 1.${minor}`, { why }), status: 400 }
  }
  if (operation.kind === 'unsupported') {
    // docker inspect asks for a plugin last: what it says then is what it says of any name that nothing has.
    if (operation.endpoint === 'PluginInspect') return notFound(operation.words, 'plugin not found')
    const refusal: Partial<Refusal> = {
      why: operation.why,
      instead: instead(worker, operation.words, operation.instead),
    }
    return refuse(operation.words, operation.words, operation.endpoint, refusal)
  }
  if (operation.kind === 'malformed') {
    return {
      ...refuse('request', 'request', operation.what, { why: operation.why }),
      status: operation.status,
    }
  }
  const verdict = withRoom(operation.kind, decideSupported(worker, operation, facts), facts)
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

type SupportedOperation = Exclude<Operation, { kind: 'unsupported' | 'malformed' }>

function decideSupported(worker: WorkerPolicy, operation: SupportedOperation, facts: Facts): Verdict {
  const { run } = worker.docker
  switch (operation.kind) {
    case 'system.ping':
      return allow('ping', 'ping', { on: 'engine', operation })
    case 'system.version':
    case 'system.info':
      return granted(worker, operation.kind, () => ({ on: 'engine', operation }))
    case 'container.list':
    case 'image.list':
    case 'network.list':
    case 'volume.list':
    case 'system.df':
      return granted(worker, operation.kind, () => listPermit(run, operation, facts))
    case 'system.events':
      return grantedBy(worker, operation.kind, (word) => decideEvents(word, operation, facts))
    case 'container.prune':
    case 'image.prune':
    case 'network.prune':
    case 'volume.prune':
    case 'build.prune':
      return granted(worker, operation.kind, () => ({ on: 'prune', operation }))
    case 'network.create':
      return grantedBy(worker, operation.kind, (word) => decideNetworkCreate(run, word, operation, facts))
    case 'network.inspect':
    case 'network.connect':
    case 'network.disconnect':
    case 'network.remove':
      return grantedBy(worker, operation.kind, (word) => decideNetwork(word, operation, facts))
    case 'volume.create':
      return grantedBy(worker, operation.kind, (word) => decideVolumeCreate(run, word, operation, facts))
    case 'volume.inspect':
    case 'volume.remove':
      return grantedBy(worker, operation.kind, (word) => decideVolume(word, operation, facts))
    case 'container.create':
      return grantedBy(worker, 'container.create', (word) => planCreate(run, word, operation, facts))
    case 'container.exec':
      return decideExec(worker, operation, facts)
    case 'exec.start':
    case 'exec.inspect':
    case 'exec.resize':
      return decideExecUse(worker, operation, facts)
    case 'image.build':
      return grantedBy(worker, 'image.build', (word) => decideBuild(run, word, operation, facts))
    case 'image.pull':
      return grantedBy(worker, 'image.pull', (word) => decidePull(run, word, operation))
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
    case 'image.history':
    case 'image.remove':
      return grantedBy(worker, operation.kind, (word) => decideImage(run, word, operation, facts))
    default:
      return decideContainer(worker, operation, facts)
  }
}

function listPermit(run: RunPolicy, operation: ListPermit['operation'], facts: Facts): Terms<ListPermit> {
  const permit = { on: 'list', operation, containers: facts.reach } as const
  if (operation.kind !== 'container.list') return permit
  const ancestors = visibleIds(run, operation.parameters.filters?.get('ancestor'), facts.images)
  return { ...permit, ancestors }
}

/** Streams of events that a worker may have open: each of them reads every event of the engine. */
const MOST_EVENT_STREAMS = 8

function decideEvents(word: Subcommand, operation: SystemEvents, facts: Facts): Verdict {
  if (facts.eventStreams < MOST_EVENT_STREAMS)
    return allow(word, 'docker.allow', { on: 'list', operation, containers: facts.reach })
  return refuse(word, 'events.limits', `docker ${word}`, {
    why: `${MOST_EVENT_STREAMS} streams of events of this worker are open already`,
    instead: ['end one of them', '--until, for what has been'],
    retryable: true,
  })
}

function granted(worker: WorkerPolicy, kind: OtherKind, terms: () => Terms<Permit>): Verdict {
  return grantedBy(worker, kind, (word) => allow(word, 'docker.allow', terms()))
}

/** Whether a stop or restart says with which signal. */
function signals(operation: ContainerOperation): boolean {
  const stops = operation.kind === 'container.stop' || operation.kind === 'container.restart'
  return stops && operation.parameters.signal !== undefined
}

function decideContainer(worker: WorkerPolicy, operation: ContainerOperation, facts: Facts): Verdict {
  const word = wordOf(operation.kind)
  const container = facts.container
  if (container === undefined) return notFound(word, `No such container: ${operation.container}`)
  const allowed = container.owner === 'self' ? worker.docker.allow : reachOf(worker, container.policyName)
  const rule = container.owner === 'self' ? 'docker.allow' : `docker.reach.${container.policyName}`
  const by = grantOn(operation.kind, container, allowed)
  if (operation.kind === 'container.inspect') {
    // The CLI looks before it asks for logs, stop or start: without the right, it sees what that needs and no more.
    return allow(word, rule, {
      on: 'container',
      operation,
      container,
      view: by === undefined ? 'redacted' : 'full',
    })
  }
  if (by === undefined)
    return container.owner === 'self' ? notAllowed(worker, word) : notReached(worker, word, container)
  if (
    container.owner === 'operator' &&
    signals(operation) &&
    grantOn('container.kill', container, allowed) === undefined
  ) {
    const why = "any signal but the container's own stop signal needs kill"
    return refuse(by, rule, `signal on ${container.name}`, {
      why,
      instead: [`docker ${by} ${container.name}`],
    })
  }
  const lost = lostBind(worker.docker.run, container, operation, facts)
  if (lost !== undefined) return refuseAll(by, [lost])
  const unfit = needsFit(operation.kind) ? unfitNow(worker.docker.run, container, operation, facts) : []
  if (unfit.length > 0) return refuseAll(by, unfit)
  if (operation.kind === 'container.commit')
    return decideCommit(worker.docker.run, by, operation, container, facts)
  if (operation.kind === 'container.update')
    return planUpdate(worker.docker.run, by, operation, container, facts)
  if (operation.kind === 'container.rename') return decideRename(by, rule, operation, container, facts)
  if (
    operation.kind === 'container.top' &&
    container.owner === 'operator' &&
    !plainPs(operation.parameters.ps_args)
  ) {
    const why = 'ps options that show the environment are not given for containers of the operator'
    return refuse(by, rule, `ps_args = ${operation.parameters.ps_args}`, {
      why,
      instead: ['docker top NAME -ef'],
    })
  }
  return allow(by, rule, { on: 'container', operation, container, view: 'full' })
}

/** What a container has that a create would not be given now, beside what else there is of the worker's where it is to run. */
function unfitNow(
  run: RunPolicy,
  container: ContainerFacts,
  operation: ContainerOperation,
  facts: Facts,
): readonly Violation[] {
  const unfit = misfits(run, container, facts)
  if (container.owner === 'operator' || operation.kind === 'container.commit') return unfit
  const { containers, memory, nanoCpus } = facts.usage
  const others = {
    ...facts.usage,
    containers: containers - 1,
    memory: memory - container.memory,
    nanoCpus: nanoCpus - container.nanoCpus,
  }
  return [...unfit, ...totalViolations(run.limits, container, others)]
}

/**
 * A bind that the policy gives no more, or whose source became a symbolic link since the container was made, which would be
 * followed at the next mount.
 */
function lostBind(
  run: RunPolicy,
  container: ContainerFacts,
  operation: ContainerOperation,
  facts: Facts,
): Violation | undefined {
  if (!mounts(operation.kind)) return undefined
  if (container.owner !== 'self') return undefined
  const moved = container.binds.find(({ source }) => {
    const now = facts.paths.get(source)
    return now === undefined || !now.found || now.real !== source
  })
  if (moved === undefined) return outsideRoots(run, container.binds, facts)
  const what = `bind of ${moved.origin ?? moved.source}`
  const why = 'it is no longer the directory that it was when the container was made'
  return { rule: 'run.binds', what, why, instead: [] }
}

function plainPs(words: string | undefined): boolean {
  // An "e" among letters that do not belong together makes ps show the environment (-auxe is read as auxe).
  return words === undefined || /^(?:-e[fFlL]{0,3}|-?[a-df-zA-DF-Z]*)$/.test(words)
}
