/**
 * Group commit: what is queued in one turn of the event loop, within some milliseconds, or while the disk is busy with what
 * came before, goes to disk in one commit.
 */

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
  /** Writes all of it or none; also called with nothing, to see whether the disk takes writes again. */
  commit(changes: readonly Change[]): void
  /** Resolves when all that was committed is on disk, and would outlast a loss of power. */
  sync(): Promise<void>
  /** The same for the end of the process, when nothing else has to go on meanwhile. */
  syncNow(): void
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
  readonly #told: (failure: StoreUnavailable | undefined) => void
  #waiting: Write[] = []
  #failure: StoreUnavailable | undefined
  #closed = false
  #timer: NodeJS.Timeout | undefined
  #immediate: NodeJS.Immediate | undefined
  /** Who waits for the commit that the disk is busy with; undefined while it is idle. */
  #syncing: readonly Waiter[] | undefined
  /** Whether the next commit begins as soon as the disk is done. */
  #due = false

  /** @param told is told why nothing can be written any more, and with undefined that it can again */
  constructor(sink: Sink, told: (failure: StoreUnavailable | undefined) => void = () => undefined) {
    this.#sink = sink
    this.#told = told
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
      if (this.#syncing === undefined) this.#immediate ??= this.#gather(0)
      else this.#due = true
    })
  }

  /** Flushes when a turn of the event loop brought nothing more: a commit costs the same for one write and for many. */
  #gather(turns: number): NodeJS.Immediate {
    const before = this.#waiting.length
    return setImmediate(() => {
      if (this.#waiting.length > before && turns < MOST_TURNS) this.#immediate = this.#gather(turns + 1)
      else this.#flush()
    })
  }

  /** Queues without waiting; throws StoreUnavailable where `soon` can't be promised. */
  later(changes: readonly Change[], durability: Exclude<Durability, 'synced'>): void {
    if (durability === 'soon' && this.#failure !== undefined) throw this.#failure
    // `kept` follows a change that was let through, so there are never many.
    this.#requireOpen(durability === 'kept' ? Infinity : MOST_WAITING)
    this.#waiting.push({ changes, waiter: undefined })
    this.#timer ??= setTimeout(() => this.#flush(), SOON)
  }

  /** Commits all that waits, and tells those who wait when it is on disk. Never throws: see `failure`. */
  #flush(): void {
    if (this.#syncing !== undefined) {
      this.#due = true
      return
    }
    const waiters = this.#commit()
    if (waiters === undefined) return
    this.#syncing = waiters
    this.#sink.sync().then(
      () => this.#synced(),
      (error: unknown) => this.#synced(error),
    )
  }

  #synced(error?: unknown): void {
    if (this.#closed) return
    this.#settle(error)
    if (this.#due) this.#flush()
  }

  /** Writes all that waits. Returns who waits for the disk; undefined where it failed. */
  #commit(): readonly Waiter[] | undefined {
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    this.#timer = this.#immediate = undefined
    this.#due = false
    const writes = this.#waiting
    this.#waiting = []
    const waiters = writes.flatMap(({ waiter }) => waiter ?? [])
    try {
      this.#sink.commit(writes.flatMap((write) => write.changes))
      return waiters
    } catch (error) {
      const failure = this.#fail(error)
      // A refused change had no effect: its entry goes. What has been answered stays, in order.
      this.#waiting = writes.filter((write) => write.waiter === undefined)
      for (const waiter of waiters) waiter.reject(failure)
      return undefined
    }
  }

  /** Seals what is on disk and lets its changes go on; what was committed but may not be on disk does not. */
  #settle(error: unknown): void {
    const waiters = this.#syncing ?? []
    this.#syncing = undefined
    if (error === undefined) {
      this.#seal()
      for (const { resolve } of waiters) resolve()
      return
    }
    const failure = this.#fail(error)
    for (const { reject } of waiters) reject(failure)
  }

  /** Writes all that waits and takes nothing more; throws StoreUnavailable where that could not be written. */
  close(): void {
    const waiters = this.#commit()
    this.#syncing = [...(this.#syncing ?? []), ...(waiters ?? [])]
    if (waiters !== undefined) this.#settle(this.#syncNow())
    clearTimeout(this.#timer)
    const failure = this.#failure
    this.#closed = true
    if (failure !== undefined) throw failure
  }

  #syncNow(): unknown {
    try {
      this.#sink.syncNow()
      return undefined
    } catch (error) {
      return error
    }
  }

  /** A head that can't be signed does not undo the commit, but nothing further is let through. */
  #seal(): void {
    try {
      this.#sink.seal()
      if (this.#failure !== undefined) this.#told(undefined)
      this.#failure = undefined
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): StoreUnavailable {
    const failure = this.#sink.unavailable(error)
    if (this.#failure === undefined) this.#told(failure)
    this.#failure = failure
    this.#timer ??= setTimeout(() => this.#flush(), RETRY)
    return failure
  }

  #requireOpen(most: number): void {
    if (this.#closed) throw this.#sink.unavailable(new Error('it was closed'))
    if (this.#waiting.length < most) return
    throw this.#sink.unavailable(new Error(`${most} writes wait for the disk`))
  }
}
