/** Looks up what an operation names, once: full ids, owners, real paths. The decision and the sending use these alone. */
import type { BuildOperation, OnContainer, Operation, Removal } from '../decode/operation.ts'
import type { ImageBuild } from '../decode/operations/build.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { ContainerList } from '../decode/operations/container.ts'
import type { ImageHistory, ImageInspect, ImagePull } from '../decode/operations/image.ts'
import type { ImageImport, ImagePush, ImageSave, ImageTag } from '../decode/operations/image-transfer.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { reachOf } from '../policy/reach.ts'
import { containerInReach, containersInReach, execInReach, isMeant } from './containers.ts'
import { resolved, type Facts, type FactsOf, type Resolved } from './facts.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import { findImage, imagesListed, inspectedImage, namesOf, ownersOfNames, pushedImages } from './images.ts'
import { namesOfOwnImages } from './own-images.ts'
import type { Images } from '../world/images.ts'
import { seen } from '../world/image-sight.ts'
import type { World } from '../world/world.ts'
import { lookUp } from './look-up.ts'
import { isNetworkTaken, networkInReach } from './networks.ts'
import type { Looked } from './paths.ts'
import { factsOfCreate, factsOfFit } from './stock.ts'
import { ownersOf } from './volumes.ts'

/** What facts are found in. */
interface From {
  readonly world: World
  readonly worker: WorkerPolicy
  readonly engine: EngineFacts
  readonly looked: Looked
  /** What the same call was decided on before; what it has taken meanwhile itself counts as it did then. */
  readonly before: Partial<Facts>
}

/**
 * Everything that the decision on an operation may look at.
 * @param before facts that it was decided on before, where it is decided once more
 * @throws {ImagesUnknown} where it needs images that are not known
 */
export function resolve(
  world: World,
  worker: WorkerPolicy,
  operation: Operation,
  engine: EngineFacts,
  looked: Looked,
  before: Partial<Facts> = {},
): Resolved {
  const from = { world, worker, engine, looked, before }
  return 'container' in operation ? resolveOnContainer(from, operation) : resolveOthers(from, operation)
}

/** The same of a removal that a prune comes to. @throws {ImagesUnknown} */
export function resolveRemoval(
  world: World,
  worker: WorkerPolicy,
  removal: Removal,
  engine: EngineFacts,
  looked: Looked,
): Resolved<Removal['kind']> {
  return removalFrom({ world, worker, engine, looked, before: {} }, removal)
}

function removalFrom(from: From, operation: Removal): Resolved<Removal['kind']> {
  const { world, worker, engine } = from
  switch (operation.kind) {
    case 'container.remove':
      return resolved(operation, { engine, container: containerOf(from, operation.container) })
    case 'image.remove':
      return resolved(operation, { engine, image: findImage(imagesOf(from), worker, operation.image) })
    case 'network.remove':
      return resolved(operation, { engine, network: networkInReach(world, worker, operation.network) })
    case 'volume.remove':
      return resolved(operation, { engine, volumes: volumesOf(from, operation.volume) })
  }
}

function resolveOnContainer(from: From, operation: OnContainer): Resolved {
  const { world, worker, engine } = from
  const { paths } = from.looked
  const container = containerOf(from, operation.container)
  switch (operation.kind) {
    case 'container.update': {
      const updating = isUpdating(from, container)
      return resolved(operation, { engine, container, updating, roots: paths, usage: usageOf(from) })
    }
    case 'container.rename': {
      const renaming = container !== undefined && world.renames.isUnderWay(container.id)
      const nameMeant = isMeant(world, worker, operation.parameters.name ?? '')
      return resolved(operation, { engine, container, renaming, nameMeant })
    }
    case 'container.commit': {
      const names = namesOf(imagesOf(from), worker, operation)
      const fit = factsOfFit(world, worker, operation, paths)
      return resolved(operation, { engine, container, ...fit, names, imagesListed: listedOf(from) })
    }
    case 'container.exec':
      return resolved(operation, { engine, container, ...factsOfFit(world, worker, operation, paths) })
    case 'container.restart':
    case 'container.start':
    case 'container.unpause': {
      const fit = factsOfFit(world, worker, operation, paths)
      return resolved(operation, { engine, container, ...fit, usage: usageOf(from) })
    }
    case 'container.archive-get':
    case 'container.archive-put':
    case 'container.archive-stat':
    case 'container.export':
      return resolved(operation, { engine, container, paths, roots: paths })
    case 'network.connect': {
      const network = networkInReach(world, worker, operation.network)
      const linked = operation.endpoint.links.map((link) => link.container)
      const others = lookUp(linked, (name) => containerInReach(world, worker, name))
      return resolved(operation, { engine, container, network, others })
    }
    case 'network.disconnect':
      return resolved(operation, {
        engine,
        container,
        network: networkInReach(world, worker, operation.network),
      })
    case 'container.remove':
      return removalFrom(from, operation)
    case 'container.attach':
    case 'container.attach-ws':
    case 'container.changes':
    case 'container.inspect':
    case 'container.kill':
    case 'container.logs':
    case 'container.pause':
    case 'container.resize':
    case 'container.stats':
    case 'container.stop':
    case 'container.top':
    case 'container.wait':
      return resolved(operation, { engine, container })
  }
}

