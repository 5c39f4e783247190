/**
 * What an operation names of the worker's own, as the engine has it. From here on all is in the engine's names: what is looked up,
 * decided, recorded and sent; answers are told in the worker's words again (filter/words.ts). Containers and networks that are there
 * are looked up by either (containers.ts, networks.ts), as they go out by their ids.
 */
import { randomInt } from 'node:crypto'
import type { Operation } from '../decode/operation.ts'
import { namesOwn, type NamesOwn } from '../decode/properties.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { Mount } from '../decode/operations/mounts.ts'
import type { ContainerList } from '../decode/operations/container.ts'
import type { ImageList } from '../decode/operations/image.ts'
import type { NetworkList } from '../decode/operations/network.ts'
import type { SystemEvents } from '../decode/operations/system.ts'
import type { VolumeList } from '../decode/operations/volume.ts'
import type { Filters } from '../decode/query.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf, type Space } from '../policy/space.ts'
import type { Images } from '../world/images.ts'
import type { KnownImages } from '../world/known-images.ts'
import { isNamedByEngine } from '../world/unnamed-volumes.ts'
import type { World } from '../world/world.ts'
import { containerInReach } from './containers.ts'
import { networkInReach } from './networks.ts'
import { givenImage, givenName as givenImageName, usedImage } from './own-images.ts'

/**
 * The operation with the engine's names for what the worker makes, or has, by a name.
 * @param images undefined while it is not known which there are: what needs them is answered by that
 */
export function inEngineNames(
  world: World,
  images: KnownImages | undefined,
  worker: WorkerPolicy,
  operation: Operation,
): Operation {
  if (!namesOwn(operation)) return operation
  const space = spaceOf(worker)
  const known = images && { images, ownership: world.ownership }
  if (isOfImages(operation)) return imagesInNames(known, worker, space, operation)
  const volume = (word: string): string => volumeName(world, worker, space, word)
  if (isOfBuilds(operation)) return buildInNames(world, worker, space, operation)
  switch (operation.kind) {
    case 'container.create':
      return createInNames(space, operation, volume, (written) => usedImage(known, worker, written))
    case 'container.rename': {
      const { name } = operation.parameters
      // What is the operator's is called as it is said.
      const isOwn = containerInReach(world, worker, operation.container)?.owner === 'self'
      return isOwn && name !== undefined
        ? { ...operation, parameters: { name: space.nameOf(name) } }
        : operation
    }
    case 'network.create':
      return { ...operation, name: space.nameOf(operation.name), labels: space.labelsFor(operation.labels) }
    case 'volume.create': {
      const name = operation.name === undefined ? undefined : volume(operation.name)
      return { ...operation, name, labels: space.labelsFor(operation.labels) }
    }
    case 'volume.inspect':
    case 'volume.remove':
      return { ...operation, volume: volume(operation.volume) }
    case 'container.list':
    case 'network.list':
    case 'volume.list':
    case 'system.events':
      return space.prefix === '' ? operation : listInNames(world, known, worker, operation, volume)
  }
}

/** Operations on images, or that make one, which have names. */
type OfImages = Extract<Operation & NamesOwn, { readonly kind: `image.${string}` | 'container.commit' }>

function isOfImages(operation: Operation & NamesOwn): operation is OfImages {
  return operation.kind.startsWith('image.') || operation.kind === 'container.commit'
}

function imagesInNames(
  known: Images | undefined,
  worker: WorkerPolicy,
  space: Space,
  operation: OfImages,
): Operation {
  const used = (written: string): string => usedImage(known, worker, written)
  switch (operation.kind) {
    case 'container.commit':
    case 'image.import':
      return { ...operation, parameters: givenImageName(worker, operation.parameters) }
    case 'image.tag':
      return {
        ...operation,
        image: used(operation.image),
        parameters: givenImageName(worker, operation.parameters),
      }
    case 'image.build': {
      const t = operation.parameters.t?.map((name) => givenImage(worker, name))
      const labels = space.labelsFor(operation.labels)
      return { ...operation, parameters: { ...operation.parameters, t }, labels }
    }
    case 'image.history':
    case 'image.inspect':
    case 'image.remove':
      return { ...operation, image: used(operation.image) }
    case 'image.save':
      return { ...operation, images: operation.images.map(used) }
    case 'image.list': {
      if (!space.images.isOwn) return operation
      const [byWords, filters] = split(operation.parameters.filters, BY_WORDS['image.list'])
      return { ...operation, byWords, parameters: { ...operation.parameters, filters } }
    }
  }
}

type OfBuilds = Extract<Operation & NamesOwn, { readonly kind: `build.${string}` }>

function isOfBuilds(operation: Operation & NamesOwn): operation is OfBuilds {
  return operation.kind.startsWith('build.')
}

/** An engine knows builds and sessions by names of the gate's own. */
function buildInNames({ builds }: World, worker: WorkerPolicy, space: Space, operation: OfBuilds): Operation {
  const { refs, sessions } = builds.namesOf(worker.name)
  switch (operation.kind) {
    case 'build.session': {
      const sharedKey = builds.sharedKeyOf(worker.name, operation.sharedKey)
      return { ...operation, session: sessions.of(operation.session), sharedKey }
    }
    case 'build.solve': {
      const { output } = operation
      const session = operation.session === '' ? '' : sessions.of(operation.session)
      const named = { ...operation, ref: refs.of(operation.ref), session }
      if (output.type !== 'image') return named
      return { ...named, output: { ...output, names: output.names.map((name) => givenImage(worker, name)) } }
    }
    case 'build.frontend': {
      const { options } = operation
      const labels = space.labelsFor(options.labels)
      const said = [...options.sessions].map(([name, id]) => [name, sessions.of(id)] as const)
      return {
        ...operation,
        ref: refs.of(operation.ref),
        options: { ...options, labels, sessions: new Map(said) },
      }
    }
  }
}

