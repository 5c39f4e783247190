import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Claim } from '../record/store.ts'
import { Ownership } from './ownership.ts'
import { beginReconciling } from './reconcile.ts'

const NO_LIMITS = { memory: 0, nanoCpus: 0 }
const MINUTE = 60_000
const NOTHING = { containers: [], volumes: [], networks: [] }

afterEach(() => void vi.useRealTimers())

function withVolume() {
  const ownership = new Ownership({ owned: () => [], claims: () => [] })
  ownership.settle(ownership.claim('volume', 'worker', NO_LIMITS), 'data', 'data')
  const owned = ownership.get('volume', 'data')
  if (owned === undefined) throw new Error('it is owned')
  return { ownership, owned }
}

test.each([
  ['none', undefined],
  ['another', 'n2'],
])('a volume is forgotten where the engine has %s of its name', (_, claim) => {
  const { ownership, owned } = withVolume()
  expect(ownership.forgetUnlessThere(owned, owned.nonce)).toBeUndefined()
  expect(ownership.forgetUnlessThere(owned, claim)).toEqual({ type: 'disown', kind: 'volume', id: 'data' })
  expect(ownership.owner('volume', 'data')).toBeUndefined()
})

test('a volume that was made anew, or found to be there, outlives what the engine said before', () => {
  const { ownership, owned } = withVolume()
  expect(ownership.confirm(owned)).toEqual([])
  expect(ownership.forgetUnlessThere(owned, undefined)).toBeUndefined()
  expect(ownership.owner('volume', 'data')).toBe('worker')
  ownership.forget('volume', 'data')
  expect(ownership.confirm(owned)).toMatchObject([{ type: 'own', owned: { id: 'data', nonce: owned.nonce } }])
  expect(ownership.owner('volume', 'data')).toBe('worker')
  ownership.forget('volume', 'data')
  ownership.settle(ownership.claim('volume', 'rival', NO_LIMITS), 'data', 'data')
  expect(ownership.confirm(owned)).toEqual([])
  expect(ownership.forgetUnlessThere(owned, undefined)).toBeUndefined()
  expect(ownership.owner('volume', 'data')).toBe('rival')
})

describe('a claim of which it is not known what came of it', () => {
  const found = (created: number): Claim => ({
    ...NO_LIMITS,
    nonce: 'n1',
    kind: 'container',
    worker: 'worker',
    id: '',
    name: '',
    created,
  })

  test('stays open when the clock is set forward, and made what the engine made under it', () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    const ownership = new Ownership({ owned: () => [], claims: () => [] })
    const claim = ownership.claim('container', 'worker', NO_LIMITS)
    ownership.doubt(claim)
    vi.setSystemTime(Date.now() + 365 * 24 * 60 * MINUTE)
    expect(beginReconciling(ownership)(NOTHING)).toEqual([])
    const made = { Id: 'made', Names: ['/job'], Labels: { 'dockgate.claim': claim.nonce } }
    expect(beginReconciling(ownership)({ ...NOTHING, containers: [made] })).toMatchObject([
      { type: 'own', owned: { id: 'made', worker: 'worker' } },
    ])
  })

  test.each([
    ['by this gate', undefined],
    ['by one before', found(Date.UTC(2096, 0))],
  ])('is dropped after some minutes though the clock was set back since it was opened %s', (_, before) => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] })
    const ownership = new Ownership({ owned: () => [], claims: () => (before === undefined ? [] : [before]) })
    const claim = before ?? ownership.claim('container', 'worker', NO_LIMITS)
    ownership.doubt(claim)
    vi.setSystemTime(Date.UTC(1999, 0))
    vi.advanceTimersByTime(6 * MINUTE)
    expect(beginReconciling(ownership)(NOTHING)).toEqual([])
    expect(ownership.usage('worker').containers).toBe(1)
    vi.advanceTimersByTime(2 * MINUTE)
    expect(beginReconciling(ownership)(NOTHING)).toEqual([{ type: 'unclaim', nonce: claim.nonce }])
    expect(ownership.usage('worker').containers).toBe(0)
  })
})

test('what one worker owns and claims is given to another, and what is under way becomes that one’s', () => {
  const ownership = new Ownership({ owned: () => [], claims: () => [] })
  ownership.settle(ownership.claim('volume', 'old', NO_LIMITS), 'data', 'data')
  ownership.settle(ownership.claim('volume', 'third', NO_LIMITS), 'theirs', 'theirs')
  const claim = ownership.claim('container', 'old', NO_LIMITS)
  expect(ownership.bequeath('old', 'new')).toEqual([{ type: 'bequeath', from: 'old', to: 'new' }])
  expect([ownership.owner('volume', 'data'), ownership.owner('volume', 'theirs')]).toEqual(['new', 'third'])
  expect([ownership.count('old'), ownership.usage('old').containers]).toEqual([0, 0])
  expect([ownership.count('new'), ownership.usage('new').containers]).toEqual([1, 1])
  expect(ownership.settle(claim, 'id', 'web')).toMatchObject({ owned: { worker: 'new' } })
  expect(ownership.bequeath('old', 'new')).toEqual([])
})
