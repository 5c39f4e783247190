import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { engineFaultsReference } from '../../scripts/engine-faults-reference.ts'

test('docs/reference/engine-faults.md is what npm run reference writes', () => {
  const page = readFileSync(new URL('../../docs/reference/engine-faults.md', import.meta.url), 'utf8')
  expect(page === engineFaultsReference(), 'run npm run reference, and read what has changed').toBe(true)
})
