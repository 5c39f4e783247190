/**
 * Which of Docker's words grants which operation. `run` and `start` are several calls of the API; what they need beside
 * their own call they grant for the worker's own containers alone, and only in the state in which the CLI makes that call.
 */
import type { OperationKind } from '../decode/operation.ts'
import type { Subcommand } from './subcommands.ts'

/** What of a container a grant depends on. */
export interface ContainerState {
  readonly owner: 'self' | 'operator'
  readonly running: boolean
  readonly started: boolean
}

export interface Grant {
  readonly word: Subcommand
  /** Grants it on own containers only, and only where this holds. */
  readonly implied?: (container: ContainerState) => boolean
}

const anyState = (): boolean => true
const beforeFirstStart = (container: ContainerState): boolean => !container.started
const notRunning = (container: ContainerState): boolean => !container.running

/** Words that grant an operation on a container; the first one names it in refusals. */
const ON_CONTAINER = {
  'container.inspect': [{ word: 'inspect' }, { word: 'compose', implied: anyState }],
  'container.logs': [{ word: 'logs' }, { word: 'compose', implied: anyState }],
  'container.stats': [{ word: 'stats' }],
  'container.top': [{ word: 'top' }, { word: 'compose', implied: anyState }],
  'container.start': [
    { word: 'start' },
    { word: 'run', implied: beforeFirstStart },
    { word: 'compose', implied: anyState },
  ],
  'container.stop': [{ word: 'stop' }, { word: 'compose', implied: anyState }],
  'container.restart': [{ word: 'restart' }, { word: 'compose', implied: anyState }],
  // Ctrl-C of a foreground run is a kill with that signal.
  'container.kill': [
    { word: 'kill' },
    { word: 'run', implied: anyState },
    { word: 'compose', implied: anyState },
  ],
  'container.pause': [{ word: 'pause' }, { word: 'compose', implied: anyState }],
  'container.unpause': [{ word: 'unpause' }, { word: 'compose', implied: anyState }],
  'container.wait': [
    { word: 'wait' },
    { word: 'run', implied: anyState },
    { word: 'start', implied: anyState },
    { word: 'compose', implied: anyState },
  ],
  'container.rename': [{ word: 'rename' }, { word: 'compose', implied: anyState }],
  'container.update': [{ word: 'update' }],
  // A run that fails to start takes its container away.
  'container.remove': [
    { word: 'rm' },
    { word: 'run', implied: beforeFirstStart },
    { word: 'compose', implied: anyState },
  ],
  'container.attach': [
    { word: 'attach' },
    { word: 'run', implied: beforeFirstStart },
    { word: 'start', implied: notRunning },
    { word: 'compose', implied: anyState },
  ],
  'container.attach-ws': [{ word: 'attach' }],
  'container.export': [{ word: 'export' }],
  'container.changes': [{ word: 'diff' }],
  'container.commit': [{ word: 'commit' }],
  'container.resize': [
    { word: 'attach' },
    { word: 'run', implied: anyState },
    { word: 'start', implied: anyState },
    { word: 'compose', implied: anyState },
  ],
  // Compose writes configs and secrets into a container before it runs.
  'container.archive-get': [{ word: 'cp' }],
  'container.archive-stat': [{ word: 'cp' }],
  'container.archive-put': [{ word: 'cp' }, { word: 'compose', implied: beforeFirstStart }],
} as const satisfies Partial<Record<OperationKind, readonly Grant[]>>

