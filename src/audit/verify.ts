/** Checks the record of a state directory: every entry, the links between them, and the signed head. */

import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { databasePath, openForReading } from '../store/database.ts'
import { StoreBroken, storeError } from '../store/errors.ts'
import { entryRow } from '../store/rows.ts'
import type { Link, Row } from './chain.ts'
import type { Finding } from './findings.ts'
import { readHead } from './head.ts'
import type { Head } from './head.ts'
import { inspectRecord } from './inspect.ts'
import type { Anchor } from './inspect.ts'

export interface VerifyResult {
  readonly sound: boolean
  /** Entries that were read. */
  readonly entries: number
  /** Where the record ends. */
  readonly end: Link
  /** The signed head, where there is a good one. */
  readonly signed: Head | undefined
  /** Entries after the signed head, as a crash leaves them, or a gate that is writing just now. */
  readonly unsigned: number
  readonly findings: readonly Finding[]
  /** Whether the check stopped early because of too many findings. */
  readonly stopped: boolean
}

const BATCH = 1000
/** Decisions remembered, so that an outcome finds its own without a search; two such sets at a time. */
const REMEMBERED = 20_000

/**
 * Verifies the record in `directory`, also against a head kept elsewhere. Reads in batches, beside a running gate.
 * Throws StoreMissing where there is no record, StoreBroken where the file can't be read to its end.
 */
export function verifyRecord(directory: string, kept?: Link): VerifyResult {
  // The head first: the gate may write on, and the database must not be older.
  const { head, finding } = checkHead(directory)
  const anchors: Anchor[] = head === undefined ? [] : [{ ...head, source: 'audit.head' }]
  if (kept !== undefined) anchors.push({ ...kept, source: 'the head given' })
  // A database that is gone is the longest cut there is.
  const isGone = !existsSync(databasePath(directory)) && head !== undefined && head.seq > 0
  const database = isGone ? undefined : openForReading(directory)
  try {
    const decisions = new RecentDecisions(database)
    const rows = database === undefined ? [] : decisions.watch(readRows(database))
    const inspection = inspectRecord(rows, anchors, (id, before) => decisions.has(id, before))
    const findings = [...finding, ...inspection.findings]
    return {
      sound: findings.length === 0,
      entries: inspection.rows,
      end: inspection.end,
      signed: head,
      unsigned: Math.max(0, inspection.end.seq - (head?.seq ?? 0)),
      findings,
      stopped: inspection.stopped,
    }
  } catch (error) {
    throw storeError(directory, error)
  } finally {
    database?.close()
  }
}

/** A head that is missing or wrong is a finding; the rest of the record can be judged without it. */
function checkHead(directory: string): { head: Head | undefined; finding: readonly Finding[] } {
  const told = (detail: string): readonly Finding[] => [
    { kind: 'head', from: 0, to: 0, id: '', offset: 0, detail },
  ]
  try {
    const head = readHead(directory)
    const isMissing = head === undefined && existsSync(databasePath(directory))
    return { head, finding: isMissing ? told('audit.head is missing, so a cut end would not show') : [] }
  } catch (error) {
    if (!(error instanceof StoreBroken)) throw storeError(directory, error)
    return { head: undefined, finding: told(`${error.why}, so a cut end would not show`) }
  }
}

/** All rows that are there at the start, in order. Each batch is a read of its own, so the gate can tidy its log meanwhile. */
function* readRows(database: DatabaseSync): Generator<Row> {
  const last = database.prepare('SELECT max(seq) AS seq FROM entries')
  last.setReadBigInts(true)
  const end = last.get()?.['seq'] ?? 0n
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

/** Knows the decisions that were read: the newest from memory, older ones by a search. */
class RecentDecisions {
  readonly #database: DatabaseSync | undefined
  #older = new Set<string>()
  #newer = new Set<string>()

  constructor(database: DatabaseSync | undefined) {
    this.#database = database
  }

  *watch(rows: Iterable<Row>): Generator<Row> {
    for (const row of rows) {
      if (row.decision === 'allow') this.#newer.add(row.id)
      if (this.#newer.size >= REMEMBERED) {
        this.#older = this.#newer
        this.#newer = new Set()
      }
      yield row
    }
  }

  has(id: string, before: number): boolean {
    if (this.#newer.has(id) || this.#older.has(id)) return true
    const search = this.#database?.prepare(
      "SELECT seq FROM entries WHERE seq < ? AND id = ? AND decision <> 'outcome' ORDER BY seq DESC LIMIT 1",
    )
    return search?.get(before, id) !== undefined
  }
}
