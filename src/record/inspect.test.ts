import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decision, outcome } from '../../test/support/record.ts'
import { GENESIS, chainRow } from './chain.ts'
import type { Row } from './chain.ts'
import type { AuditEntry } from './entry.ts'
import { findingText } from './findings.ts'
import { inspectRecord } from './inspect.ts'

function chainOf(entries: readonly AuditEntry[]): Row[] {
  const rows: Row[] = []
  for (const entry of entries) rows.push(chainRow(rows.at(-1) ?? GENESIS, entry))
  return rows
}

function findingsOf(rows: readonly Row[], whole: readonly Row[]): string[] {
  const { seq, hash } = whole.at(-1) ?? GENESIS
  const known = new Set(whole.filter((row) => row.decision !== 'outcome').map((row) => row.id))
  const result = inspectRecord(rows, [{ seq, hash, source: 'audit.head' }], (id) => known.has(id), Infinity)
  return result.findings.map(findingText)
}

const entries = fc.array(
  fc
    .record({ worker: fc.string(), target: fc.string({ unit: 'binary' }), time: fc.maxSafeNat() })
    .map(decision),
  { minLength: 2, maxLength: 12 },
)

/** One mutation of a chain: what an editor of the file could do in one step. */
const mutation = fc.oneof(
  fc.record({
    kind: fc.constantFrom('id', 'worker', 'operation', 'about', 'text', 'prev', 'hash'),
    value: fc.string(),
    at: fc.nat(),
  }),
  fc.record({ kind: fc.constantFrom('seq', 'time'), value: fc.integer(), at: fc.nat() }),
  fc.record({
    kind: fc.constantFrom('delete', 'swap', 'repeat', 'close', 'rehash'),
    value: fc.nat(),
    at: fc.nat(),
  }),
)

function mutate(
  rows: readonly Row[],
  kind: string,
  value: string | number,
  position: number,
): readonly Row[] {
  const at = position % rows.length
  const renumber = (list: readonly Row[]): Row[] => list.map((row, index) => ({ ...row, seq: index + 1 }))
  const other = Number(value) % rows.length
  switch (kind) {
    case 'delete':
      return rows.toSpliced(at, 1)
    case 'close':
      return renumber(rows.toSpliced(at, 1))
    case 'repeat':
      return renumber(rows.toSpliced(at, 0, ...rows.slice(at, at + 1)))
    case 'swap':
      return renumber(
        rows.map((row, index) => (index === at ? rows[other] : index === other ? rows[at] : row) ?? row),
      )
    case 'rehash': {
      const follow = (row: Row, index: number): Row =>
        index === at ? chainRow(rows[at - 1] ?? GENESIS, decision({ target: 'forged' })) : row
      return rows.map(follow)
    }
    default:
      return rows.map((row, index) => (index === at ? { ...row, [kind]: value } : row))
  }
}

/** Rows as a database gives them: ordered by their number. */
function stored(rows: readonly Row[]): Row[] {
  return rows.toSorted((one, two) => one.seq - two.seq)
}

describe('inspecting a record', () => {
  test('finds nothing in a chain as it was written', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const rows = chainOf(list)
        expect(findingsOf(rows, rows)).toEqual([])
      }),
    )
  })

  test('finds every single mutation of a chain', () => {
    fc.assert(
      fc.property(entries, mutation, (list, { kind, value, at }) => {
        const rows = chainOf(list)
        const changed = stored(mutate(rows, kind, value, at))
        fc.pre(JSON.stringify(changed) !== JSON.stringify(rows))
        expect(findingsOf(changed, rows)).not.toEqual([])
      }),
      { numRuns: 1000 },
    )
  }, 60_000)

  test('names an entry whose text was changed, and none beside it', () => {
    const rows = chainOf([1, 2, 3, 4].map(() => decision()))
    const changed = rows.map((row) =>
      row.seq === 2 ? { ...row, text: row.text.replace('allow', 'refuse') } : row,
    )
    expect(findingsOf(changed, rows)).toEqual([
      `entry 2 (${rows[1]?.id}) was changed or moved: the hash does not fit the content at this place`,
    ])
  })

  test('names two entries that changed places', () => {
    const rows = chainOf([1, 2, 3, 4].map(() => decision()))
    const swapped = mutate(rows, 'swap', 2, 1)
    expect(findingsOf(swapped, rows)).toEqual([
      `entries 2 to 3 (${rows[2]?.id} ...) were changed or moved: the hash does not fit the content at this place`,
    ])
  })

  test('tells a gap that was closed by renumbering as a move of all that followed, and a cut', () => {
    const rows = chainOf(Array.from({ length: 50 }, () => decision()))
    expect(findingsOf(mutate(rows, 'close', 0, 9), rows)).toEqual([
      `entries 10 to 49 (${rows[10]?.id} ...) were changed or moved: the hash does not fit the content at this place`,
      'entry 50 is missing at the end: the record ends at entry 49, audit.head says 50',
    ])
  })

  test('names an outcome whose decision is not in the record', () => {
    const first = decision()
    const rows = chainOf([first, outcome(first.id), outcome('nowhere')])
    expect(findingsOf(rows, rows)).toEqual([
      `entry 3 (${rows[2]?.id}) is the outcome of a decision that is not in the record: nowhere`,
    ])
  })

  test('stops after a hundred findings', () => {
    const rows = chainOf(Array.from({ length: 300 }, () => decision()))
    const holes = rows.filter((row) => row.seq % 2 === 0)
    const result = inspectRecord(holes, [], () => true, Infinity)
    expect(result).toMatchObject({ stopped: true, rows: 101 })
  })
})
