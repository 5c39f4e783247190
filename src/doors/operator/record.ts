/** The record for the operator: a page of it, all about one decision, and what comes, as it comes. */
import type { ServerResponse } from 'node:http'
import type { LiveRecord } from '../../record/live.ts'
import { whole, type Filter, type Recorded } from '../../record/reader.ts'
import type { Share } from '../../schedule/scheduler.ts'
import { BadRequest, type Query } from './query.ts'

/** Entries in one answer. */
const USUAL_LIMIT = 100
const MOST_ENTRIES = 1_000
/** Milliseconds for a reader to take what was sent; then it is cut. */
const SLOWEST = 30_000
/** Who may follow at once. */
const MOST_FOLLOWING = 32

export const FILTER = ['worker', 'operation', 'decision', 'since', 'until']

/** An entry as it is sent: its place in the chain, and its fields as they are recorded. */
export type SentEntry = { readonly seq: number } & Recorded['entry']

export interface RecordPage {
  readonly entries: readonly SentEntry[]
  /** `after` of the next page, or `before` of the one before; left out where there is none. */
  readonly next?: number
  /** Number of the newest entry on disk. */
  readonly end: number
}

function sent({ seq, entry }: Recorded): SentEntry {
  return { seq, ...entry }
}

function filterOf(query: Query): Filter {
  return {
    worker: query.text('worker'),
    operation: query.text('operation'),
    decision: query.oneOf('decision', ['allow', 'refuse', 'outcome']),
    since: query.whole('since', 0),
    until: query.whole('until', 0),
  }
}

/** The newest entries, or those before or after one. @throws {BadRequest} */
export function readPage(record: LiveRecord, share: Share, query: Query): Promise<RecordPage> {
  const filter = filterOf(query)
  const after = query.whole('after', 0)
  const before = query.whole('before', 1)
  const count = query.whole('limit', 1, MOST_ENTRIES) ?? USUAL_LIMIT
  if (after !== undefined && before !== undefined)
    throw new BadRequest('after goes forwards and before backwards: give one of them')
  return record.read(share, function* (reader) {
    const { end } = whole(reader)
    const { entries, next } =
      after === undefined
        ? yield* reader.newest(filter, { after: 0, end: before === undefined ? end : before - 1 }, count)
        : yield* reader.first(filter, { after, end }, count)
    return { entries: entries.map(sent), ...(next === undefined ? {} : { next }), end }
  })
}

/** The decision that an id belongs to, and its outcomes. */
export async function readAbout(
  record: LiveRecord,
  share: Share,
  id: string,
): Promise<{ readonly entries: readonly SentEntry[] }> {
  const found = await record.read(share, (reader) => reader.about(id, whole(reader)))
  return { entries: found.map(sent) }
}

/** Those who follow the record. Each reads it from the disk at its own pace, and nothing is kept for it beyond a page. */
export class Followers {
  readonly #record: LiveRecord
  readonly #slowest: number
  #following = 0

  /** @param slowest milliseconds for a reader to take what was sent */
  constructor(record: LiveRecord, slowest = SLOWEST) {
    this.#record = record
    this.#slowest = slowest
  }

  get isFull(): boolean {
    return this.#following >= MOST_FOLLOWING
  }

  /** Sends entries as server-sent events until the reader goes away, or takes too long. @throws {BadRequest} */
  async serve(share: Share, query: Query, response: ServerResponse, signal: AbortSignal): Promise<void> {
    const filter = filterOf(query)
    const after = query.whole('after', 0)
    this.#following += 1
    try {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
      response.flushHeaders()
      for await (const entries of this.#record.follow(share, filter, after, signal)) {
        const events = entries.map(
          (recorded) => `id: ${recorded.seq}\ndata: ${JSON.stringify(sent(recorded))}\n\n`,
        )
        // A comment, where there is nothing to tell: by it is seen who is no longer there.
        if (!response.write(events.join('') || ':\n\n')) await taken(response, this.#slowest)
      }
    } finally {
      this.#following -= 1
      response.destroy()
    }
  }
}

/** Resolves when a reader has taken what was sent; one that does not is cut. */
function taken(response: ServerResponse, slowest: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), slowest)
    const over = (): void => {
      clearTimeout(timer)
      response.off('drain', over).off('close', over)
      resolve()
    }
    response.on('drain', over).on('close', over)
  })
}
