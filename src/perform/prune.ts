/**
 * A prune: the worker's own things that are not in use, looked through and removed one by one.
 * An engine's own prune goes by labels, which images hand down to other people's containers.
 */
import { pick } from '../filter/inspect.ts'
import { stoppedContainers } from '../engine/questions/containers.ts'
import { listTopImages } from '../engine/questions/images.ts'
import { unusedNetworks } from '../engine/questions/networks.ts'
import { remove, removeParents } from '../engine/questions/remove.ts'
import { unusedVolumes } from '../engine/questions/volumes.ts'
import { errorReply, jsonReply, type Reply } from '../engine/reply.ts'
import type { Gate } from '../gate.ts'
import type { PrunePermit } from '../decide/verdict.ts'
import type { DockerRight } from '../rights/docker-call.ts'
import { ownParents, type Images } from '../world/images.ts'
import { listOf, objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import type { Change, OwnedKind } from '../record/store.ts'
import { pruneFilter, PruneFilterError } from './prune-filter.ts'
import { removeUnused } from './prune-images.ts'
import { forgetVolume, statusOfVolume } from './create-volumes.ts'

/** Is told of each object once it is removed, with what is to be written whatever comes after. */
type Removed = (id: string, changes: readonly Change[]) => void

/** Removes what the worker owns and nothing uses. @throws {EngineUnavailable} */
export async function prune(
  gate: Gate,
  right: DockerRight,
  minor: number,
  { operation }: PrunePermit,
  isRemoved: Removed,
): Promise<Reply> {
  const filters = operation.parameters.filters ?? new Map<string, readonly string[]>()
  try {
    const matches = pruneFilter(filters, Date.now())
    const run = new PruneRun(gate, right, minor, matches, isRemoved)
    switch (operation.kind) {
      case 'container.prune': {
        const { removed, space } = await run.remove('container', await run.stoppedContainers())
        return jsonReply(200, { ContainersDeleted: removed, SpaceReclaimed: space })
      }
      case 'network.prune': {
        const { removed } = await run.remove('network', await run.unusedNetworks())
        return jsonReply(200, { NetworksDeleted: removed })
      }
      case 'volume.prune': {
        const all = minor < ANONYMOUS_ONLY || isTrue(filters.get('all'))
        const { removed, space } = await run.remove('volume', await run.unusedVolumes(all))
        return jsonReply(200, { VolumesDeleted: removed, SpaceReclaimed: space })
      }
      case 'image.prune': {
        const { removed, space } = await run.remove(
          'image',
          await run.unusedImages(!isFalse(filters.get('dangling'))),
        )
        const deleted = removed.map((id) => ({ Deleted: id }))
        return jsonReply(200, { ImagesDeleted: deleted, SpaceReclaimed: space })
      }
      case 'build.prune':
        return jsonReply(200, { CachesDeleted: [], SpaceReclaimed: 0 })
    }
  } catch (cause) {
    if (cause instanceof PruneFilterError) return errorReply(400, cause.message)
    throw cause
  }
}

/** From API 1.42 on, volumes with a name are kept unless `all` is set. */
const ANONYMOUS_ONLY = 42

interface Candidate {
  readonly id: string
  /** Bytes that its removal gives back. */
  readonly size: number
}

class PruneRun {
  readonly #gate: Gate
  readonly #right: DockerRight
  readonly #worker: string
  readonly #minor: number
  readonly #matches: (object: Unknown) => boolean
  readonly #isRemoved: Removed

  constructor(
    gate: Gate,
    right: DockerRight,
    minor: number,
    matches: (object: Unknown) => boolean,
    isRemoved: Removed,
  ) {
    this.#gate = gate
    this.#right = right
    this.#worker = right.worker.name
    this.#minor = minor
    this.#matches = matches
    this.#isRemoved = isRemoved
  }

  async stoppedContainers(): Promise<readonly Candidate[]> {
    const own = [...this.#gate.ownership.idsOf(this.#worker, 'container')]
    if (own.length === 0) return []
    const list = await stoppedContainers(this.#right.engine, this.#minor, own)
    return this.#own('container', list, 'Id', (container) => Number(container['SizeRw'] ?? 0))
  }

  async unusedNetworks(): Promise<readonly Candidate[]> {
    const list = await unusedNetworks(this.#right.engine, this.#minor)
    return this.#own('network', list, 'Id', () => 0)
  }

  async unusedVolumes(all: boolean): Promise<readonly Candidate[]> {
    const unused = await unusedVolumes(this.#right.engine, this.#minor)
    const anonymous = (volume: Unknown): boolean =>
      'com.docker.volume.anonymous' in objectOf(volume['Labels'])
    const list = unused.filter((volume) => all || anonymous(volume))
    return this.#own('volume', list, 'Name', () => 0)
  }

  async unusedImages(danglingOnly: boolean): Promise<readonly Candidate[]> {
    const known = { images: await this.#gate.sight.whenKnown(), ownership: this.#gate.ownership }
    const list = await listTopImages(this.#right.engine, this.#minor)
    const named = (image: Unknown): boolean =>
      textsOf(image['RepoTags']).some((name) => name !== '<none>:<none>')
    const kept = list.filter((image) =>
      danglingOnly ? !named(image) : this.#isWhollyOwn(known, textOf(image['Id'])),
    )
    return this.#own('image', kept, 'Id', (image) => Number(image['Size'] ?? 0))
  }

  /** Removes what can be removed; what turns out to be in use stays. */
  async remove(
    kind: 'container' | 'image' | 'network' | 'volume',
    candidates: readonly Candidate[],
  ): Promise<{ readonly removed: readonly string[]; readonly space: number }> {
    const removed: string[] = []
    let space = 0
    for (const { id, size } of candidates) {
      const gone = await this.#removeOne(kind, id)
      removed.push(...gone)
      if (gone.length > 0) space += size
    }
    return { removed, space }
  }

  /** Gives the ids of what is gone. */
  async #removeOne(
    kind: 'container' | 'image' | 'network' | 'volume',
    id: string,
  ): Promise<readonly string[]> {
    if (kind === 'image') return this.#removeImage(id)
    if (kind === 'volume') return this.#removeVolume(id)
    if (!(await remove(this.#right.engine, this.#minor, [`${kind}s`, id]))) return []
    this.#forget(kind, id)
    return [id]
  }

  /** Somebody else can have given it a name since the listing, or do so at this moment. */
  #removeImage(id: string): Promise<readonly string[]> {
    const { engine } = this.#right
    return this.#gate.imageTurns.remove(this.#worker, id, async (known) => {
      if (!this.#isWhollyOwn(known, id)) return []
      const parents = ownParents(known, this.#worker, id)
      const names = known.images.get(id)?.names ?? []
      if (!(await removeUnused(engine, this.#minor, id, names))) return []
      this.#forget('image', id)
      const gone = await removeParents(engine, this.#minor, parents)
      for (const parent of gone) this.#isRemoved(parent, [])
      return [id, ...gone]
    })
  }

  async #removeVolume(name: string): Promise<readonly string[]> {
    const release = this.#keepVolume(name)
    if (release === undefined) return []
    try {
      const volume = this.#gate.ownership.get('volume', name)
      if (volume === undefined || (await statusOfVolume(this.#right.engine, this.#minor, volume)) !== 200)
        return []
      if (!(await remove(this.#right.engine, this.#minor, ['volumes', name]))) return []
      this.#isRemoved(name, forgetVolume(this.#gate, volume))
      return [name]
    } finally {
      release()
    }
  }

  /** Other names of an image are somebody else's, and would go with it. */
  #isWhollyOwn({ images, ownership }: Images, id: string): boolean {
    return images.get(id)?.names.every((name) => ownership.ownsTag(this.#worker, name, id)) ?? false
  }

  /** Keeps a volume from others while it is removed by its name; undefined where that is another's by now, or busy. */
  #keepVolume(name: string): (() => void) | undefined {
    const { volumesInUse, volumesRemoved } = this.#gate.ownership
    const isBusy = [volumesInUse, volumesRemoved].some((kept) => kept.workerOf(name) !== undefined)
    if (isBusy || this.#gate.ownership.owner('volume', name) !== this.#worker) return undefined
    return volumesRemoved.keep(this.#worker, [name])
  }

  #forget(kind: OwnedKind, id: string): void {
    const { inventory, ownership } = this.#gate
    if (kind === 'container') inventory.removeContainer(id)
    const change = ownership.forget(kind, id)
    this.#isRemoved(id, change === undefined ? [] : [change])
  }

  #own(
    kind: OwnedKind,
    list: unknown,
    key: string,
    sizeOf: (object: Unknown) => number,
  ): readonly Candidate[] {
    return listOf(list)
      .map(objectOf)
      .filter((object) => this.#gate.ownership.owner(kind, textOf(object[key])) === this.#worker)
      .filter((object) => this.#matches(pick(object, ['Labels', 'Created', 'CreatedAt'])))
      .map((object) => ({ id: textOf(object[key]), size: sizeOf(object) }))
  }
}

function isTrue(values: readonly string[] | undefined): boolean {
  return values?.some((value) => value === 'true' || value === '1') ?? false
}

function isFalse(values: readonly string[] | undefined): boolean {
  return values?.some((value) => value === 'false' || value === '0') ?? false
}