/**
 * The volume that a word means: the one with the name for it, or one that the worker had before there were such names. One that an
 * engine named keeps that: under another it would be another volume.
 */
function volumeName(
  { ownership }: World,
  { name: worker }: WorkerPolicy,
  space: Space,
  word: string,
): string {
  const name = space.nameOf(word)
  const isOwn = (volume: string): boolean => ownership.owner('volume', volume) === worker
  if (isNamedByEngine(word) && !isOwn(name)) return word
  return !isOwn(name) && isOwn(word) && !word.startsWith(space.prefix) ? word : name
}

function createInNames(
  space: Space,
  operation: ContainerCreate,
  volume: (word: string) => string,
  image: (written: string) => string,
): ContainerCreate {
  const word = operation.word ?? (space.prefix === '' ? undefined : givenName())
  const { Labels } = operation.config
  const mounts = operation.mounts.map((mount): Mount => {
    if (mount.type === 'image') return { ...mount, source: image(mount.source) }
    if (mount.type !== 'volume') return mount
    const source = mount.source === undefined ? undefined : volume(mount.source)
    return { ...mount, source, labels: space.labelsFor(mount.labels) }
  })
  return {
    ...operation,
    image: image(operation.image),
    word,
    name: word === undefined ? undefined : space.nameOf(word),
    config:
      Labels === undefined ? operation.config : { ...operation.config, Labels: space.labelsFor(Labels) },
    mounts,
  }
}

/** Filters by which an engine would look for its own names: those that go by them in the worker's words, and all others. */
const BY_WORDS = {
  'container.list': ['label', 'name'],
  'image.list': ['label', 'reference'],
  'network.list': ['label', 'name'],
  'volume.list': ['label', 'name'],
  'system.events': ['container', 'image', 'label', 'network', 'volume'],
} as const satisfies Readonly<Record<ByWordsOperation['kind'], readonly string[]>>

type ByWordsOperation = ContainerList | ImageList | NetworkList | VolumeList | SystemEvents

/** Filters of these keys, and all others. */
function split(filters: Filters = new Map(), keys: readonly string[]): readonly [Filters, Filters] {
  return [
    new Map([...filters].filter(([key]) => keys.includes(key))),
    new Map([...filters].filter(([key]) => !keys.includes(key))),
  ]
}

function listInNames(
  world: World,
  known: Images | undefined,
  worker: WorkerPolicy,
  operation: Exclude<ByWordsOperation, ImageList>,
  volume: (word: string) => string,
): Operation {
  const [byWords, others] = split(operation.parameters.filters, BY_WORDS[operation.kind])
  switch (operation.kind) {
    case 'container.list': {
      const network = (word: string): string => networkInReach(world, worker, word)?.id ?? word
      const named = new Map(
        [...others].map(([key, values]) => {
          if (key === 'network') return [key, values.map(network)] as const
          if (key === 'ancestor')
            return [key, values.map((image) => usedImage(known, worker, image))] as const
          return [key, key === 'volume' ? values.map(volumeOrPath(volume)) : values] as const
        }),
      )
      const { limit, ...parameters } = operation.parameters
      // A limit counts what is left.
      if (byWords.size === 0 || limit === undefined || limit <= 0)
        return { ...operation, byWords, parameters: { ...operation.parameters, filters: named } }
      return { ...operation, byWords, most: limit, parameters: { ...parameters, all: true, filters: named } }
    }
    case 'network.list':
      return { ...operation, byWords, parameters: { filters: others } }
    case 'volume.list':
      return { ...operation, byWords, parameters: { filters: others } }
    case 'system.events':
      return { ...operation, byWords, parameters: { ...operation.parameters, filters: others } }
  }
}

/** A filter by volumes takes the place in the container too. */
function volumeOrPath(volume: (word: string) => string): (word: string) => string {
  return (word) => (word.startsWith('/') ? word : volume(word))
}

const HOW = (
  'able bold brave bright calm clear clever cool eager early fair fine free fresh gentle glad golden good grand great green ' +
  'happy honest kind lively loyal lucky merry mild neat new noble open patient plain proud quick quiet rapid ready rich safe sharp ' +
  'shiny silent simple smart smooth soft solid steady still strong sunny sure swift tidy true warm wise young'
).split(' ')
const WHO = (
  'anchor arch badger beacon beaver bell birch boat bridge brook canal cedar cloud clover comet coral crane creek dawn delta dove ' +
  'eagle elm ember falcon fern field finch fjord forest fox garden gate grove harbor hare hawk heron hill island ivy lake lantern lark ' +
  'leaf lily lynx maple meadow moon moss oak orchid otter owl pearl pine pond reef river robin rock sail sea seal sparrow spring star ' +
  'stone stream swan thistle tiger tower valley willow wind wolf wren'
).split(' ')

/** A name for a container that is given none, as engines give one; theirs would not tell whose it is. */
function givenName(): string {
  const one = (words: readonly string[]): string => words[randomInt(words.length)] ?? ''
  return `${one(HOW)}_${one(WHO)}${randomInt(10_000)}`
}
