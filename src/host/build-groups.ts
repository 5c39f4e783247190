/**
 * The groups of processes (cgroups) that the steps of workers' builds are in: BuildKit puts each step into one below the parent that its
 * graph names, and what that may take all of them together may. An engine sets no limits by itself there.
 */
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Limits } from '../policy/policy.ts'
import { codeOf } from '../files/descriptor.ts'

/** Where a host has its groups (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/). */
const ROOT = '/sys/fs/cgroup'
/** Microseconds. */
const PERIOD = 100_000

type LimitsOfAll = Pick<Limits, 'memory' | 'nanoCpus' | 'pids'>

export class BuildGroups {
  readonly #root: string
  #complaint: string | undefined

  constructor(root = ROOT) {
    this.#root = root
  }

  /** Why steps of builds have no limits; undefined where they have, or none was begun. */
  get complaint(): string | undefined {
    return this.#complaint
  }

  /**
   * Makes a group with the limits of one container: a worker's steps share them. What can't be made is no reason to build nothing: it is
   * told. @param parent below the root of groups
   */
  async prepare(parent: string, limits: LimitsOfAll): Promise<void> {
    try {
      if (existsSync(join(this.#root, 'cgroup.controllers'))) await this.#prepareUnified(parent, limits)
      else await this.#prepareSeparate(parent, limits)
      this.#complaint = undefined
    } catch (cause) {
      const code = codeOf(cause)
      if (code === undefined) throw cause
      this.#complaint = `steps of builds have no limits: their group can't be made below ${this.#root} (${code})`
    }
  }

  /** Version 2: one tree, in which each group hands controllers down. */
  async #prepareUnified(parent: string, { memory, nanoCpus, pids }: LimitsOfAll): Promise<void> {
    let place = this.#root
    for (const part of parent.split('/')) {
      await writeFile(join(place, 'cgroup.subtree_control'), '+memory +cpu +pids')
      place = join(place, part)
      await makeGroup(place)
    }
    await writeFile(join(place, 'memory.max'), String(memory))
    await writeOptional(join(place, 'memory.swap.max'), String(memory))
    await writeFile(join(place, 'cpu.max'), `${quotaOf(nanoCpus)} ${PERIOD}`)
    await writeFile(join(place, 'pids.max'), String(pids))
  }

  /** Version 1: a tree for each controller. */
  async #prepareSeparate(parent: string, { memory, nanoCpus, pids }: LimitsOfAll): Promise<void> {
    const [ofMemory, ofCpu, ofPids] = ['memory', 'cpu', 'pids'].map((controller) =>
      join(this.#root, controller, parent),
    )
    for (const place of [ofMemory, ofCpu, ofPids]) if (place !== undefined) await makeGroup(place)
    // With swap it is never less than without.
    const swap = join(ofMemory ?? '', 'memory.memsw.limit_in_bytes')
    await writeOptional(swap, '-1')
    await writeFile(join(ofMemory ?? '', 'memory.limit_in_bytes'), String(memory))
    await writeOptional(swap, String(2 * memory))
    await writeFile(join(ofCpu ?? '', 'cpu.cfs_period_us'), String(PERIOD))
    await writeFile(join(ofCpu ?? '', 'cpu.cfs_quota_us'), String(quotaOf(nanoCpus)))
    await writeFile(join(ofPids ?? '', 'pids.max'), String(pids))
  }
}

/** Microseconds of a period. */
function quotaOf(nanoCpus: number): number {
  return Math.floor((nanoCpus / 1e9) * PERIOD)
}

async function makeGroup(place: string): Promise<void> {
  await mkdir(place, { recursive: true })
}

/** A limit that kernels may be built without. */
async function writeOptional(path: string, text: string): Promise<void> {
  if (existsSync(path)) await writeFile(path, text)
}