/** Words that grant an operation on no single container. */
const OTHERS = {
  'container.list': ['ps', 'compose'],
  'container.create': ['create', 'run', 'compose'],
  'container.prune': ['container prune', 'system prune'],
  'image.list': ['images', 'compose'],
  'image.inspect': ['image inspect', 'inspect', 'compose'],
  'image.build': ['build', 'compose'],
  'image.history': ['history'],
  'image.tag': ['tag'],
  'image.push': ['push'],
  'image.save': ['save'],
  'image.load': ['load'],
  'image.import': ['import'],
  'image.search': ['search'],
  'image.pull': ['pull', 'run', 'compose'],
  'image.remove': ['rmi'],
  'image.prune': ['image prune', 'system prune'],
  'network.list': ['network ls', 'compose'],
  'network.inspect': ['network inspect', 'inspect', 'compose'],
  'network.create': ['network create', 'compose'],
  'network.connect': ['network connect', 'compose'],
  'network.disconnect': ['network disconnect', 'compose'],
  'network.remove': ['network rm', 'compose'],
  'network.prune': ['network prune', 'system prune'],
  'volume.list': ['volume ls', 'compose'],
  'volume.inspect': ['volume inspect', 'inspect', 'compose'],
  'volume.create': ['volume create', 'compose'],
  'volume.remove': ['volume rm', 'compose'],
  'volume.prune': ['volume prune', 'system prune'],
  'build.connect': ['build', 'compose'],
  'build.frontend': ['build', 'compose'],
  'build.graph': ['build', 'compose'],
  'build.prune': ['builder prune', 'system prune'],
  'build.session': ['build', 'compose'],
  'build.solve': ['build', 'compose'],
  'system.df': ['system df'],
  'system.events': ['events', 'compose'],
  'system.info': ['info', 'compose'],
  'system.version': ['version', 'compose'],
} as const satisfies Partial<Record<OperationKind, readonly Subcommand[]>>

export type ContainerKind = keyof typeof ON_CONTAINER
export type OtherKind = keyof typeof OTHERS

/** The word among `allowed` that grants the operation on this container, or undefined. */
export function grantOn(
  kind: ContainerKind,
  container: ContainerState,
  allowed: readonly Subcommand[],
): Subcommand | undefined {
  const grants: readonly Grant[] = ON_CONTAINER[kind]
  return grants.find(
    ({ word, implied }) =>
      allowed.includes(word) && (implied === undefined || (container.owner === 'self' && implied(container))),
  )?.word
}

/** The word among `allowed` that grants the operation, or undefined. */
export function grantOf(kind: OtherKind, allowed: readonly Subcommand[]): Subcommand | undefined {
  const words: readonly Subcommand[] = OTHERS[kind]
  return words.find((word) => allowed.includes(word))
}

/** Other words all of whose operations a word gives too, on the worker's own things in whatever state. */
export function alsoGives(word: Subcommand): readonly Subcommand[] {
  const given = new Map<Subcommand, boolean>()
  for (const kind of [...keysOf(ON_CONTAINER), ...keysOf(OTHERS)]) {
    const gives = grantsOf(kind).some(
      (grant) => grant.word === word && (grant.implied === undefined || grant.implied === anyState),
    )
    const named = wordOf(kind)
    given.set(named, gives && given.get(named) !== false)
  }
  return [...given].flatMap(([named, gives]) => (gives && named !== word ? [named] : []))
}

function keysOf<K extends string>(table: Readonly<Record<K, unknown>>): readonly K[] {
  const keys: K[] = []
  for (const key in table) keys.push(key)
  return keys
}

/** The word that an operation goes by in refusals and in the record. */
export function wordOf(kind: ContainerKind | OtherKind): Subcommand {
  return isContainerKind(kind) ? ON_CONTAINER[kind][0].word : OTHERS[kind][0]
}

/** Every word that grants an operation, with whether it does so for the worker's own containers in some states alone. */
export function grantsOf(kind: ContainerKind | OtherKind): readonly Grant[] {
  if (isContainerKind(kind)) return ON_CONTAINER[kind]
  const words: readonly Subcommand[] = OTHERS[kind]
  return words.map((word) => ({ word }))
}

function isContainerKind(kind: ContainerKind | OtherKind): kind is ContainerKind {
  return Object.hasOwn(ON_CONTAINER, kind)
}
