/** Reading the record: what the worker's own page, the operator's interface and the commands stand on. */

import type { Steps } from '../schedule/scheduler.ts'
import type { Row } from './chain.ts'
import type { AuditEntry } from './entry.ts'

/** Which entries to read; what is left out does not limit. */
export interface Filter {
  /** The entry of that id. */
  readonly id?: string | undefined
  readonly worker?: string | undefined
  /** An operation, `container.create`, or with a `*` at its end all that begin so. */
  readonly operation?: string | undefined
  readonly decision?: 'allow' | 'refuse' | 'outcome' | undefined
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number | undefined
  /** Milliseconds since 1970, exclusive. */
  readonly until?: number | undefined
}

/** The part of the record that is looked through: behind the entry numbered `after`, up to and with `end`. */
export interface Range {
  readonly after: number
  readonly end: number
}

/** An entry with its place in the chain. */
export interface Recorded {
  readonly seq: number
  readonly entry: AuditEntry
}

/** What one answer takes: as many entries as were asked for, or as fit into a mebibyte; one that is larger comes alone. */
export interface Page {
  readonly entries: readonly Recorded[]
  /** The entry next to which the range goes on, where there can be more in it. */
  readonly next: number | undefined
}

/** What looks through the record does so in short steps, as a gate reads while workers wait. Throws StoreBroken or StoreUnavailable. */
export interface RecordReader {
  /** Number of the newest entry on disk, 0 where there is none. */
  end(): number
  /** The newest matching entries of a range, in their order. */
  newest(filter: Filter, range: Range, count: number): Steps<Page>
  /** The first matching entries of a range, in their order. */
  first(filter: Filter, range: Range, count: number): Steps<Page>
  /** The decision that an id belongs to and its outcomes, in their order; empty where the range has no such id. */
  about(id: string, range: Range, worker?: string): Steps<readonly Recorded[]>
  /** All rows up to that number, as they are stored. */
  rows(end: bigint): Iterable<Row>
  /** Whether a decision of that id stands before the row of that number. */
  hasDecision(id: string, before: number): boolean
  /** The text of the signed head, and the number of the newest row at the same moment. */
  signed(): SignedRow
  close(): void
}

export interface SignedRow {
  /** Undefined where there is none. */
  readonly text: string | undefined
  readonly end: bigint
}

/** All that a reader has now. */
export function whole(reader: Pick<RecordReader, 'end'>): Range {
  return { after: 0, end: reader.end() }
}
