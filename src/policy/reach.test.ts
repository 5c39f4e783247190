import { expect, test } from 'vitest'
import { isAnothers } from './reach.ts'

const meant = { containers: new Set<string>(), networks: new Set<string>(), spaces: new Set(['one', 'two']) }

test.each([
  ['three', 'one.db', true],
  ['three', 'one', false],
  ['three', 'onedb', false],
  ['one', 'one.db', false],
  ['one', 'one.two.db', false],
  ['one', 'two.db', true],
  // The second worker of that name.
  ['one.2', 'one.2.db', false],
  ['one.2', 'two.db', true],
])('of worker %s the name %s is another’s: %s', (worker, name, expected) => {
  expect(isAnothers(meant, worker, name)).toBe(expected)
})
