/** The decision: a pure function of the policy, the operation and the facts. Everything that is not allowed is refused. */
import type { ContainerOperation, Decoded, ImageOperation, Operation } from '../decode/operation.ts'
import type { ImagePull } from '../decode/operations/image.ts'
import { fullReference, looksLikeImageId, parseReference, storedReference } from '../decode/reference.ts'
import type { ContainerFacts, Facts } from '../resolve/facts.ts'
import type { Refusal } from '../shared/refusal.ts'
import { planCreate } from './create/plan.ts'
import { allow, grantedBy, instead, notAllowed } from './answers.ts'
import { grantOn, wordOf, type OtherKind } from './grants.ts'
import { decideNetwork, decideNetworkCreate } from './network.ts'
import { decideExec, decideExecUse } from './exec.ts'
import { decideBuild } from './image-build.ts'
import { describePatterns, someImageMatches } from './match.ts'
import type { WorkerPolicy } from './policy.ts'
import { reachOf } from './reach.ts'
import { notFound, refuse, refuseAll } from './refuse.ts'
import type { Subcommand } from './subcommands.ts'
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
  const verdict = decideSupported(worker, operation, facts)
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
    case 'system.events':
      return granted(worker, operation.kind, (): ListPermit => ({
        on: 'list',
        operation,
        containers: facts.reach,
      }))
    case 'container.prune':
    case 'image.prune':
    case 'network.prune':
    case 'volume.prune':
    case 'build.prune':
      return granted(worker, operation.kind, () => ({ on: 'prune', operation }))
    case 'network.create':
      return grantedBy(worker, operation.kind, (word) =>
        decideNetworkCreate(worker.docker.run, word, operation, facts),
      )
    case 'network.inspect':
    case 'network.connect':
    case 'network.disconnect':
    case 'network.remove':
      return grantedBy(worker, operation.kind, (word) => decideNetwork(word, operation, facts))
    case 'volume.create':
      return grantedBy(worker, operation.kind, (word) =>
        decideVolumeCreate(worker.docker.run, word, operation, facts),
      )
    case 'volume.inspect':
    case 'volume.remove':
      return grantedBy(worker, operation.kind, (word) => decideVolume(word, operation, facts))
    case 'container.create':
      return grantedBy(worker, 'container.create', (word) =>
        planCreate(worker.docker.run, word, operation, facts),
      )
    case 'container.exec':
      return decideExec(worker, operation, facts)
    case 'exec.start':
    case 'exec.inspect':
    case 'exec.resize':
      return decideExecUse(operation, facts)
    case 'image.build':
      return grantedBy(worker, 'image.build', (word) =>
        decideBuild(worker.docker.run, word, operation, facts),
      )
    case 'image.pull':
      return grantedBy(worker, 'image.pull', (word) => decidePull(worker, word, operation))
    case 'image.inspect':
    case 'image.history':
    case 'image.remove':
      return grantedBy(worker, operation.kind, (word) => decideImage(worker, word, operation, facts))
    default:
      return decideContainer(worker, operation, facts)
  }
}

function granted(worker: WorkerPolicy, kind: OtherKind, permit: () => Permit): Verdict {
  return grantedBy(worker, kind, (word) => allow(word, 'docker.allow', permit()))
}

