/** Checks the record of a state directory: every entry, the links between them, and what the gate signed last. */

import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { databasePath, openForReading } from '../store/database.ts'
import { storeError } from '../store/errors.ts'
import { entryRow } from '../store/rows.ts'
import type { Link, Row } from './chain.ts'
import type { Finding } from './findings.ts'
import type { Head } from './head.ts'
import { inspectRecord } from './inspect.ts'
import type { Anchor, Inspection } from './inspect.ts'
import { readPublicKey } from './keys.ts'
import { headInDatabase, headInFile, judgeHeads } from './signed.ts'

export interface VerifyResult {
  readonly sound: boolean
  /** Entries that were read. */
  readonly entries: number
  /** Where the record ends. */
  readonly end: Link
  /** What the gate signed last, where there is a good head. */
  readonly signed: (Link & Pick<Head, 'time'>) | undefined
  /** Entries beyond that: not the gate's. */
  readonly unsigned: number
  readonly findings: readonly Finding[]
  /** What was wrong before, and accepted by the operator. */
  readonly accepted: Inspection['accepted']
  /** Whether the check stopped early because of too many findings. */
  readonly stopped: boolean
}

const BATCH = 1000
/** Decisions remembered, so that an outcome finds its own without a search; two such sets at a time. */
const REMEMBERED = 20_000

/**
 * Verifies the record in `directory`. Reads in batches, beside a running gate.
 * Throws StoreMissing where there is no record, StoreBroken where the file can't be read to its end.
 * @param kept heads that were kept elsewhere
 */
export function verifyRecord(directory: string, kept: readonly Anchor[] = []): VerifyResult {
  const publicKey = readPublicKey(directory)
  // audit.head first: the gate may write on, and the database must not be older.
  const file = headInFile(directory, publicKey)
  // A database that is gone is the longest cut there is.
  const isGone = !existsSync(databasePath(directory)) && typeof file !== 'string' && file.seq > 0
  const database = isGone ? undefined : openForReading(directory)
  try {
    const found = database === undefined ? { row: file, end: 0n } : headInDatabase(database, publicKey)
    const { newest, anchors, problems } = judgeHeads(file, found.row)
    const decisions = new RecentDecisions(database)
    const inspection = inspectRecord(
      database === undefined ? [] : decisions.watch(readRows(database, found.end)),
      [...anchors, ...kept],
      (id, before) => decisions.has(id, before),
      newest?.seq ?? Infinity,
    )
    const findings = [...problems.map(headFinding), ...inspection.findings]
    return {
      sound: findings.length === 0,
      entries: inspection.rows,
      end: inspection.end,
      signed: newest && { seq: newest.seq, hash: newest.hash, time: newest.time },
      unsigned: newest === undefined ? 0 : Math.max(0, inspection.end.seq - newest.seq),
      findings,
      accepted: inspection.accepted,
      stopped: inspection.stopped,
    }
  } catch (error) {
    throw storeError(directory, error)
  } finally {
    database?.close()
  }
}

function headFinding(detail: string): Finding {
  return { kind: 'head', from: 0, to: 0, id: '', offset: 0, detail }
}

/** All rows up to `end`, in order. Each batch is a read of its own, so the gate can tidy its log meanwhile. */
function* readRows(database: DatabaseSync, end: bigint): Generator<Row> {
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
