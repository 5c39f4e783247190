/** Checks the record of a state directory: every entry, the links between them, and what the gate signed last. */

import { existsSync } from 'node:fs'
import { databasePath } from './sqlite/database.ts'
import { openRecord } from './sqlite/open-reader.ts'
import type { RecordReader } from './reader.ts'
import { storeError } from './errors.ts'
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
  const reader = isGone ? undefined : openRecord(directory)
  try {
    const row = reader?.signed()
    const inRow = row === undefined ? file : headInDatabase(row, publicKey)
    const { newest, anchors, problems } = judgeHeads(file, inRow)
    const decisions = new RecentDecisions(reader)
    const inspection = inspectRecord(
      reader === undefined || row === undefined ? [] : decisions.watch(reader.rows(row.end)),
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
    reader?.close()
  }
}

function headFinding(detail: string): Finding {
  return { kind: 'head', from: 0, to: 0, id: '', detail }
}

/** Knows the decisions that were read: the newest from memory, older ones by a search. */
class RecentDecisions {
  readonly #reader: RecordReader | undefined
  #older = new Set<string>()
  #newer = new Set<string>()

  constructor(reader: RecordReader | undefined) {
    this.#reader = reader
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
    return this.#reader?.hasDecision(id, before) === true
  }
}
