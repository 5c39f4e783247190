import { expect, test } from 'vitest'
import { IdIndex } from './id-index.ts'

const index = new IdIndex(['b1', 'a', 'b', 'c', 'b2', 'ab'])

test.each([
  ['b', ['b', 'b1', 'b2']],
  ['b2', ['b2']],
  ['a', ['a', 'ab']],
  ['c', ['c']],
  ['', ['a', 'ab', 'b', 'b1', 'b2', 'c']],
  ['0', []],
  ['b0', []],
  ['d', []],
])('those that begin with %j are %j', (prefix, found) => {
  expect(index.startingWith(prefix)).toEqual(found)
})

test('none begins with anything where there is none', () => {
  expect(new IdIndex([]).startingWith('')).toEqual([])
})
