/** The reference page is what the source says. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { buildkitReference } from '../../scripts/buildkit-reference.ts'
import { engineApiReference } from '../../scripts/engine-api-reference.ts'

test('docs/reference/engine-api.md is what npm run reference writes', () => {
  const page = readFileSync(new URL('../../docs/reference/engine-api.md', import.meta.url), 'utf8')
  expect(page === engineApiReference(), 'run npm run reference, and read what has changed').toBe(true)
})

test('docs/reference/buildkit.md is what npm run reference writes', () => {
  const page = readFileSync(new URL('../../docs/reference/buildkit.md', import.meta.url), 'utf8')
  expect(page === buildkitReference(), 'run npm run reference, and read what has changed').toBe(true)
})