function resolveOthers(from: From, operation: Exclude<Operation, OnContainer>): Resolved {
  const { world, worker, engine } = from
  switch (operation.kind) {
    case 'container.create':
      return resolved(operation, { engine, ...createFacts(from, operation) })
    case 'container.list':
      return resolved(operation, { engine, ...listFacts(from, operation) })
    case 'exec.start': {
      const fit = factsOfFit(world, worker, operation, from.looked.paths)
      return resolved(operation, { engine, exec: execOf(from, operation.exec), ...fit })
    }
    case 'exec.inspect':
    case 'exec.resize':
      return resolved(operation, { engine, exec: execOf(from, operation.exec) })
    case 'build.connect':
    case 'build.frontend':
    case 'build.graph':
    case 'build.session':
    case 'build.solve':
      return resolveBuilds(from, operation)
    case 'image.build':
    case 'image.history':
    case 'image.import':
    case 'image.inspect':
    case 'image.pull':
    case 'image.push':
    case 'image.save':
    case 'image.tag':
      return resolveOnImages(from, operation)
    case 'image.load':
      return resolved(operation, { engine, imagesListed: listedOf(from) })
    case 'network.create': {
      const networkTaken = from.before.networkTaken ?? isNetworkTaken(world, worker, operation.name)
      return resolved(operation, { engine, networkTaken, usage: usageOf(from) })
    }
    case 'network.inspect':
      return resolved(operation, { engine, network: networkInReach(world, worker, operation.network) })
    case 'volume.create':
      return resolved(operation, { engine, volumes: volumesOf(from, operation.name), usage: usageOf(from) })
    case 'volume.inspect':
      return resolved(operation, { engine, volumes: volumesOf(from, operation.volume) })
    case 'image.remove':
    case 'network.remove':
    case 'volume.remove':
      return removalFrom(from, operation)
    case 'system.events': {
      const eventStreams = from.before.eventStreams ?? world.ownership.eventsFollowed.callsOf(worker.name)
      return resolved(operation, { engine, eventStreams })
    }
    case 'build.prune':
    case 'container.prune':
    case 'image.list':
    case 'image.prune':
    case 'image.search':
    case 'malformed':
    case 'network.list':
    case 'network.prune':
    case 'plugin.list':
    case 'system.df':
    case 'system.info':
    case 'system.ping':
    case 'system.version':
    case 'unsupported':
    case 'volume.list':
    case 'volume.prune':
      return resolved(operation, { engine })
  }
}

function resolveOnImages(
  from: From,
  operation:
    | ImageBuild
    | ImageHistory
    | ImageImport
    | ImageInspect
    | ImagePull
    | ImagePush
    | ImageSave
    | ImageTag,
): Resolved {
  const { worker, engine } = from
  const known = imagesOf(from)
  switch (operation.kind) {
    case 'image.history':
      return resolved(operation, { engine, image: findImage(known, worker, operation.image) })
    case 'image.inspect':
      return resolved(operation, {
        engine,
        image: inspectedImage(from.world, known, worker, operation.image),
      })
    case 'image.tag': {
      const image = findImage(known, worker, operation.image)
      const names = namesOf(known, worker, operation)
      return resolved(operation, { engine, image, names, imagesListed: listedOf(from) })
    }
    case 'image.build':
    case 'image.import':
    case 'image.pull': {
      const names = namesOf(known, worker, operation)
      return resolved(operation, { engine, names, imagesListed: listedOf(from) })
    }
    case 'image.push':
      return resolved(operation, {
        engine,
        names: namesOf(known, worker, operation),
        images: pushedImages(known, worker, operation),
      })
    case 'image.save':
      return resolved(operation, { engine, images: imagesNamed(from, operation.images) })
  }
}

