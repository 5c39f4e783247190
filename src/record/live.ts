/** The record of a running gate, for those who read it there. */
import type { Share, Steps } from '../schedule/scheduler.ts'
import type { RecordReader } from './reader.ts'
import { openRecord } from './sqlite/open-reader.ts'
import type { Store } from './store.ts'

/** Opened when it is first asked. */
export class LiveRecord {
  readonly #directory: string
  readonly #store: Pick<Store, 'write'>
  #reader: RecordReader | undefined

  constructor(directory: string, store: Pick<Store, 'write'>) {
    this.#directory = directory
    this.#store = store
  }

  /** Reads in turns of whoever asks, with all that was decided until now. @throws {StoreUnavailable} */
  async read<T>(share: Share, steps: (reader: RecordReader) => Steps<T>): Promise<T> {
    // What was decided a moment ago may wait to be written.
    await this.#store.write([], 'synced')
    this.#reader ??= openRecord(this.#directory)
    return share.run(steps(this.#reader))
  }

  close(): void {
    this.#reader?.close()
  }
}
