/** Walks a record in order and finds what was changed, moved, removed or cut. Pure: rows in, findings out. */

import { GENESIS, chainHash, columnsAgree } from './chain.ts'
import type { Link, Row } from './chain.ts'
import { ACCEPT } from './entry.ts'
import type { Finding, FindingKind } from './findings.ts'
import { parseEntry } from './text.ts'

/** A place of the chain that is known from elsewhere. */
export interface Anchor extends Link {
  /** What knows it: `audit.head`. */
  readonly source: string
}

export interface Inspection {
  /** The last row that was read. */
  readonly end: Link
  readonly rows: number
  readonly findings: readonly Finding[]
  /** What the operator accepted, in words, with the row that says so. */
  readonly accepted: readonly { readonly seq: number; readonly what: string }[]
  /** Whether the walk stopped because there were too many findings to go on. */
  readonly stopped: boolean
}

const MOST_FINDINGS = 100

/**
 * Judges `rows`, in the order of their numbers, against each other and the anchors.
 * `hasDecision` says whether a decision with that id stands before a row's number.
 * @param signed number of the last row that the gate signed
 */
export function inspectRecord(
  rows: Iterable<Row>,
  anchors: readonly Anchor[],
  hasDecision: (id: string, before: number) => boolean,
  signed: number,
): Inspection {
  const walk = new Walk(anchors, hasDecision, signed)
  for (const row of rows) {
    walk.judge(row)
    if (walk.findings.length > MOST_FINDINGS) return walk.result(true)
  }
  walk.requireAnchors()
  return walk.result(false)
}

class Walk {
  readonly findings: Finding[] = []
  readonly #accepted: { readonly seq: number; readonly what: string }[] = []
  readonly #anchors = new Map<number, readonly Anchor[]>()
  readonly #hasDecision: (id: string, before: number) => boolean
  readonly #signed: number
  #last: Link & { readonly id: string } = { ...GENESIS, id: '' }
  /** Whether the last row is good, so that the next has to follow from it. */
  #linked = true
  #rows = 0

  constructor(
    anchors: readonly Anchor[],
    hasDecision: (id: string, before: number) => boolean,
    signed: number,
  ) {
    for (const anchor of anchors) this.#anchors.set(anchor.seq, [...this.#anchorsAt(anchor.seq), anchor])
    this.#hasDecision = hasDecision
    this.#signed = signed
  }

  judge(row: Row): void {
    this.#rows += 1
    if (row.seq < 1) return this.#find('replaced', row.seq, row.seq, row.id, 'entries count from 1')
    if (row.seq > this.#last.seq + 1) {
      this.#find('removed', this.#last.seq + 1, row.seq - 1, '')
      this.#linked = false
    }
    // The number is part of what is hashed: so a row that stands elsewhere than it was written does not fit either.
    const sound = chainHash(row.prev, row.seq, row.text) === row.hash
    if (!sound) this.#find('changed', row.seq, row.seq, row.id)
    else {
      this.#judgeLink(row)
      this.#judgeContent(row)
      this.#judgeAnchors(row)
      if (row.seq > this.#signed) this.#find('unsigned', row.seq, row.seq, row.id)
    }
    this.#linked = sound
    this.#last = { seq: row.seq, hash: row.hash, id: row.id }
  }

  #judgeLink(row: Row): void {
    if (!this.#linked || row.prev === this.#last.hash) return
    if (row.seq === 1) this.#find('replaced', 1, 1, row.id, 'it names an entry before it')
    else {
      const why = `entry ${row.seq} does not follow from it`
      this.#find('replaced', this.#last.seq, this.#last.seq, this.#last.id, why)
    }
  }

  #judgeContent(row: Row): void {
    const entry = parseEntry(row.text)
    if (entry === undefined || !columnsAgree(row, entry)) this.#find('columns', row.seq, row.seq, row.id)
    if (entry?.phase === 'outcome' && !this.#hasDecision(entry.of, row.seq)) {
      this.#find('orphan', row.seq, row.seq, row.id, entry.of)
    }
    if (entry?.operation === ACCEPT) this.#accepted.push({ seq: row.seq, what: entry.reason })
  }

  #judgeAnchors(row: Row): void {
    for (const { hash, source } of this.#anchorsAt(row.seq)) {
      if (hash === row.hash) continue
      this.#find('replaced', row.seq, row.seq, row.id, `${source} has another hash for it`)
    }
  }

  #anchorsAt(seq: number): readonly Anchor[] {
    return this.#anchors.get(seq) ?? []
  }

  /** What the anchors know must not lie behind the end. The one that is farthest is told. */
  requireAnchors(): void {
    const end = this.#last.seq
    const farthest = this.#anchors.keys().reduce((most, seq) => Math.max(most, seq), 0)
    if (farthest <= end) return
    for (const { source } of this.#anchorsAt(farthest)) {
      this.#find('cut', end + 1, farthest, '', `the record ends at entry ${end}, ${source} says ${farthest}`)
    }
  }

  result(stopped: boolean): Inspection {
    const { seq, hash } = this.#last
    return {
      end: { seq, hash },
      rows: this.#rows,
      findings: this.findings,
      accepted: this.#accepted,
      stopped,
    }
  }

  /** Adds a finding, or widens the one before where it is of the same kind and ends just before. */
  #find(kind: FindingKind, from: number, to: number, id: string, detail = ''): void {
    const before = this.findings.at(-1)
    const widens = before?.kind === kind && before.to + 1 === from && detail === ''
    if (widens) this.findings.splice(-1, 1, { ...before, to })
    else this.findings.push({ kind, from, to, id, detail })
  }
}
