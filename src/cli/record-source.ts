/** Where the audit commands read the record. */
import type { Filter, Page, Recorded } from '../record/reader.ts'

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
