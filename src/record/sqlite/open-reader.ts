/** The record's reader on SQLite: a connection of its own, which can only read. */

import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { Steps } from '../../schedule/scheduler.ts'
import type { Row } from '../chain.ts'
import { StoreBroken, storeError } from '../errors.ts'
import type { Filter, Page, Range, Recorded, RecordReader } from '../reader.ts'
import { parseEntry } from '../text.ts'
import { openForReading } from './database.ts'
import { headRow } from './head-row.ts'
import { entryRow } from './rows.ts'

/** Rows that are looked at in one step. */
const STEP = 500
/** Bytes of the entries in one answer; one that is larger by itself comes alone. */
const LARGEST_PAGE = 2 ** 20
/** Rows of the chain that are read at once. */
const BATCH = 1000

const MATCHES = `(:id IS NULL OR id = :id) AND (:about IS NULL OR about = :about)
  AND (:worker IS NULL OR worker = :worker)
  AND (:operation IS NULL OR operation = :operation)
  AND (:prefix IS NULL OR substr(operation, 1, length(:prefix)) = :prefix)
  AND (:decision IS NULL OR decision = :decision)
  AND (:since IS NULL OR time >= :since) AND (:until IS NULL OR time < :until)`

/** Opens the record of a state directory. Throws, also from its methods, StoreMissing, StoreBroken or StoreUnavailable. */
export function openRecord(directory: string): RecordReader {
  const database = openForReading(directory)
  const search = new Search(database, directory)
  /** Steps whose errors are told as the store's. */
  function* told<T>(steps: Steps<T>): Steps<T> {
    try {
      return yield* steps
    } catch (error) {
      throw storeError(directory, error)
    }
  }
  const read = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw storeError(directory, error)
    }
  }
  return {
    end: () =>
      read(() => Number(database.prepare('SELECT max(seq) AS seq FROM entries').get()?.['seq'] ?? 0)),
    newest: (filter, range, count) => told(search.newest(filter, range, count)),
    first: (filter, range, count) => told(search.first(filter, range, count)),
    about: (id, range, worker) => told(search.about(id, range, worker)),
    rows: (end) => rowsUpTo(database, end),
    hasDecision: (id, before) =>
      read(() => {
        const sql = `SELECT seq FROM entries WHERE seq < ? AND id = ? AND decision <> 'outcome' ORDER BY seq DESC LIMIT 1`
        return database.prepare(sql).get(before, id) !== undefined
      }),
    signed: () => read(() => headRow(database)),
    close: () => database.close(),
  }
}

/** All rows up to `end`, in order. Each batch is a read of its own, so the gate can tidy its log meanwhile. */
function* rowsUpTo(database: DatabaseSync, end: bigint): Generator<Row> {
  const batch = database.prepare('SELECT * FROM entries WHERE seq >= ? AND seq <= ? ORDER BY seq LIMIT ?')
  // A row may have been given any number, also one below 1 or beyond what a double holds.
  batch.setReadBigInts(true)
  for (let from = -(2n ** 63n); ;) {
    const rows = batch.all(from, end, BATCH)
    for (const values of rows) yield entryRow(values)
    const seq = rows.at(-1)?.['seq']
    if (typeof seq !== 'bigint' || seq >= 2n ** 63n - 1n) return
    from = seq + 1n
  }
}

/** Where an entry is. Sizes are known without reading the texts, most of which lie elsewhere in the file. */
interface Found {
  readonly seq: number
  readonly size: number
  readonly about: string
  readonly isDecision: boolean
}

interface Wanted extends Filter {
  readonly about?: string | undefined
}

/** Searches by going through the rows: ids have no index, which would cost every read of the gate more than this costs. */
class Search {
  readonly #database: DatabaseSync
  readonly #directory: string

  constructor(database: DatabaseSync, directory: string) {
    this.#database = database
    this.#directory = directory
  }

