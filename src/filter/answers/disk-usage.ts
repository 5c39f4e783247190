/** The sums of a disk usage, of what is told of it alone. */
import { listOf, objectOf, textOf, type Unknown } from '../../shared/json-value.ts'

type Items = readonly Unknown[]

/** What an engine of API 1.52 tells of each kind of thing, its name before that, and what it is asked for by. */
const USAGES = [
  ['ImageUsage', 'Images', 'image'],
  ['ContainerUsage', 'Containers', 'container'],
  ['VolumeUsage', 'Volumes', 'volume'],
  ['BuildCacheUsage', 'BuildCache', 'build-cache'],
] as const

/** How a disk usage was asked for. */
export interface UsageAsked {
  /** Whether it is of single things. */
  readonly isVerbose: boolean
  /** Kinds of things; undefined for all. */
  readonly types: readonly string[] | undefined
}

/**
 * The same with its sums counted anew. An engine of API 1.52 tells both forms unless it is asked for single things (`verbose`), which the
 * gate does ask for, to count them; one that has none of a kind leaves them out.
 */
export function countedAnew(usage: Unknown, { isVerbose, types }: UsageAsked): Unknown {
  const isNew = USAGES.some(([now]) => usage[now] !== undefined)
  const all = Object.fromEntries(
    USAGES.flatMap(([now, before]) => {
      const found = usage[before] ?? (usage[now] && listOf(objectOf(usage[now])['Items']))
      return found === undefined ? [] : [[before, listOf(found).map(objectOf)] as const]
    }),
  )
  const LayersSize = sum(all['Images'] ?? [], sizeOf)
  if (!isNew) return { ...all, LayersSize, BuilderSize: 0 }
  const asked = USAGES.filter(([, , type]) => types?.includes(type) ?? true)
  const told = asked.flatMap(([now, before]) => {
    const listed = all[before]
    if (listed === undefined) return []
    const sums = sumsOf(before, listed, all)
    if (isVerbose) return [[now, { ...sums, Items: listed }] as const]
    const legacy = before === 'Images' ? [['LayersSize', LayersSize] as const] : []
    return [[now, sums] as const, [before, listed] as const, ...legacy]
  })
  return Object.fromEntries(told)
}

type Before = (typeof USAGES)[number][1]

function sumsOf(kind: Before, listed: Items, all: Readonly<Record<string, Items>>): Unknown {
  const active = listed.filter((item) => isActive(kind, item, all['Containers'] ?? []))
  const TotalSize = sum(listed, sizeOf)
  return {
    ActiveCount: active.length,
    TotalCount: listed.length,
    Reclaimable: TotalSize - sum(active, sizeOf),
    TotalSize,
  }
}

function isActive(kind: Before, item: Unknown, containers: Items): boolean {
  switch (kind) {
    case 'Images':
      return containers.some((container) => container['ImageID'] === item['Id'])
    case 'Containers':
      return ['running', 'paused', 'restarting'].includes(textOf(item['State']))
    case 'Volumes':
      return Number(objectOf(item['UsageData'])['RefCount'] ?? 0) > 0
    case 'BuildCache':
      return item['InUse'] === true
  }
}

/** Bytes; an engine tells -1 of what it has not measured. */
function sizeOf(item: Unknown): number {
  const size = Number(item['SizeRw'] ?? objectOf(item['UsageData'])['Size'] ?? item['Size'] ?? 0)
  return Math.max(size, 0)
}

function sum(items: Items, of: (item: Unknown) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
