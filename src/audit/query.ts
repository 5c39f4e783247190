/** Reading the record beside a running gate: the newest entries, those that follow, and all about one decision. */

import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { openForReading } from '../store/database.ts'
import { StoreBroken, storeError } from '../store/errors.ts'
import { entryRow } from '../store/rows.ts'
import type { AuditEntry } from './entry.ts'
import { parseEntry } from './text.ts'

/** Which entries to read; what is left out does not limit. */
export interface Filter {
  readonly worker?: string | undefined
  /** An operation, `container.create`, or with a `*` at its end all that begin so. */
  readonly operation?: string | undefined
  readonly decision?: 'allow' | 'refuse' | 'outcome' | undefined
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number | undefined
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number | undefined
}

/** An entry with its place in the chain. */
export interface Recorded {
  readonly seq: number
  readonly entry: AuditEntry
}

export interface RecordReader {
  /** The newest `count` matching entries, oldest first. */
  newest(filter: Filter, count: number): readonly Recorded[]
  /** Matching entries after `seq` up to and with `end`, oldest first, at most 500. */
  after(seq: number, end: number, filter: Filter): readonly Recorded[]
  /** Number of the newest entry, 0 where there is none. */
  end(): number
  /** The decision that an id belongs to and its outcomes, oldest first; empty where the id is unknown. */
  about(id: string): readonly Recorded[]
  close(): void
}

/** Most entries that `after` gives at once: a bound on memory. */
const BATCH = 500

const MATCHES = `(:worker IS NULL OR worker = :worker)
  AND (:operation IS NULL OR operation = :operation)
  AND (:prefix IS NULL OR substr(operation, 1, length(:prefix)) = :prefix)
  AND (:decision IS NULL OR decision = :decision)
  AND (:since IS NULL OR time >= :since) AND (:until IS NULL OR time < :until)`

/** Opens the record for reading. Throws, also from its methods, StoreMissing, StoreBroken or StoreUnavailable. */
export function openRecord(directory: string): RecordReader {
  const database = openForReading(directory)
  const read = <Result>(run: () => Result): Result => {
    try {
      return run()
    } catch (error) {
      throw storeError(directory, error)
    }
  }
  const recorded = (values: Readonly<Record<string, SQLOutputValue>>): Recorded => {
    const row = entryRow(values)
    const entry = parseEntry(row.text)
    if (entry === undefined) throw new StoreBroken(directory, `entry ${row.seq} cannot be read`)
    return { seq: row.seq, entry }
  }
  return {
    newest: (filter, count) =>
      read(() => {
        const sql = `SELECT * FROM entries WHERE ${MATCHES} ORDER BY seq DESC LIMIT :count`
        const rows = database.prepare(sql).all({ ...parameters(filter), count })
        return rows.reverse().map(recorded)
      }),
    after: (seq, end, filter) =>
      read(() => {
        const sql = `SELECT * FROM entries WHERE seq > :seq AND seq <= :end AND ${MATCHES} ORDER BY seq LIMIT ${BATCH}`
        return database
          .prepare(sql)
          .all({ ...parameters(filter), seq, end })
          .map(recorded)
      }),
    end: () =>
      read(() => Number(database.prepare('SELECT max(seq) AS seq FROM entries').get()?.['seq'] ?? 0)),
    about: (id) => read(() => rowsAbout(database, id).map(recorded)),
    close: () => database.close(),
  }
}

/** Searched from the newest: ids have no index, which would cost every read of the gate more than this costs. */
function rowsAbout(database: DatabaseSync, id: string): Record<string, SQLOutputValue>[] {
  const asked = database.prepare('SELECT about FROM entries WHERE id = ? ORDER BY seq DESC LIMIT 1').get(id)
  if (asked === undefined) return []
  const rows: Record<string, SQLOutputValue>[] = []
  const newestFirst = database.prepare('SELECT * FROM entries WHERE about = ? ORDER BY seq DESC')
  for (const row of newestFirst.iterate(asked['about'] ?? '')) {
    rows.unshift(row)
    if (row['decision'] !== 'outcome') break
  }
  return rows
}

function parameters(filter: Filter): Record<string, SQLInputValue> {
  const isPrefix = filter.operation?.endsWith('*') === true
  return {
    worker: filter.worker ?? null,
    operation: isPrefix ? null : (filter.operation ?? null),
    prefix: isPrefix ? (filter.operation?.slice(0, -1) ?? null) : null,
    decision: filter.decision ?? null,
    since: filter.since ?? null,
    until: filter.until ?? null,
  }
}
