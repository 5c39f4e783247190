import { expect, test } from 'vitest'
import type { Change, KnownWorker } from '../record/store.ts'
import { Roster } from './roster.ts'

const known = (fields: Partial<KnownWorker> = {}): KnownWorker => ({
  ...{ name: 'w', generation: 1, account: '1:1', present: true },
  ...fields,
})

function rosterOf(workers: readonly KnownWorker[] = [], owners: readonly string[] = []): Roster {
  return new Roster({ workers: () => workers }, owners)
}

const workersOf = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.type === 'know' ? change.worker : []))

test('the first worker of a name goes by it, and the same one again does', () => {
  const roster = rosterOf()
  expect(roster.admit('w', '1:1')).toMatchObject({ name: 'w', another: undefined })
  expect(roster.admit('w', '1:1')).toEqual({ name: 'w', changes: [], another: undefined })
})

test('one whose socket is another account’s is another', () => {
  const admitted = rosterOf([known()]).admit('w', '2:1')
  expect(admitted).toMatchObject({ name: 'w.2', another: expect.stringContaining('another account') })
  expect(workersOf(admitted.changes)).toEqual([known({ generation: 2, account: '2:1' })])
})

test('one that was taken out of the policy and put in again is another, also over a restart', () => {
  const roster = rosterOf([known()])
  const gone = workersOf(roster.retain(['other']))
  expect(gone).toEqual([known({ present: false })])
  for (const each of [roster, rosterOf(gone)])
    expect(each.admit('w', '1:1')).toMatchObject({
      name: 'w.2',
      another: expect.stringContaining('taken out'),
    })
  expect(roster.before('w')).toEqual(['w'])
})

test('what a policy still names stays as it is', () => {
  expect(rosterOf([known()]).retain(['w'])).toEqual([])
})

test('one that an older gate served is the same, where the policy has it at the first start', () => {
  expect(rosterOf([], ['w']).admit('w', '1:1')).toMatchObject({ name: 'w', another: undefined })
})

test('one that an older gate served is another, where the policy had it not at the first start', () => {
  const roster = rosterOf([], ['w'])
  roster.retain([])
  expect(roster.admit('w', '1:1')).toMatchObject({ name: 'w.2' })
})

test('those that had a name before are known by it', () => {
  const roster = rosterOf([known({ generation: 3 })])
  expect(roster.before('w')).toEqual(['w', 'w.2'])
  expect(roster.before('other')).toEqual([])
})