function decideContainer(worker: WorkerPolicy, operation: ContainerOperation, facts: Facts): Verdict {
  const word = wordOf(operation.kind)
  const container = facts.container
  if (container === undefined) return notFound(word, `No such container: ${operation.container}`)
  const allowed = container.owner === 'self' ? worker.docker.allow : reachOf(worker, container.name)
  const rule = container.owner === 'self' ? 'docker.allow' : `docker.reach.${container.name}`
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
  const moved = movedBind(container, operation, facts)
  if (moved !== undefined) return refuse(by, 'run.binds', moved.what, { why: moved.why })
  if (operation.kind === 'container.update')
    return planUpdate(worker.docker.run, by, operation, container, facts)
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

/** Operations at which an engine mounts what the container has; a copy into a stopped one mounts it too. */
const MOUNTING: readonly string[] = ['container.start', 'container.restart', 'container.archive-put']

/** A bind source that became a symbolic link since the container was made would be followed at the next mount. */
function movedBind(
  container: ContainerFacts,
  operation: ContainerOperation,
  facts: Facts,
): { readonly what: string; readonly why: string } | undefined {
  if (!MOUNTING.includes(operation.kind)) return undefined
  if (container.owner !== 'self') return undefined
  const source = container.binds.find((path) => {
    const now = facts.paths.get(path)
    return now === undefined || !now.found || now.real !== path
  })
  return source === undefined
    ? undefined
    : {
        what: `bind of ${source}`,
        why: 'it is no longer the directory that it was when the container was made',
      }
}

function plainPs(words: string | undefined): boolean {
  // An "e" among letters that do not belong together makes ps show the environment (-auxe is read as auxe).
  return words === undefined || /^(?:-e[fFlL]{0,3}|-?[a-df-zA-DF-Z]*)$/.test(words)
}

function decidePull(worker: WorkerPolicy, word: Subcommand, operation: ImagePull): Verdict {
  const { fromImage = '', tag = '' } = operation.parameters
  const separator = tag.startsWith('sha256:') ? '@' : ':'
  const reference = parseReference(tag === '' ? fromImage : `${fromImage}${separator}${tag}`)
  if (reference === undefined)
    return refuse(word, 'run.images', `image = ${fromImage}`, { why: 'this is no image reference' })
  // Without a tag or digest an engine pulls every tag there is.
  if (!someImageMatches(worker.docker.run.images, reference))
    return imageRefused(worker, word, 'image', fromImage)
  const sent = reference.digest ?? reference.tag ?? 'latest'
  return allow(word, 'run.images', { on: 'pull', operation, name: reference.name, tag: sent })
}

function decideImage(
  worker: WorkerPolicy,
  word: Subcommand,
  operation: ImageOperation,
  facts: Facts,
): Verdict {
  const patterns = worker.docker.run.images
  const image = facts.image
  const reference = parseReference(operation.image)
  const missing = notFound(word, `No such image: ${operation.image}`)
  if (image === undefined) return missing
  const named =
    reference !== undefined &&
    image.names.includes(storedReference(reference)) &&
    someImageMatches(patterns, reference)
  const covered = image.names.filter((name) => {
    const parsed = parseReference(name)
    return parsed !== undefined && someImageMatches(patterns, parsed)
  })
  const visible = named || image.own || (looksLikeImageId(operation.image) && covered.length > 0)
  if (!visible) return missing
  if (operation.kind !== 'image.remove')
    return allow(word, 'run.images', { on: 'image', operation, reference: image.id })
  const mine = (name: string): boolean => image.ownNames.includes(name)
  const removable = named ? mine(storedReference(reference)) : image.names.every(mine)
  if (!image.own || !removable) {
    const why = 'this worker did not bring this image here, or did not give it that name'
    return refuse(word, 'rmi.own', operation.image, { why })
  }
  // By name only that name goes; by id, all of them do, and all of them are the worker's.
  return allow(word, 'run.images', {
    on: 'image',
    operation,
    reference: named ? fullReference(reference) : image.id,
  })
}

function imageRefused(worker: WorkerPolicy, word: Subcommand, field: string, image: string): Verdict {
  return refuse(word, 'run.images', `${field} = ${image}`, {
    why: 'this image is outside the names that this worker may use',
    // buildx asks for this image where BuildKit's own way in is closed.
    instead: image.startsWith('moby/buildkit')
      ? ['DOCKER_BUILDKIT=0 docker build']
      : [describePatterns(worker.docker.run.images)],
  })
}

function notReached(worker: WorkerPolicy, word: Subcommand, container: ContainerFacts): Verdict {
  const words = reachOf(worker, container.name)
  return refuse(word, `docker.reach.${container.name}`, `docker ${word} ${container.name}`, {
    why: `on ${container.name} this worker may only: ${words.join(', ')}`,
    instead: instead(worker, word, []),
  })
}
