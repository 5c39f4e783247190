import { expect, test } from 'vitest'
import { Ownership } from './ownership.ts'
import { beginReconciling } from './reconcile.ts'

const NO_LIMITS = { memory: 0, nanoCpus: 0 }

test('a listing takes what own containers have of volumes without a name, and nobody else’s', () => {
  const [mine, theirs, claimed, gone] = ['a', 'b', 'c', 'd'].map((digit) => digit.repeat(64))
  const ownership = new Ownership({ owned: () => [], claims: () => [] })
  ownership.settle(ownership.claim('container', 'one', NO_LIMITS), 'own', 'own')
  const has = (Id: string, ...names: readonly unknown[]) => ({
    Id,
    Mounts: names.map((Name) => ({ Type: 'volume', Name })),
  })
  const engine = { 'com.docker.volume.anonymous': '' }
  const volumes = [
    { Name: mine, Labels: engine },
    { Name: theirs, Labels: engine },
    { Name: claimed, Labels: { 'dockgate.claim': 'n1' } },
    { Name: 'named', Labels: null },
  ]
  const containers = [has('own', mine, claimed, gone, 'named'), has('other', theirs)]
  expect(beginReconciling(ownership)({ containers, volumes, networks: [] })).toMatchObject([
    { type: 'own', owned: { kind: 'volume', id: mine, worker: 'one' } },
  ])
  expect(beginReconciling(ownership)({ containers, volumes, networks: [] })).toEqual([])
  expect(ownership.usage('one').volumes).toBe(0)
  // By its name it was made anew: the engine's mark is gone.
  const anew = [{ Name: mine, Labels: {} }]
  expect(beginReconciling(ownership)({ containers: [has('own')], volumes: anew, networks: [] })).toEqual([
    { type: 'disown', kind: 'volume', id: mine },
  ])
})
