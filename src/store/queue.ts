/** Group commit: what is queued in one turn of the event loop, or within some milliseconds, goes to disk in one commit. */

import type { StoreUnavailable } from './errors.ts'
import type { Change, Durability } from './store.ts'

interface Write {
  readonly changes: readonly Change[]
  readonly waiter: Waiter | undefined
}

interface Waiter {
  readonly resolve: () => void
  readonly reject: (error: StoreUnavailable) => void
}

/** What the queue stands on; each may throw. */
export interface Sink {
  /** Writes all of it to disk or none; also called with nothing, to see whether the disk takes writes again. */
  commit(changes: readonly Change[]): void
  /** Signs what was committed. */
  seal(): void
  unavailable(error: unknown): StoreUnavailable
}

const MOST_WAITING = 20_000
/** Turns of the event loop that a commit waits for more. */
const MOST_TURNS = 16
/** Milliseconds until `soon` is flushed: half of what is promised, the rest is for the commit. */
const SOON = 50
/** Milliseconds between two tries while the store fails. */
const RETRY = 1000

export class WriteQueue {
  readonly #sink: Sink
  #waiting: Write[] = []
  #failure: StoreUnavailable | undefined
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined

  constructor(sink: Sink) {
    this.#sink = sink
  }

  /** Why the last try to write failed; undefined where it did not. */
  get failure(): StoreUnavailable | undefined {
    return this.#failure
  }

  /** Queues a `synced` write; resolves when it is on disk. */
  synced(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#requireOpen(MOST_WAITING)
      this.#waiting.push({ changes, waiter: { resolve, reject } })
      this.#immediate ??= this.#gather(0)
    })
  }

  /** Flushes when a turn of the event loop brought nothing more: a commit costs the same for one write and for many. */
  #gather(turns: number): NodeJS.Immediate {
    const before = this.#waiting.length
    return setImmediate(() => {
      if (this.#waiting.length > before && turns < MOST_TURNS) this.#immediate = this.#gather(turns + 1)
      else this.flush()
    })
  }

  /** Queues without waiting; throws StoreUnavailable where `soon` can't be promised. */
  later(changes: readonly Change[], durability: Exclude<Durability, 'synced'>): void {
    if (durability === 'soon' && this.#failure !== undefined) throw this.#failure
    // `kept` follows a change that was let through, so there are never many.
    this.#requireOpen(durability === 'kept' ? Infinity : MOST_WAITING)
    this.#waiting.push({ changes, waiter: undefined })
    this.#timer ??= setTimeout(() => this.flush(), SOON)
  }

  /** Writes all that waits, now. Never throws: see `failure`. */
  flush(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
    const writes = this.#waiting
    this.#waiting = []
    try {
      this.#sink.commit(writes.flatMap((write) => write.changes))
    } catch (error) {
      const failure = this.#fail(error)
      // A refused change had no effect: its entry goes. What has been answered stays, in order.
      this.#waiting = writes.filter((write) => write.waiter === undefined)
      for (const write of writes) write.waiter?.reject(failure)
      return
    }
    this.#seal()
    for (const write of writes) write.waiter?.resolve()
  }

  /** Writes all that waits and takes nothing more; throws StoreUnavailable where that could not be written. */
  close(): void {
    this.flush()
    clearTimeout(this.#timer)
    const failure = this.#failure
    this.#closed = true
    if (failure !== undefined) throw failure
  }

  /** A head that can't be signed does not undo the commit, but nothing further is let through. */
  #seal(): void {
    try {
      this.#sink.seal()
      this.#failure = undefined
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): StoreUnavailable {
    this.#failure = this.#sink.unavailable(error)
    this.#timer = setTimeout(() => this.flush(), RETRY)
    return this.#failure
  }

  #requireOpen(most: number): void {
    if (this.#closed) throw this.#sink.unavailable(new Error('it was closed'))
    if (this.#waiting.length < most) return
    throw this.#sink.unavailable(new Error(`${most} writes wait for the disk`))
  }
}
