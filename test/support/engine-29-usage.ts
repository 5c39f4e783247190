/** Disk usage as Docker 29 tells it (daemon/disk_usage.go, daemon/server/router/system/system_routes.go). */
import { listOf, objectOf, textOf, type Unknown } from '../../src/shared/json-value.ts'

type Items = readonly Unknown[]

/**
 * In the new form, beside the old one unless single things were asked for; those are there in both cases.
 * @param usage as 28 tells it. @param withHealth a container as it is listed
 */
export async function usageOf(
  { BuilderSize: _gone, ...usage }: Unknown,
  since52: boolean,
  isVerbose: boolean,
  withHealth: (container: unknown) => Promise<Unknown>,
): Promise<Unknown> {
  const itemsOf = (kind: unknown): Items | undefined =>
    kind === undefined || kind === null ? undefined : listOf(kind).map(objectOf)
  const Images = itemsOf(usage['Images'])
  const listed = await Promise.all((itemsOf(usage['Containers']) ?? []).map(withHealth))
  const Containers = usage['Containers'] === undefined ? undefined : listed
  const Volumes = itemsOf(usage['Volumes'])
  const BuildCache = itemsOf(usage['BuildCache'])
  const legacy = { ...usage, ...present({ Containers }) }
  if (!since52) return legacy
  return {
    ...(isVerbose ? {} : legacy),
    ...present({
      ImageUsage: Images && imageUsage(Images, Number(usage['LayersSize'] ?? 0)),
      ContainerUsage:
        Containers && sumsOf(Containers, ({ State }) => ACTIVE.includes(textOf(State)), 'SizeRw'),
      VolumeUsage: Volumes && volumeUsage(Volumes),
      BuildCacheUsage: BuildCache && sumsOf(BuildCache, ({ InUse }) => InUse === true, 'Size'),
    }),
  }
}

const ACTIVE = ['running', 'paused', 'restarting']

function imageUsage(images: Items, TotalSize: number): Unknown {
  const unused = images.filter(({ Containers }) => Containers === 0)
  const Reclaimable = sum(unused, ({ Size, SharedSize }) => Number(Size) - Number(SharedSize))
  return counted(images, images.length - unused.length, TotalSize, Reclaimable)
}

function volumeUsage(volumes: Items): Unknown {
  const sizes = volumes.map(({ UsageData }) => objectOf(UsageData))
  const unused = sizes.filter(({ RefCount }) => RefCount === 0)
  const size = ({ Size }: Unknown): number => Math.max(Number(Size), 0)
  return counted(volumes, volumes.length - unused.length, sum(sizes, size), sum(unused, size))
}

function sumsOf(items: Items, isActive: (item: Unknown) => boolean, name: string): Unknown {
  const size = (item: Unknown): number => Number(item[name] ?? 0)
  const idle = items.filter((item) => !isActive(item))
  return counted(items, items.length - idle.length, sum(items, size), sum(idle, size))
}

/** Go leaves out what is nothing (omitempty). */
function counted(Items: Items, ActiveCount: number, TotalSize: number, Reclaimable: number): Unknown {
  const sums = { ActiveCount, TotalCount: Items.length, TotalSize, Reclaimable }
  const told = Object.entries({ ...sums, Items }).filter(([, value]) => value !== 0 && !isEmpty(value))
  return Object.fromEntries(told)
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

function sum(items: Items, of: (item: Unknown) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

function present(fields: Unknown): Unknown {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
