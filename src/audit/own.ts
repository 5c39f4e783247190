/** What a worker may read of the record: its own newest entries. They are looked for in steps, as the gate reads while others wait. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Share, Steps } from '../schedule/scheduler.ts'
import { openForReading } from '../store/database.ts'
import { entryRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import type { AuditEntry } from './entry.ts'
import { parseEntry } from './text.ts'

/** How far back is looked, in entries of all workers, and how many of these are looked at in one step. */
const WINDOW = 20_000
const STEP = 500
/** Bytes of the entries in one answer; one that is larger by itself comes alone. */
const LARGEST_PAGE = 2 ** 20

export interface OwnFilter {
  readonly count: number
  /** Only what follows this entry, the oldest first; else the newest ones. */
  readonly after: string | undefined
  readonly decision: 'allow' | 'refuse' | 'outcome' | undefined
}

export interface OwnRecord {
  /** A decision with its outcome, by its id; empty where the worker has none of that id lately. @throws {StoreUnavailable} */
  about(share: Share, worker: string, id: string): Promise<readonly AuditEntry[]>
  /** Newest entries, in the order of time, as many as one answer takes. @throws {StoreUnavailable} */
  recent(share: Share, worker: string, filter: OwnFilter): Promise<readonly AuditEntry[]>
  close(): void
}

/** The record of a state directory, opened when it is first asked. */
export function ownRecord(directory: string, store: Store): OwnRecord {
  let opened: DatabaseSync | undefined
  const read = async (worker: string): Promise<Window> => {
    // What was decided a moment ago may wait to be written.
    await store.write([], 'synced')
    opened ??= openForReading(directory)
    return new Window(opened, worker)
  }
  return {
    about: async (share, worker, id) => share.run(decisionOf(await read(worker), id)),
    recent: async (share, worker, filter) => {
      const window = await read(worker)
      const { after } = filter
      return share.run(after === undefined ? newest(window, filter) : following(window, filter, after))
    },
    close: () => opened?.close(),
  }
}

function* decisionOf(window: Window, about: string): Steps<readonly AuditEntry[]> {
  const found: Found[] = []
  for (const entry of window.fromNewest('about = :about', { about })) {
    yield
    if (entry !== undefined) found.unshift(entry)
    if (entry?.isDecision === true) break
  }
  return yield* window.read(found)
}

const DECIDED = '(:decision IS NULL OR decision = :decision)'

function* newest(window: Window, { count, decision }: Wanted): Steps<readonly AuditEntry[]> {
  const entries = window.fromNewest(DECIDED, { decision: decision ?? null })
  return (yield* window.read(yield* first(count, entries))).toReversed()
}

function* following(window: Window, { count, decision }: Wanted, id: string): Steps<readonly AuditEntry[]> {
  const [place] = yield* first(1, window.fromNewest('id = :id', { id }))
  if (place === undefined) return []
  const entries = window.after(place.seq, DECIDED, { decision: decision ?? null })
  return yield* window.read(yield* first(count, entries))
}

type Wanted = Pick<OwnFilter, 'count' | 'decision'>

function* first(count: number, entries: Iterable<Found | undefined>): Steps<readonly Found[]> {
  const found: Found[] = []
  for (const entry of entries) {
    yield
    if (entry !== undefined && found.push(entry) >= count) break
  }
  return found
}

/** Where an entry is. Sizes are known without reading the texts, most of which lie elsewhere in the file. */
interface Found {
  readonly seq: number
  readonly size: number
  readonly isDecision: boolean
}

type Names = Readonly<Record<string, SQLInputValue>>

/** A worker's entries among the newest ones. What is looked for comes with undefined in between: another step. */
class Window {
  readonly #database: DatabaseSync
  readonly #worker: string
  readonly #end: number

  constructor(database: DatabaseSync, worker: string) {
    this.#database = database
    this.#worker = worker
    this.#end = Number(database.prepare('SELECT max(seq) AS seq FROM entries').get()?.['seq'] ?? 0)
  }

  *fromNewest(wanted: string, names: Names): Generator<Found | undefined, void, void> {
    const find = this.#finder(`${wanted} ORDER BY seq DESC`)
    const least = Math.max(0, this.#end - WINDOW)
    for (let high = this.#end; high > least; high -= STEP) {
      yield undefined
      yield* find(Math.max(least, high - STEP), high, names)
    }
  }

  *after(seq: number, wanted: string, names: Names): Generator<Found | undefined, void, void> {
    const find = this.#finder(`${wanted} ORDER BY seq`)
    for (let low = seq; low < this.#end; low += STEP) {
      yield undefined
      yield* find(low, Math.min(this.#end, low + STEP), names)
    }
  }

  /** The first of the entries, up to the size of an answer. */
  *read(found: readonly Found[]): Steps<readonly AuditEntry[]> {
    const whole = this.#database.prepare('SELECT * FROM entries WHERE seq = ?')
    const entries: AuditEntry[] = []
    let total = 0
    for (const { seq, size } of found) {
      yield
      total += size
      if (total > LARGEST_PAGE && entries.length > 0) break
      entries.push(...whole.all(seq).map(entryOf))
    }
    return entries
  }

  #finder(wanted: string): (low: number, high: number, names: Names) => readonly Found[] {
    const range = 'seq > :low AND seq <= :high AND worker = :worker'
    const found = this.#database.prepare(
      `SELECT seq, octet_length(text) AS size, decision FROM entries WHERE ${range} AND ${wanted}`,
    )
    return (low, high, names) => found.all({ low, high, worker: this.#worker, ...names }).map(foundOf)
  }
}

type Values = Readonly<Record<string, SQLOutputValue>>

function foundOf({ seq, size, decision }: Values): Found {
  return { seq: Number(seq), size: Number(size), isDecision: decision !== 'outcome' }
}

function entryOf(values: Values): AuditEntry {
  const { seq, text } = entryRow(values)
  const entry = parseEntry(text)
  if (entry === undefined) throw new TypeError(`entry ${seq} of the record cannot be read`)
  return entry
}
