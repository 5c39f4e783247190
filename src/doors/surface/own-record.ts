/** What a worker may read of the record: its own entries among the newest ones. */
import type { AuditEntry } from '../../record/entry.ts'
import type { LiveRecord } from '../../record/live.ts'
import type { Range, RecordReader } from '../../record/reader.ts'
import type { Share } from '../../schedule/scheduler.ts'

/** How far back is looked, in entries of all workers. */
const WINDOW = 20_000

export interface OwnFilter {
  readonly count: number
  /** Only what follows this entry, the oldest first; else the newest ones. */
  readonly after: string | undefined
  readonly decision: 'allow' | 'refuse' | 'outcome' | undefined
}

/** A decision with its outcomes, by its id; empty where the worker has none of that id lately. @throws {StoreUnavailable} */
export async function ownAbout(
  record: LiveRecord,
  share: Share,
  worker: string,
  id: string,
): Promise<readonly AuditEntry[]> {
  const found = await record.readAll(share, (reader) => reader.about(id, windowOf(reader), worker))
  return found.map(({ entry }) => entry)
}

/** Newest entries, in the order of time, as many as one answer takes. @throws {StoreUnavailable} */
export async function ownRecent(
  record: LiveRecord,
  share: Share,
  worker: string,
  { count, after, decision }: OwnFilter,
): Promise<readonly AuditEntry[]> {
  const found = await record.readAll(share, function* (reader) {
    const window = windowOf(reader)
    if (after === undefined) return (yield* reader.newest({ worker, decision }, window, count)).entries
    const [place] = (yield* reader.newest({ worker, id: after }, window, 1)).entries
    if (place === undefined) return []
    return (yield* reader.first({ worker, decision }, { ...window, after: place.seq }, count)).entries
  })
  return found.map(({ entry }) => entry)
}

function windowOf(reader: RecordReader): Range {
  const end = reader.end()
  return { after: Math.max(0, end - WINDOW), end }
}
