/** What is told of the answer to each kind of operation. A kind that is in no list is none: the type checker asks for its answer. */
import type { Permit } from '../decide/verdict.ts'
import {
  changes,
  created,
  exec,
  inspected,
  listed,
  madeId,
  processes,
  redacted,
  updated,
  waited,
} from './answers/container.ts'
import { found, inspectedImage, layers, listedImage, progress, removed } from './answers/image.ts'
import { createdNetwork, listedNetwork, network } from './answers/network.ts'
import { stats } from './answers/stats.ts'
import type { UsageAsked } from './answers/disk-usage.ts'
import { diskUsage, info, versionOf } from './answers/system.ts'
import { madeVolume, volume, volumes } from './answers/volume.ts'
import type { SystemDiskUsage } from '../decode/operations/system.ts'
import type { Filters } from '../decode/query.ts'
import { NEWEST_MINOR, OLDEST_MINOR } from '../decode/target.ts'
import { kept, list, replaced, type Field } from './fields.ts'

export type Answer =
  /** What a container or an image holds, or says: it passes as it comes. */
  | { readonly form: 'content' }
  /** Nothing: an engine's answer is its status. */
  | { readonly form: 'empty' }
  | { readonly form: 'json'; readonly told: Field }
  /** JSON whose head comes long before its body: that the engine waits is told at once. */
  | { readonly form: 'awaited json'; readonly told: Field }
  /** An object in each line, as it comes. */
  | { readonly form: 'lines'; readonly told: Field }
  | { readonly form: 'events' }

const CONTENT = { form: 'content' } as const
const EMPTY = { form: 'empty' } as const
const PROGRESS = { form: 'lines', told: progress } as const

const json = (told: Field): Answer => ({ form: 'json', told })

/** What is the same however it was asked for. */
const ALIKE = {
  'container.archive-get': CONTENT,
  'container.archive-put': EMPTY,
  'container.archive-stat': EMPTY,
  'container.attach': CONTENT,
  'container.attach-ws': CONTENT,
  'container.changes': json(changes),
  'container.commit': json(madeId),
  'container.create': json(created),
  'container.exec': json(madeId),
  'container.export': CONTENT,
  'container.kill': EMPTY,
  'container.list': json(list(kept(listed))),
  'container.logs': CONTENT,
  'container.pause': EMPTY,
  'container.remove': EMPTY,
  'container.rename': EMPTY,
  'container.resize': EMPTY,
  'container.restart': EMPTY,
  'container.start': EMPTY,
  'container.stats': { form: 'lines', told: stats },
  'container.stop': EMPTY,
  'container.top': json(processes),
  'container.unpause': EMPTY,
  'container.update': json(updated),
  'container.wait': { form: 'awaited json', told: waited },
  'exec.inspect': json(exec),
  'exec.resize': EMPTY,
  'exec.start': CONTENT,
  'image.build': PROGRESS,
  'image.history': json(layers),
  'image.inspect': json(inspectedImage),
  'image.import': PROGRESS,
  'image.load': PROGRESS,
  'image.pull': PROGRESS,
  'image.push': PROGRESS,
  'image.remove': json(removed),
  'image.save': CONTENT,
  'image.search': json(found),
  'image.tag': EMPTY,
  'network.connect': EMPTY,
  'network.create': json(createdNetwork),
  'network.disconnect': EMPTY,
  'network.inspect': json(network),
  'network.remove': EMPTY,
  // It is answered by what is known: none (filter/known.ts).
  'plugin.list': json(replaced([], 'how the operator has set up the engine')),
  'system.events': { form: 'events' },
  'system.info': json(info),
  'system.ping': EMPTY,
  // It is answered by what is known, with the versions of the engine (filter/known.ts).
  'system.version': json(versionOf({ oldest: OLDEST_MINOR, minor: NEWEST_MINOR })),
  'volume.create': json(madeVolume),
  'volume.inspect': json(volume),
  'volume.list': json(volumes),
  'volume.remove': EMPTY,
  // What is said there is read message by message (perform/buildkit/).
  'build.connect': CONTENT,
  'build.frontend': CONTENT,
  'build.graph': CONTENT,
  'build.session': CONTENT,
  'build.solve': CONTENT,
  // They are answered by what was removed one by one (perform/prune.ts).
  'build.prune': EMPTY,
  'container.prune': EMPTY,
  'image.prune': EMPTY,
  'network.prune': EMPTY,
  'volume.prune': EMPTY,
} as const satisfies Partial<Record<Kind, Answer>>

/** How something was asked for. */
export interface Asked {
  /** Whether it is a container that the worker may inspect. */
  readonly isWhole: boolean
  readonly usage: UsageAsked
  /** The keys by which a list was asked for. */
  readonly filters: ReadonlySet<string>
}

type Kind = Permit['operation']['kind']

const WHOLE = json(inspected)
const REDACTED = json(redacted)
const IMAGES = json(list(kept(listedImage(false))))
const IMAGES_BY_NAME = json(list(kept(listedImage(true))))
const NETWORKS = json(list(kept(listedNetwork(false))))
const NETWORKS_BY_LABEL = json(list(kept(listedNetwork(true))))

/** What depends on how it was asked for. */
const BY_ASKING: Readonly<Record<Exclude<Kind, keyof typeof ALIKE>, (asked: Asked) => Answer>> = {
  'container.inspect': ({ isWhole }) => (isWhole ? WHOLE : REDACTED),
  'image.list': ({ filters }) => (filters.has('reference') ? IMAGES_BY_NAME : IMAGES),
  'network.list': ({ filters }) => (filters.has('label') ? NETWORKS_BY_LABEL : NETWORKS),
  'system.df': ({ usage }) => json(diskUsage(usage)),
}

function isAlike(kind: Kind): kind is keyof typeof ALIKE {
  return Object.hasOwn(ALIKE, kind)
}

/** The answer to a kind of operation. */
export function answerTo(kind: Kind, asked: Asked): Answer {
  return isAlike(kind) ? ALIKE[kind] : BY_ASKING[kind](asked)
}

function usageOf({ verbose, type }: Partial<SystemDiskUsage['parameters']>): UsageAsked {
  return { isVerbose: verbose === true, types: type }
}

const NO_FILTERS: Filters = new Map()

/** How something that was permitted was asked for. */
export function askedBy(permit: Permit): Asked {
  const { operation } = permit
  const filters =
    operation.kind === 'image.list' || operation.kind === 'network.list'
      ? operation.parameters.filters
      : undefined
  const { byWords = NO_FILTERS } = operation.kind === 'image.list' ? operation : {}
  return {
    isWhole: permit.on === 'container' && permit.view === 'full',
    usage: operation.kind === 'system.df' ? usageOf(operation.parameters) : usageOf({}),
    filters: new Set([...(filters?.keys() ?? []), ...byWords.keys()]),
  }
}