  *newest(filter: Filter, range: Range, count: number): Steps<Page> {
    const { entries, next } = yield* this.#page(this.#backwards(filter, range), count)
    return { entries: entries.toReversed(), next }
  }

  *first(filter: Filter, range: Range, count: number): Steps<Page> {
    return yield* this.#page(this.#forwards(filter, range), count)
  }

  *about(id: string, range: Range, worker: string | undefined): Steps<readonly Recorded[]> {
    const [named] = yield* taken(1, this.#backwards({ id, worker }, range))
    if (named === undefined) return []
    const found: Found[] = []
    for (const entry of this.#backwards({ about: named.about, worker }, range)) {
      yield
      if (entry !== undefined) found.unshift(entry)
      if (entry?.isDecision === true) break
    }
    return yield* this.#read(found)
  }

  /** What is found comes with undefined in between: another step. */
  *#backwards(wanted: Wanted, { after, end }: Range): Generator<Found | undefined, void, void> {
    const find = this.#finder(wanted, 'DESC')
    for (let high = end; high > after; high -= STEP) {
      yield undefined
      yield* find(Math.max(after, high - STEP), high)
    }
  }

  *#forwards(wanted: Wanted, { after, end }: Range): Generator<Found | undefined, void, void> {
    const find = this.#finder(wanted, 'ASC')
    for (let low = after; low < end; low += STEP) {
      yield undefined
      yield* find(low, Math.min(end, low + STEP))
    }
  }

  #finder(wanted: Wanted, order: 'ASC' | 'DESC'): (low: number, high: number) => readonly Found[] {
    const statement = this.#database.prepare(
      `SELECT seq, octet_length(text) AS size, about, decision FROM entries
       WHERE seq > :low AND seq <= :high AND ${MATCHES} ORDER BY seq ${order}`,
    )
    const parameters = parametersOf(wanted)
    return (low, high) => statement.all({ low, high, ...parameters }).map(foundOf)
  }

  *#page(from: Iterable<Found | undefined>, count: number): Steps<Page> {
    const found = yield* taken(count, from)
    const entries = yield* this.#read(found)
    const isAll = found.length < count && entries.length === found.length
    return { entries, next: isAll ? undefined : entries.at(-1)?.seq }
  }

  /** The first of what was found, up to the size of an answer. */
  *#read(found: readonly Found[]): Steps<readonly Recorded[]> {
    const statement = this.#database.prepare('SELECT * FROM entries WHERE seq = ?')
    const entries: Recorded[] = []
    let total = 0
    for (const { seq, size } of found) {
      yield
      total += size
      if (total > LARGEST_PAGE && entries.length > 0) break
      entries.push(...statement.all(seq).map((values) => this.#recorded(values)))
    }
    return entries
  }

  #recorded(values: Readonly<Record<string, SQLOutputValue>>): Recorded {
    const { seq, text } = entryRow(values)
    const entry = parseEntry(text)
    if (entry === undefined) throw new StoreBroken(this.#directory, `entry ${seq} cannot be read`)
    return { seq, entry }
  }
}

function* taken(count: number, entries: Iterable<Found | undefined>): Steps<readonly Found[]> {
  const found: Found[] = []
  for (const entry of entries) {
    yield
    if (entry !== undefined && found.push(entry) >= count) break
  }
  return found
}

function foundOf({ seq, size, about, decision }: Readonly<Record<string, SQLOutputValue>>): Found {
  return { seq: Number(seq), size: Number(size), about: String(about), isDecision: decision !== 'outcome' }
}

function parametersOf({ operation, ...wanted }: Wanted): Record<string, SQLInputValue> {
  const isPrefix = operation?.endsWith('*') === true
  return {
    id: wanted.id ?? null,
    about: wanted.about ?? null,
    worker: wanted.worker ?? null,
    operation: isPrefix ? null : (operation ?? null),
    prefix: isPrefix ? operation.slice(0, -1) : null,
    decision: wanted.decision ?? null,
    since: wanted.since ?? null,
    until: wanted.until ?? null,
  }
}
