import { expect, test } from 'vitest'
import { compareVersions } from './compare.ts'
import { wordsOf } from './faults-of.ts'
import { FAULTS } from './table.ts'

test('each fault is there once, with a source, and in words', () => {
  const ids = FAULTS.map(({ id }) => id)
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
  expect(FAULTS.filter(({ source, says }) => source.length === 0 || !says.endsWith('.'))).toEqual([])
})

test('each fault is reached by a word, or is closed', () => {
  expect(FAULTS.filter((fault) => wordsOf(fault).length === 0 && fault.closed === undefined)).toEqual([])
})

test('ranges go up', () => {
  const wrong = FAULTS.flatMap(({ id, ranges }) =>
    ranges.flatMap(({ from, before }) =>
      from === undefined || before === undefined || compareVersions(from, before) < 0 ? [] : [id],
    ),
  )
  expect(wrong).toEqual([])
})
