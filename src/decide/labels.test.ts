import { describe, expect, test } from 'vitest'
import { checkLabels } from './labels.ts'
import type { Violation } from './refuse.ts'

/** The violations that a check finds. */
function found(check: (violations: Violation[]) => void): readonly Violation[] {
  const violations: Violation[] = []
  check(violations)
  return violations
}

describe('labels', () => {
  const labels = (...entries: readonly (readonly [string, string])[]) =>
    found((violations) => checkLabels(new Map(entries), violations))

  test('may have 65536 characters together', () => {
    expect(labels(['a', 'x'.repeat(40_000)], ['bc', 'x'.repeat(65_536 - 40_003)])).toEqual([])
  })

  test('may not have more', () => {
    expect(labels(['a', 'x'.repeat(40_000)], ['bc', 'x'.repeat(65_537 - 40_003)])).toEqual([
      {
        rule: 'run.labels',
        what: 'Labels of 65537 characters',
        why: 'labels travel with every event: 65536 characters in all',
        instead: ['shorter labels'],
      },
    ])
  })

  test('are none where none are given', () => {
    expect(found((violations) => checkLabels(undefined, violations))).toEqual([])
  })

  test('of the gate are its own', () => {
    expect(labels(['dockgate', ''], ['my.dockgate.', ''], ['DOCKGATE.x', ''])).toMatchObject([
      { rule: 'run.labels', what: 'Labels.DOCKGATE.x', instead: [] },
    ])
  })
})
