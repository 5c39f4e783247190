/** What is true of an operation, whoever asks for it. Each kind has its row: of a new one the type checker asks for all of it. */
import type { Operation, RecordedKind } from './operation.ts'

export interface Properties {
  /** A change is on disk before its effect, and has an outcome in the record; a read is recorded in order, and on disk within 100 ms. */
  readonly effect: 'read' | 'change'
  /**
   * Of containers that are there: `mounted` where an engine mounts what one has (for a copy from or into a stopped one too), `run` where it
   * runs, is entered or is copied, so that the policy in force must give what it was made with.
   */
  readonly container: 'left' | 'mounted' | 'run' | 'mounted and run'
  /** `needed` where it has to be known which images there are, and whose; `added` where it makes an engine's list of them longer too. */
  readonly images: 'left' | 'needed' | 'added'
  /** `own` where it has names of the worker's own that go to the engine, or that are asked by (resolve/own-names.ts); ids go for all others. */
  readonly names: 'left' | 'own'
  /** How long the engine is waited for: while the client is there, while the right is, or to the end, as that has to be on record. */
  readonly until: 'client' | 'right' | 'end'
  /** Milliseconds until the engine begins to answer; undefined for what waits for something to happen. */
  readonly limit: number | undefined
  /** Whether the docker CLI looks it up before it comes to the point: short, and nothing changes by it. */
  readonly lookUp: boolean
}

const READ = 30_000
/** Milliseconds, of what makes or changes something. */
export const CHANGE = 120_000
const NONE = undefined

const OPERATIONS = {
  'build.connect': is('read', 'left', 'left', 'left', 'client', READ, true),
  'build.frontend': is('read', 'left', 'needed', 'own', 'client', NONE, false),
  'build.graph': is('change', 'left', 'needed', 'left', 'client', NONE, false),
  'build.prune': is('change', 'left', 'left', 'left', 'end', READ, false),
  'build.session': is('read', 'left', 'left', 'own', 'client', READ, true),
  'build.solve': is('change', 'left', 'added', 'own', 'client', NONE, false),
  'container.archive-get': is('read', 'mounted', 'left', 'left', 'client', NONE, false),
  'container.archive-put': is('change', 'mounted', 'left', 'left', 'client', NONE, false),
  'container.archive-stat': is('read', 'mounted', 'left', 'left', 'client', READ, false),
  'container.attach': is('change', 'left', 'left', 'left', 'end', NONE, false),
  'container.attach-ws': is('change', 'left', 'left', 'left', 'end', NONE, false),
  'container.changes': is('read', 'left', 'left', 'left', 'client', CHANGE, false),
  'container.commit': is('change', 'mounted and run', 'added', 'own', 'end', NONE, false),
  'container.create': is('change', 'left', 'needed', 'own', 'end', CHANGE, false),
  'container.exec': is('change', 'run', 'left', 'left', 'end', CHANGE, false),
  'container.export': is('read', 'mounted', 'left', 'left', 'client', NONE, false),
  'container.inspect': is('read', 'left', 'left', 'left', 'client', READ, true),
  'container.kill': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'container.list': is('read', 'left', 'left', 'own', 'client', READ, true),
  'container.logs': is('read', 'left', 'left', 'left', 'client', NONE, false),
  'container.pause': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'container.prune': is('change', 'left', 'left', 'left', 'end', READ, false),
  'container.remove': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'container.rename': is('change', 'left', 'left', 'own', 'end', CHANGE, false),
  'container.resize': is('read', 'left', 'left', 'left', 'client', READ, false),
  'container.restart': is('change', 'mounted and run', 'left', 'left', 'end', NONE, false),
  'container.start': is('change', 'mounted and run', 'left', 'left', 'end', CHANGE, false),
  'container.stats': is('read', 'left', 'left', 'left', 'client', READ, false),
  'container.stop': is('change', 'left', 'left', 'left', 'right', NONE, false),
  'container.top': is('read', 'left', 'left', 'left', 'client', READ, false),
  'container.unpause': is('change', 'run', 'left', 'left', 'end', CHANGE, false),
  'container.update': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'container.wait': is('read', 'left', 'left', 'left', 'client', NONE, false),
  'exec.inspect': is('read', 'left', 'left', 'left', 'client', READ, true),
  'exec.resize': is('read', 'left', 'left', 'left', 'client', READ, false),
  'exec.start': is('change', 'run', 'left', 'left', 'client', NONE, false),
  'host.diagnostic': is('change', 'left', 'left', 'left', 'client', NONE, false),
  'image.build': is('change', 'left', 'added', 'own', 'client', NONE, false),
  'image.history': is('read', 'left', 'needed', 'own', 'client', READ, true),
  'image.import': is('change', 'left', 'added', 'own', 'client', NONE, false),
  'image.inspect': is('read', 'left', 'needed', 'own', 'client', READ, true),
  'image.list': is('read', 'left', 'needed', 'own', 'client', READ, true),
  'image.load': is('change', 'left', 'added', 'left', 'client', NONE, false),
  'image.prune': is('change', 'left', 'needed', 'left', 'end', READ, false),
  'image.pull': is('change', 'left', 'added', 'left', 'client', NONE, false),
  'image.push': is('change', 'left', 'needed', 'left', 'client', NONE, false),
  'image.remove': is('change', 'left', 'needed', 'own', 'end', CHANGE, false),
  'image.save': is('read', 'left', 'needed', 'own', 'client', NONE, false),
  'image.search': is('read', 'left', 'left', 'left', 'client', CHANGE, false),
  'image.tag': is('change', 'left', 'added', 'own', 'end', CHANGE, false),
  'network.connect': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'network.create': is('change', 'left', 'left', 'own', 'end', CHANGE, false),
  'network.disconnect': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'network.inspect': is('read', 'left', 'left', 'left', 'client', READ, true),
  'network.list': is('read', 'left', 'left', 'own', 'client', READ, true),
  'network.prune': is('change', 'left', 'left', 'left', 'end', READ, false),
  'network.remove': is('change', 'left', 'left', 'left', 'end', CHANGE, false),
  'plugin.list': is('read', 'left', 'left', 'left', 'client', READ, true),
  'system.df': is('read', 'left', 'needed', 'left', 'client', CHANGE, true),
  'system.events': is('read', 'left', 'left', 'own', 'client', NONE, false),
  'system.info': is('read', 'left', 'left', 'left', 'client', READ, true),
  'system.ping': is('read', 'left', 'left', 'left', 'client', READ, true),
  'system.version': is('read', 'left', 'left', 'left', 'client', READ, true),
  'volume.create': is('change', 'left', 'left', 'own', 'end', CHANGE, false),
  'volume.inspect': is('read', 'left', 'left', 'own', 'client', READ, true),
  'volume.list': is('read', 'left', 'left', 'own', 'client', READ, true),
  'volume.prune': is('change', 'left', 'left', 'left', 'end', READ, false),
  'volume.remove': is('change', 'left', 'left', 'own', 'end', CHANGE, false),
  // They are refused, and on disk before that is answered.
  command: is('change', 'left', 'left', 'left', 'end', NONE, false),
  malformed: is('change', 'left', 'left', 'left', 'end', READ, false),
  unsupported: is('change', 'left', 'left', 'left', 'end', READ, false),
} satisfies Readonly<Record<RecordedKind, Properties>>

