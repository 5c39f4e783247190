/** The hash chain: each row of the record carries the hash of the row before, so that none can change unnoticed. */

import { hash } from 'node:crypto'
import { canonicalText } from './text.ts'
import type { AuditEntry } from './entry.ts'

/** A place in the chain: the number of a row, counted from 1, and its hash. */
export interface Link {
  readonly seq: number
  readonly hash: string
}

/** A row as it is stored. All but seq, text, prev and hash repeats what the text says, for searching. */
export interface Row extends Link {
  readonly id: string
  readonly time: number
  readonly worker: string
  readonly operation: string
  readonly decision: 'allow' | 'refuse' | 'outcome'
  /** The decision that the row is about: its own id, or that of an outcome's decision. */
  readonly about: string
  /** The entry in its one canonical form. */
  readonly text: string
  /** Hash of the row before. */
  readonly prev: string
}

/** What the first row follows. */
export const GENESIS: Link = { seq: 0, hash: '0'.repeat(64) }

/** SHA-256 in hex. The parts can't run into each other: the first has a fixed length, the second no line feed. */
export function chainHash(prev: string, seq: number, text: string): string {
  return hash('sha256', `${prev}\n${seq}\n${text}`)
}

/** The row that records `entry` after `previous`. */
export function chainRow(previous: Link, entry: AuditEntry): Row {
  const seq = previous.seq + 1
  const text = canonicalText(entry)
  // Built without spreading: this runs for every read that the gate answers.
  return {
    seq,
    id: entry.id,
    time: entry.time,
    worker: entry.worker,
    operation: entry.operation,
    decision: decisionOf(entry),
    about: aboutOf(entry),
    text,
    prev: previous.hash,
    hash: chainHash(previous.hash, seq, text),
  }
}

/** Whether the columns that repeat the entry say what it says. */
export function columnsAgree(row: Row, entry: AuditEntry): boolean {
  return (
    row.id === entry.id &&
    row.time === entry.time &&
    row.worker === entry.worker &&
    row.operation === entry.operation &&
    row.decision === decisionOf(entry) &&
    row.about === aboutOf(entry)
  )
}

function decisionOf(entry: AuditEntry): Row['decision'] {
  return entry.phase === 'decision' ? entry.decision : 'outcome'
}

function aboutOf(entry: AuditEntry): string {
  return entry.phase === 'decision' ? entry.id : entry.of
}
