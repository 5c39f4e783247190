/**
 * What an operation names of the worker's own, as the engine has it. From here on all is in the engine's names: what is looked up,
 * decided, recorded and sent; answers are told in the worker's words again (filter/words.ts). Containers and networks that are there
 * are looked up by either (containers.ts, networks.ts), as they go out by their ids.
 */
import { randomInt } from 'node:crypto'
import type { Operation } from '../decode/operation.ts'
import { namesOwn } from '../decode/properties.ts'
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { Mount } from '../decode/operations/mounts.ts'
import type { ContainerList } from '../decode/operations/container.ts'
import type { NetworkList } from '../decode/operations/network.ts'
import type { SystemEvents } from '../decode/operations/system.ts'
import type { VolumeList } from '../decode/operations/volume.ts'
import type { Filters } from '../decode/query.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf, type Space } from '../policy/space.ts'
import type { World } from '../world/world.ts'
import { containerInReach } from './containers.ts'
import { networkInReach } from './networks.ts'

/** The operation with the engine's names for what the worker makes, or has, by a name. */
export function inEngineNames(world: World, worker: WorkerPolicy, operation: Operation): Operation {
  if (!namesOwn(operation)) return operation
  const space = spaceOf(worker)
  const volume = (word: string): string => volumeName(world, worker, space, word)
  switch (operation.kind) {
    case 'container.create':
      return createInNames(space, operation, volume)
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
      return space.prefix === '' ? operation : listInNames(world, worker, operation, volume)
  }
}

/** A name that an engine gives to a volume without one. */
const ANONYMOUS = /^[0-9a-f]{64}$/

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
  if (ANONYMOUS.test(word) && !isOwn(name)) return word
  return !isOwn(name) && isOwn(word) && !word.startsWith(space.prefix) ? word : name
}

function createInNames(
  space: Space,
  operation: ContainerCreate,
  volume: (word: string) => string,
): ContainerCreate {
  const word = operation.word ?? (space.prefix === '' ? undefined : givenName())
  const { Labels } = operation.config
  const mounts = operation.mounts.map((mount): Mount => {
    if (mount.type !== 'volume') return mount
    const source = mount.source === undefined ? undefined : volume(mount.source)
    return { ...mount, source, labels: space.labelsFor(mount.labels) }
  })
  return {
    ...operation,
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
  'network.list': ['label', 'name'],
  'volume.list': ['label', 'name'],
  'system.events': ['container', 'label', 'network', 'volume'],
} as const satisfies Readonly<Record<ByWordsOperation['kind'], readonly string[]>>

type ByWordsOperation = ContainerList | NetworkList | VolumeList | SystemEvents

function listInNames(
  world: World,
  worker: WorkerPolicy,
  operation: ByWordsOperation,
  volume: (word: string) => string,
): Operation {
  const filters: Filters = operation.parameters.filters ?? new Map<string, readonly string[]>()
  const keys: readonly string[] = BY_WORDS[operation.kind]
  const byWords: Filters = new Map([...filters].filter(([key]) => keys.includes(key)))
  const others: Filters = new Map([...filters].filter(([key]) => !keys.includes(key)))
  switch (operation.kind) {
    case 'container.list': {
      const network = (word: string): string => networkInReach(world, worker, word)?.id ?? word
      const named = new Map(
        [...others].map(([key, values]) => {
          if (key === 'network') return [key, values.map(network)] as const
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