function is<
  Container extends Properties['container'],
  Images extends Properties['images'],
  Names extends Properties['names'],
>(
  effect: Properties['effect'],
  container: Container,
  images: Images,
  names: Names,
  until: Properties['until'],
  limit: Properties['limit'],
  lookUp: boolean,
): Properties & { readonly container: Container; readonly images: Images; readonly names: Names } {
  return { effect, container, images, names, until, limit, lookUp }
}

export function propertiesOf(kind: RecordedKind): Properties {
  return OPERATIONS[kind]
}

/** Whether an operation changes something, and so has an outcome in the record. */
export function isChange(kind: RecordedKind): boolean {
  return propertiesOf(kind).effect === 'change'
}

/** An operation, or what is known of it. */
interface OfKind {
  readonly kind: RecordedKind
}

type Rows = typeof OPERATIONS

/** Those whose row has one of these words in a column. */
type Having<Column extends 'container' | 'images' | 'names', Word> = {
  readonly kind: { [K in keyof Rows]: Rows[K][Column] extends Word ? K : never }[keyof Rows]
}

/** Whether an engine mounts at it what the container has. */
export function mounts<A extends OfKind>(
  asked: A,
): asked is A & Having<'container', 'mounted' | 'mounted and run'> {
  return ['mounted', 'mounted and run'].includes(propertiesOf(asked.kind).container)
}

/** Whether the policy in force must give what the container was made with. */
export function needsFit<A extends OfKind>(
  asked: A,
): asked is A & Having<'container', 'run' | 'mounted and run'> {
  return ['run', 'mounted and run'].includes(propertiesOf(asked.kind).container)
}

/** Whether it makes an engine's list of images longer. */
export function addsImages<A extends OfKind>(asked: A): asked is A & Having<'images', 'added'> {
  return propertiesOf(asked.kind).images === 'added'
}

/** What has names of the worker's own that go to the engine, or that are asked by. */
export type NamesOwn = Having<'names', 'own'>

export function namesOwn<A extends OfKind>(asked: A): asked is A & NamesOwn {
  return propertiesOf(asked.kind).names === 'own'
}

/** Whether it has to be known which images there are, and whose. */
export function needsImages(operation: Operation): boolean {
  const asksByImage = operation.kind === 'container.list' && operation.parameters.filters?.has('ancestor')
  return asksByImage === true || propertiesOf(operation.kind).images !== 'left'
}
