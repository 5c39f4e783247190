/** Where the audit commands read the record. */
import type { Filter, Page, Recorded, RecordReader } from '../record/reader.ts'
import { whole } from '../record/reader.ts'
import { openRecord } from '../record/sqlite/open-reader.ts'
import { atOnce } from '../schedule/at-once.ts'

/** Throws StoreError. */
export interface RecordSource {
  /** The newest matching entries, in their order. @param before number of the entry before which they are; default the end */
  newest(filter: Filter, count: number, before?: number): Promise<EndedPage>
  /** The first matching entries after that number. */
  first(filter: Filter, after: number, count: number): Promise<EndedPage>
  /** The decision that an id belongs to and its outcomes. */
  about(id: string): Promise<readonly Recorded[]>
  /** Tells of matching entries after that number for as long as it can. Resolves with the number up to which these are all. */
  follow(filter: Filter, after: number, tell: (recorded: Recorded) => void): Promise<number>
  close(): void
}

/** With the number of the newest entry at that moment. */
export interface EndedPage extends Page {
  readonly end: number
}

/** Entries that are asked for at once. */
export const PAGE = 500

/** The record of a state directory. Throws StoreError. */
export async function openSource(directory: string): Promise<RecordSource> {
  return directorySource(directory)
}

/** The record in a state directory, beside a gate or a copy that none has. */
function directorySource(directory: string): RecordSource {
  const reader = openRecord(directory)
  const first = (filter: Filter, after: number, count: number): EndedPage => {
    const end = reader.end()
    return { ...atOnce(reader.first(filter, { after, end }, count)), end }
  }
  return {
    newest: async (filter, count, before) => newest(reader, filter, count, before),
    first: async (filter, after, count) => first(filter, after, count),
    about: async (id) => atOnce(reader.about(id, whole(reader))),
    // Nobody tells when there is more: whoever follows looks again after a while.
    follow: async (filter, after, tell) => {
      for (let from = after; ;) {
        const page = first(filter, from, PAGE)
        page.entries.forEach(tell)
        if (page.next === undefined) return Math.max(after, page.end)
        from = page.next
      }
    },
    close: () => reader.close(),
  }
}

function newest(reader: RecordReader, filter: Filter, count: number, before: number | undefined): EndedPage {
  const { after, end } = whole(reader)
  const range = { after, end: before === undefined ? end : before - 1 }
  return { ...atOnce(reader.newest(filter, range, count)), end }
}
