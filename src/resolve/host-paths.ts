/** Paths of the host with their symbolic links resolved. The one stage of a decision that touches the file system. */
import { realpath } from 'node:fs/promises'
import type { HostPath } from './facts.ts'

const NONE: ReadonlyMap<string, HostPath> = new Map()
/**
 * Lookups at once, of all workers together. Each holds one of the four threads that Node has for files, and a path can be laid out
 * so that it takes a second; the record of every other worker waits for these threads too.
 */
const MOST_AT_ONCE = 2

/** Nobody waits any more for paths that were to be looked up. */
export class LookupAbandoned extends Error {
  override readonly name = 'LookupAbandoned'
}

export class PathLookups {
  #running = 0
  readonly #waiting: (() => void)[] = []
  /** What each worker asked for last; what it asks for next begins behind it. */
  readonly #last = new Map<string, Promise<unknown>>()

  /**
   * Real paths by the paths as they were written, one at a time of each worker.
   * @param signal ends it for a client that went away. @throws {LookupAbandoned}
   */
  resolve(
    worker: string,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, HostPath>> {
    if (paths.length === 0) return Promise.resolve(NONE)
    const before = this.#last.get(worker)
    const resolved = Promise.allSettled([before]).then(() => this.#resolveAll(paths, signal))
    const over = Promise.allSettled([resolved]).then(() => {
      if (this.#last.get(worker) === over) this.#last.delete(worker)
    })
    this.#last.set(worker, over)
    return resolved
  }

  async #resolveAll(paths: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, HostPath>> {
    const found = new Map<string, HostPath>()
    for (const path of new Set(paths)) {
      if (signal.aborted) throw new LookupAbandoned('the client went away')
      found.set(path, await this.#inTurn(path))
    }
    return found
  }

  async #inTurn(path: string): Promise<HostPath> {
    if (this.#running < MOST_AT_ONCE) this.#running += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await resolveOne(path)
    } finally {
      const next = this.#waiting.shift()
      // It takes over the place of this one.
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}

async function resolveOne(path: string): Promise<HostPath> {
  try {
    return { found: true, real: await realpath(path) }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    return { found: false, why: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable' }
  }
}
