import { describe, expect, test } from 'vitest'
import { pruneFilter, PruneFilterError } from './prune-filter.ts'

const NOW = Date.parse('2026-01-02T00:00:00Z')
const HOUR = 3600

/** Whether an object passes filters. */
function passes(filters: Readonly<Record<string, readonly string[]>>, object: object): boolean {
  return pruneFilter(new Map(Object.entries(filters)), NOW)({ ...object })
}

const LABELLED = { Labels: { keep: '1', empty: '' } }

describe('a filter for labels', () => {
  test.each([
    [['keep'], true],
    [['keep=1'], true],
    [['keep=2'], false],
    [['empty='], true],
    [['keep', 'other'], false],
    [['toString'], false],
  ])('label=%j: %s', (label, expected) => {
    expect(passes({ label }, LABELLED)).toBe(expected)
    if (label.length === 1) expect(passes({ 'label!': label }, LABELLED)).toBe(!expected)
  })

  test('finds none where there are none', () => {
    expect(passes({ label: ['keep'] }, { Labels: null })).toBe(false)
    expect(passes({ 'label!': ['keep'] }, {})).toBe(true)
  })
})

describe('a filter for age', () => {
  const created = NOW / 1000 - 2 * HOUR

  test.each([
    ['1h', true],
    ['1h30m', true],
    ['3h', false],
    ['1.5h', true],
    ['10s', true],
    [String(created + 1), true],
    [String(created), false],
    ['2026-01-01T23:00:00Z', true],
    ['2026-01-01T21:00:00Z', false],
  ])('until=%s of what is two hours old: %s', (until, expected) => {
    expect(passes({ until: [until] }, { Created: created })).toBe(expected)
    expect(passes({ until: [until] }, { CreatedAt: new Date(created * 1000).toISOString() })).toBe(expected)
  })

  test('keeps what says nothing of its age', () => {
    expect(passes({ until: ['1s'] }, {})).toBe(false)
  })

  test.each(['', 'soon', '-1h', '1d'])('that is not a time is an error: %j', (until) => {
    expect(() => passes({ until: [until] }, {})).toThrow(PruneFilterError)
  })
})

test('no filters take everything', () => {
  expect(passes({}, {})).toBe(true)
})
