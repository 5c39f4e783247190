/** The record of a running gate, for those who read it there. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Share, Steps } from '../schedule/scheduler.ts'
import type { Filter, Page, Recorded, RecordReader } from './reader.ts'
import { openRecord } from './sqlite/open-reader.ts'
import type { Store } from './store.ts'

/** Milliseconds between two looks of one who follows, however often something is written. */
const LOOK = 100
/** Milliseconds after which somebody who follows is given an empty page, where there is nothing to give. */
const QUIET = 15_000
/** Entries that one who follows is given at once. */
const PAGE = 500

/** Opened when it is first asked. */
export class LiveRecord {
  readonly #directory: string
  readonly #store: Pick<Store, 'write' | 'watch'>
  #reader: RecordReader | undefined

  constructor(directory: string, store: Pick<Store, 'write' | 'watch'>) {
    this.#directory = directory
    this.#store = store
  }

  /** Reads what is on disk, in turns of whoever asks. @throws {StoreError} */
  async read<T>(share: Share, steps: (reader: RecordReader) => Steps<T>): Promise<T> {
    this.#reader ??= openRecord(this.#directory)
    return share.run(steps(this.#reader))
  }

  /** The same, once all that was decided until now is there: reads are written some time after they were answered. @throws {StoreError} */
  async readAll<T>(share: Share, steps: (reader: RecordReader) => Steps<T>): Promise<T> {
    await this.#store.write([], 'synced')
    return this.read(share, steps)
  }

  /**
   * Matching entries and then those that come, once they are on disk: read from there as they are asked for, so that nothing is kept
   * for who is slow. Ends with an error when the signal is given.
   * @param after number of the entry after which they are; default what is there now
   */
  async *follow(
    share: Share,
    filter: Filter,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Recorded[]> {
    const news = new News(this.#store)
    try {
      for (let from = after; ;) {
        signal.throwIfAborted()
        const { entries, next, end } = await this.read(share, (reader) => pageAfter(reader, filter, from))
        from = next ?? Math.max(from ?? 0, end)
        if (entries.length > 0) yield entries
        if (next !== undefined) continue
        await pause(LOOK, undefined, { signal })
        if (!(await news.come(QUIET, signal))) yield []
      }
    } finally {
      news.end()
    }
  }

  close(): void {
    this.#reader?.close()
  }
}

function* pageAfter(
  reader: RecordReader,
  filter: Filter,
  after: number | undefined,
): Steps<Page & { readonly end: number }> {
  const end = reader.end()
  if (after === undefined) return { entries: [], next: undefined, end }
  return { ...(yield* reader.first(filter, { after, end }, PAGE)), end }
}

/** Whether something was written since it was asked last. */
class News {
  readonly end: () => void
  #isThere = false
  #tell: () => void = () => undefined

  constructor(store: Pick<Store, 'watch'>) {
    this.end = store.watch(() => {
      this.#isThere = true
      this.#tell()
    })
  }

  /** Resolves with true once there is something, with false after a while without. Rejects when the signal is given. */
  async come(longest: number, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController()
    const come = new Promise<void>((resolve) => {
      this.#tell = resolve
    })
    try {
      if (this.#isThere) return true
      await Promise.race([
        come,
        pause(longest, undefined, { signal: AbortSignal.any([signal, over.signal]) }),
      ])
      return this.#isThere
    } finally {
      this.#isThere = false
      over.abort()
    }
  }
}
