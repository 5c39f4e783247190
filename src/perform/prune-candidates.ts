/** What a prune comes to: the worker's own things that an engine tells nothing uses, as far as the client's filters go. */
import type { Filters } from '../decode/query.ts'
import type { Removal } from '../decode/operation.ts'
import type { Prune } from '../decode/operations/prune.ts'
import { stoppedContainers } from '../engine/questions/containers.ts'
import { listTopImages } from '../engine/questions/images.ts'
import { unusedNetworks } from '../engine/questions/networks.ts'
import { unusedVolumes } from '../engine/questions/volumes.ts'
import type { OwnedKind } from '../record/store.ts'
import type { DockerCall, DockerRight } from '../rights/docker-call.ts'
import { objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import { ANONYMOUS_LABEL, isUnclaimed, markOf } from '../shared/labels.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { spaceOf } from '../policy/space.ts'
import type { Ownership } from '../world/ownership.ts'
import { pruneFilter } from './prune-filter.ts'

export interface Candidate {
  /** Of a volume its name. */
  readonly id: string
  /** As what the worker is told that it is gone. */
  readonly told: string
  /** Bytes that its removal gives back. */
  readonly size: number
  readonly removal: Removal
}

/** From API 1.42 on, volumes with a name are kept unless `all` is set. */
const ANONYMOUS_ONLY = 42

/** @throws {EngineUnavailable} @throws {PruneFilterError} for filters that can't be read */
export async function candidatesOf(
  { gate, connected }: DockerCall,
  { engine, worker }: DockerRight,
  { kind, parameters }: Prune,
): Promise<readonly Candidate[]> {
  const { minor } = connected.facts
  const filters: Filters = parameters.filters ?? new Map<string, readonly string[]>()
  const matches = pruneFilter(filters, Date.now())
  const space = spaceOf(worker)
  const own = (owned: OwnedKind, list: readonly unknown[], key: string): readonly Unknown[] =>
    list
      .map(objectOf)
      .filter((object) => gate.ownership.owner(owned, textOf(object[key])) === worker.name)
      .filter((object) => matches({ ...object, Labels: space.labelsOf(objectOf(object['Labels'])) }))
  switch (kind) {
    case 'container.prune': {
      const ids = [...gate.ownership.idsOf(worker.name, 'container')]
      const list = ids.length === 0 ? [] : await stoppedContainers(engine, minor, ids)
      return own('container', list, 'Id').map((container) => {
        const id = textOf(container['Id'])
        const removal = { kind: 'container.remove', container: id, parameters: {} } as const
        return { id, told: id, size: Number(container['SizeRw'] ?? 0), removal }
      })
    }
    case 'network.prune':
      return own('network', await unusedNetworks(engine, minor), 'Id').map(({ Id, Name }) => {
        const id = textOf(Id)
        return {
          id,
          told: space.wordFor(textOf(Name)),
          size: 0,
          removal: { kind: 'network.remove', network: id },
        }
      })
    case 'volume.prune': {
      const all = minor < ANONYMOUS_ONLY || isTrue(filters.get('all'))
      const list = (await unusedVolumes(engine, minor)).filter((volume) => all || isAnonymous(volume))
      return own('volume', list, 'Name').map(({ Name }) => {
        const id = textOf(Name)
        return {
          id,
          told: space.wordFor(id),
          size: 0,
          removal: { kind: 'volume.remove', volume: id, parameters: {} },
        }
      })
    }
    case 'image.prune': {
      await gate.sight.whenKnown()
      const all = isFalse(filters.get('dangling'))
      const list = (await listTopImages(engine, minor)).filter((image) => all || !hasName(image))
      const owned = new Set(own('image', list, 'Id'))
      // What the worker gave a name to loses that, also where it is somebody else's too.
      const isNamed = (image: Unknown): boolean => matches(image) && hasNameOf(gate.ownership, worker, image)
      return list.filter((image) => owned.has(image) || isNamed(image)).map(imageOf)
    }
    case 'build.prune':
      return []
  }
}

function imageOf({ Id, Size }: Unknown): Candidate {
  const id = textOf(Id)
  const removal = { kind: 'image.remove', image: id, parameters: {} } as const
  return { id, told: id, size: Number(Size ?? 0), removal }
}

/** Whether an image has a name that the worker gave it in its space. */
function hasNameOf(ownership: Ownership, worker: WorkerPolicy, image: Unknown): boolean {
  const { images: space } = spaceOf(worker)
  return textsOf(image['RepoTags']).some(
    (name) => space.holds(name) && ownership.ownsTag(worker.name, name, textOf(image['Id'])),
  )
}

/** Podman does not mark them: what it made without a claim is one. */
function isAnonymous(volume: Unknown): boolean {
  const labels = objectOf(volume['Labels'])
  return ANONYMOUS_LABEL in labels || isUnclaimed(markOf(labels))
}

function hasName(image: Unknown): boolean {
  return textsOf(image['RepoTags']).some((name) => name !== '<none>:<none>')
}

function isTrue(values: readonly string[] | undefined): boolean {
  return values?.some((value) => value === 'true' || value === '1') ?? false
}

function isFalse(values: readonly string[] | undefined): boolean {
  return values?.some((value) => value === 'false' || value === '0') ?? false
}
