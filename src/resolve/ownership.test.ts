import { expect, test } from 'vitest'
import { applyEvent } from './events.ts'
import { Inventory } from './inventory.ts'
import { Ownership } from './ownership.ts'

const NO_LIMITS = { memory: 0, nanoCpus: 0 }

/** That a volume went, so many milliseconds after now. */
function goneIn(milliseconds: number) {
  const effect = applyEvent(new Inventory(), {
    Type: 'volume',
    Action: 'destroy',
    Actor: { ID: 'data' },
    timeNano: (Date.now() + milliseconds) * 1e6,
  })
  if (effect === undefined || effect === 'images' || effect.kind === 'made') throw new Error('it is gone')
  return effect
}

test('a volume that was made anew outlives the late news that the one before is gone', () => {
  const ownership = new Ownership({ owned: () => [], claims: () => [] })
  ownership.settle(ownership.claim('volume', 'worker', NO_LIMITS), 'data', 'data')
  expect(ownership.forgetGone(goneIn(-5))).toBeUndefined()
  expect(ownership.owner('volume', 'data')).toBe('worker')
  expect(ownership.forgetGone(goneIn(1_000))).toEqual({ type: 'disown', kind: 'volume', id: 'data' })
  expect(ownership.owner('volume', 'data')).toBeUndefined()
})
