import { expect, test } from 'vitest'
import { unblockedPart } from './blocked-ports.ts'

/** Whether Node's own fetch, which keeps the standard's list, does not even try a port. */
async function isBlocked(port: number): Promise<boolean> {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) })
    return false
  } catch (error) {
    return error instanceof Error && String(error.cause).includes('bad port')
  }
}

const ports = Array.from({ length: 10_100 }, (_, index) => index + 1)

test('the ports that are left out of ranges are those that fetch does not speak to', async () => {
  const ours = ports.filter((port) => unblockedPart({ from: port, to: port }) === undefined)
  expect(ours).toHaveLength(82)
  expect(await Promise.all(ours.map(isBlocked))).toEqual(ours.map(() => true))
})

test.each([
  [20_000, 20_999, { from: 20_000, to: 20_999 }],
  [80, 80, { from: 80, to: 80 }],
  [6000, 6000, undefined],
  [6665, 6669, undefined],
  [5999, 6001, { from: 5999, to: 5999 }],
  [6000, 7000, { from: 6001, to: 6565 }],
  [10_000, 20_000, { from: 10_081, to: 20_000 }],
  [1, 65_535, { from: 10_081, to: 65_535 }],
])('of %i to %i these are taken: %j', (from, to, part) => {
  expect(unblockedPart({ from, to })).toEqual(part)
})
