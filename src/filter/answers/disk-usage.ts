/** The sums of a disk usage, of what is told of it alone. */
import { listOf, objectOf, textOf, type Unknown } from '../../shared/json-value.ts'

type Items = readonly Unknown[]

/** What an engine of API 1.52 tells of each kind of thing, and its name before that. */
const USAGES = [
  ['ImageUsage', 'Images'],
  ['ContainerUsage', 'Containers'],
  ['VolumeUsage', 'Volumes'],
  ['BuildCacheUsage', 'BuildCache'],
] as const

/**
 * The same with its sums counted anew. An engine of API 1.52 tells both forms unless it is asked for single things (`verbose`), which the
 * gate does ask for, to count them.
 */
export function countedAnew(usage: Unknown, isVerbose: boolean): Unknown {
  const items = Object.fromEntries(
    USAGES.flatMap(([now, before]) => {
      const found = usage[before] ?? objectOf(usage[now])['Items']
      return found === undefined ? [] : [[before, listOf(found).map(objectOf)] as const]
    }),
  )
  const images = items['Images'] ?? []
  const legacy = { ...items, LayersSize: sum(images, sizeOf), BuilderSize: 0 }
  const usages = USAGES.flatMap(([now, before]) => {
    const listed = items[before]
    if (usage[now] === undefined || listed === undefined) return []
    return [[now, { ...sumsOf(before, listed, items), ...(isVerbose ? { Items: listed } : {}) }] as const]
  })
  return { ...(isVerbose && usages.length > 0 ? {} : legacy), ...Object.fromEntries(usages) }
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
