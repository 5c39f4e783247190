/** What a worker may read of the record: its own newest entries. Bounded, since the gate reads while others wait. */
import type { DatabaseSync } from 'node:sqlite'
import { openForReading } from '../store/database.ts'
import { entryRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import type { AuditEntry } from './entry.ts'
import { parseEntry } from './text.ts'

/** How far back is looked, in entries of all workers: some tens of milliseconds. */
const WINDOW = 20_000

export interface OwnFilter {
  readonly count: number
  /** Only what follows this entry, the oldest first; else the newest ones. */
  readonly after: string | undefined
  readonly decision: 'allow' | 'refuse' | 'outcome' | undefined
}

export interface OwnRecord {
  /** A decision with its outcome, by its id; empty where the worker has none of that id lately. @throws {StoreUnavailable} */
  about(worker: string, id: string): Promise<readonly AuditEntry[]>
  /** Newest entries, in the order of time. @throws {StoreUnavailable} */
  recent(worker: string, filter: OwnFilter): Promise<readonly AuditEntry[]>
  close(): void
}

const IN_WINDOW = `worker = :worker AND seq > (SELECT max(seq) FROM entries) - ${WINDOW}`

/** The record of a state directory, opened when it is first asked. */
export function ownRecord(directory: string, store: Store): OwnRecord {
  let opened: DatabaseSync | undefined
  const database = async (): Promise<DatabaseSync> => {
    // What was decided a moment ago may wait to be written.
    await store.write([], 'synced')
    return (opened ??= openForReading(directory))
  }
  return {
    about: async (worker, id) =>
      (await database())
        .prepare(`SELECT * FROM entries WHERE ${IN_WINDOW} AND about = :id ORDER BY seq LIMIT 10`)
        .all({ worker, id })
        .map(entryOf),
    recent: async (worker, { count, after, decision }) => {
      const wanted = `SELECT * FROM entries WHERE ${IN_WINDOW} AND (:decision IS NULL OR decision = :decision)`
      const named = { worker, count, decision: decision ?? null }
      if (after === undefined) {
        const newest = (await database()).prepare(`${wanted} ORDER BY seq DESC LIMIT :count`).all(named)
        return newest.reverse().map(entryOf)
      }
      const place = `SELECT seq FROM entries WHERE ${IN_WINDOW} AND id = :after`
      return (await database())
        .prepare(`${wanted} AND seq > (${place}) ORDER BY seq LIMIT :count`)
        .all({ ...named, after })
        .map(entryOf)
    },
    close: () => opened?.close(),
  }
}

function entryOf(values: Parameters<typeof entryRow>[0]): AuditEntry {
  const { seq, text } = entryRow(values)
  const entry = parseEntry(text)
  if (entry === undefined) throw new TypeError(`entry ${seq} of the record cannot be read`)
  return entry
}
