/** What a worker may read of the record: its own newest entries. Bounded, since the gate reads while others wait. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { openForReading } from '../store/database.ts'
import { entryRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import type { AuditEntry } from './entry.ts'
import { parseEntry } from './text.ts'

/** How far back is looked, in entries of all workers: some tens of milliseconds. */
const WINDOW = 20_000
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
  about(worker: string, id: string): Promise<readonly AuditEntry[]>
  /** Newest entries, in the order of time, as many as one answer takes. @throws {StoreUnavailable} */
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
      page(await database(), `${IN_WINDOW} AND about = :id ORDER BY seq LIMIT 10`, { worker, id }),
    recent: async (worker, { count, after, decision }) => {
      const wanted = `${IN_WINDOW} AND (:decision IS NULL OR decision = :decision)`
      const named = { worker, count, decision: decision ?? null }
      if (after === undefined)
        return page(await database(), `${wanted} ORDER BY seq DESC LIMIT :count`, named).toReversed()
      const place = `SELECT seq FROM entries WHERE ${IN_WINDOW} AND id = :after`
      const next = `${wanted} AND seq > (${place}) ORDER BY seq LIMIT :count`
      return page(await database(), next, { ...named, after })
    },
    close: () => opened?.close(),
  }
}

/** The first of the entries that are wanted, up to the size of an answer. */
function page(
  database: DatabaseSync,
  wanted: string,
  named: Readonly<Record<string, SQLInputValue>>,
): readonly AuditEntry[] {
  // Sizes are known without reading the texts, most of which lie elsewhere in the file.
  const sizes = database.prepare(`SELECT seq, octet_length(text) AS size FROM entries WHERE ${wanted}`)
  const whole = database.prepare('SELECT * FROM entries WHERE seq = ?')
  const entries: AuditEntry[] = []
  let total = 0
  for (const { seq = null, size } of sizes.all(named)) {
    total += Number(size)
    if (total > LARGEST_PAGE && entries.length > 0) break
    entries.push(...whole.all(seq).map(entryOf))
  }
  return entries
}

function entryOf(values: Parameters<typeof entryRow>[0]): AuditEntry {
  const { seq, text } = entryRow(values)
  const entry = parseEntry(text)
  if (entry === undefined) throw new TypeError(`entry ${seq} of the record cannot be read`)
  return entry
}