function resolveBuilds(from: From, operation: BuildOperation): Resolved {
  const { engine, worker } = from
  switch (operation.kind) {
    case 'build.connect':
    case 'build.session':
      return resolved(operation, { engine })
    case 'build.solve': {
      const known = imagesOf(from)
      const names = ownersOfNames(
        known,
        worker,
        operation.output.type === 'image' ? operation.output.names : [],
      )
      const ownImages = namesOfOwnImages(known, worker)
      return resolved(operation, {
        engine,
        names,
        ownImages,
        imagesListed: listedOf(from),
        build: buildOf(from),
      })
    }
    case 'build.frontend': {
      const names = [...operation.inputs.values()].flatMap(({ images }) => images)
      return resolved(operation, { engine, images: imagesNamed(from, names), build: buildOf(from) })
    }
    case 'build.graph':
      return resolved(operation, {
        engine,
        images: imagesNamed(from, operation.graph.images),
        build: buildOf(from),
      })
  }
}

function imagesNamed(from: From, names: readonly string[]): Facts['images'] {
  return lookUp(names, (name) => findImage(imagesOf(from), from.worker, name))
}

function buildOf({ world, worker, before }: From): Facts['build'] {
  const { sessions, steps } = world.builds.namesOf(worker.name)
  return {
    salts: world.builds.saltsOf(worker.name),
    sessions: sessions.own,
    steps: steps.all,
    running: before.build?.running ?? world.ownership.buildsRunning.callsOf(worker.name),
  }
}

function createFacts(from: From, operation: ContainerCreate): Omit<FactsOf<'container.create'>, 'engine'> {
  const { world, worker, looked, before } = from
  const facts = factsOfCreate(world, worker, operation, looked.paths)
  return {
    ...facts,
    volumes: before.volumes ?? facts.volumes,
    image: findImage(imagesOf(from), worker, operation.image),
    images: lookUp(mountedImages(operation), (name) => findImage(imagesOf(from), worker, name)),
    usage: usageOf(from),
  }
}

function mountedImages({ mounts }: ContainerCreate): readonly string[] {
  return mounts.flatMap((mount) => (mount.type === 'image' ? [mount.source] : []))
}

/** Filters that would tell what only inspect shows, value by value. */
const INSIDE = ['expose', 'label', 'network', 'publish', 'volume']

/** The containers that a list may be of, and the images that it asks by. */
function listFacts(from: From, { parameters }: ContainerList): Pick<Facts, 'images' | 'reach'> {
  const { world, worker } = from
  const { filters } = parameters
  const asksInside = INSIDE.some((key) => filters?.has(key))
  const reach = containersInReach(world, worker)
    .filter(
      ({ owner, policyName }) =>
        owner === 'self' || !asksInside || reachOf(worker, policyName).includes('inspect'),
    )
    .map(({ id }) => id)
  const images = lookUp(filters?.get('ancestor') ?? [], (name) => findImage(imagesOf(from), worker, name))
  return { images, reach }
}

/** What was granted in the state that a container had then goes on in another. */
function containerOf({ world, worker, before }: From, reference: string): Facts['container'] {
  const container = containerInReach(world, worker, reference)
  if (container === undefined || container.id !== before.container?.id) return container
  const { running, started } = before.container
  return { ...container, running, started }
}

/** An exec that the call itself has started is as it was made. */
function execOf({ world, worker, before }: From, id: string): Facts['exec'] {
  const exec = execInReach(world, worker, id)
  return exec === undefined || before.exec === undefined ? exec : { ...exec, made: before.exec.made }
}

function isUpdating({ world, before }: From, container: Facts['container']): boolean {
  const { containersUpdated } = world.ownership
  return (
    before.updating ?? (container !== undefined && containersUpdated.workerOf(container.id) !== undefined)
  )
}

function volumesOf({ world, worker, before }: From, name: string | undefined): Facts['volumes'] {
  return before.volumes ?? ownersOf(world, worker, name)
}

function usageOf({ world, worker, before }: From): Facts['usage'] {
  return before.usage ?? world.ownership.usage(worker.name)
}

function listedOf(from: From): number {
  return from.before.imagesListed ?? imagesListed(imagesOf(from), from.worker.name, from.engine)
}

/** @throws {ImagesUnknown} */
function imagesOf({ world, looked }: From): Images {
  return { images: seen(looked.images), ownership: world.ownership }
}
