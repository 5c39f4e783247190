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

test('a volume that is there after all outlives the news that it went, be that late or not', () => {
  const claim = {
    id: '',
    name: '',
    nonce: 'n1',
    kind: 'volume' as const,
    worker: 'worker',
    created: 1,
    ...NO_LIMITS,
  }
  const ownership = new Ownership({ owned: () => [], claims: () => [claim] })
  ownership.settle(claim, 'data', 'data')
  const owned = ownership.get('volume', 'data')
  if (owned === undefined) throw new Error('it is owned')
  ownership.confirm(owned, Date.now())
  expect(ownership.forgetGone(goneIn(-5))).toBeUndefined()
  ownership.forget('volume', 'data')
  expect(ownership.confirm(owned, Date.now())).toMatchObject([
    { type: 'own', owned: { id: 'data', nonce: 'n1' } },
  ])
  expect(ownership.owner('volume', 'data')).toBe('worker')
  ownership.forget('volume', 'data')
  ownership.settle(ownership.claim('volume', 'rival', NO_LIMITS), 'data', 'data')
  expect(ownership.confirm(owned, Date.now())).toEqual([])
  expect(ownership.owner('volume', 'data')).toBe('rival')
})
