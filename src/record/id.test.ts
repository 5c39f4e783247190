import { expect, test } from 'vitest'
import { newRecordId } from './id.ts'

test('record ids are 12 characters without look-alikes, and do not repeat', () => {
  const ids = Array.from({ length: 20_000 }, newRecordId)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{12}$/)
  expect(new Set(ids.join('')).size).toBe(32)
})
