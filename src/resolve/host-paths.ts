/** Paths of the host with their symbolic links resolved. The one stage of a decision that touches the file system. */
import type { HostPath } from '../files/host-path.ts'

const NONE: ReadonlyMap<string, HostPath> = new Map()
/**
 * Lookups at once, of all workers together. Each holds one of the four threads that Node has for files, and a path can be laid out
 * so that it takes a second; the record of every other worker waits for these threads too. After each component another has its turn.
 */
const MOST_AT_ONCE = 2

/** Nobody waits any more for paths that were to be looked up. */
export class LookupAbandoned extends Error {
  override readonly name = 'LookupAbandoned'
}

/** Who looks one path up. @param turn to be called before each component, and waited for */
export interface HostPaths {
  find(path: string, turn: () => Promise<void>): Promise<HostPath>
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
    host: HostPaths,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, HostPath>> {
    if (paths.length === 0) return Promise.resolve(NONE)
    const before = this.#last.get(worker)
    const resolved = Promise.allSettled([before]).then(() => this.#resolveAll(host, paths, signal))
    const over = Promise.allSettled([resolved]).then(() => {
      if (this.#last.get(worker) === over) this.#last.delete(worker)
    })
    this.#last.set(worker, over)
    return resolved
  }

  async #resolveAll(
    host: HostPaths,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, HostPath>> {
    const found = new Map<string, HostPath>()
    for (const path of new Set(paths)) {
      if (signal.aborted) throw new LookupAbandoned('the client went away')
      found.set(path, await this.#inTurn(host, path, signal))
    }
    return found
  }

  async #inTurn(host: HostPaths, path: string, signal: AbortSignal): Promise<HostPath> {
    if (this.#running < MOST_AT_ONCE) this.#running += 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await host.find(path, () => this.#letOthers(signal))
    } finally {
      const next = this.#waiting.shift()
      // It takes the place of this one.
      if (next === undefined) this.#running -= 1
      else next()
    }
  }

  /** Gives its place to whoever waits, and waits in turn. */
  async #letOthers(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new LookupAbandoned('the client went away')
    const next = this.#waiting.shift()
    if (next === undefined) return
    const again = new Promise<void>((resolve) => this.#waiting.push(resolve))
    next()
    await again
  }
}
