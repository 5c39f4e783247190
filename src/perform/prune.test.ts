import { describe, expect, test } from 'vitest'
import { openSmallGate, toldBy } from '../../test/support/small-gate.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'

const MAY = {
  allow: ['run', 'container prune', 'network prune', 'volume prune', 'image prune', 'builder prune'],
}
const id = (letter: string): string => letter.repeat(64)

describe('a prune of containers', () => {
  const listed = [
    { Id: id('a'), SizeRw: 5, Labels: { keep: '1' } },
    { Id: id('b'), SizeRw: 7, Labels: {} },
    { Id: id('c'), SizeRw: 9, Labels: {} },
  ]

  async function pruning(query: string, inUse: readonly string[] = []) {
    using small = await openSmallGate(MAY, (what) => {
      if (what.startsWith('GET /containers/json')) return [200, listed]
      const [, removed] = /^DELETE \/containers\/([0-9a-f]+)/.exec(what) ?? []
      return removed === undefined ? undefined : [inUse.includes(removed) ? 409 : 204, '']
    })
    for (const letter of ['a', 'b']) small.own('container', id(letter))
    const told = toldBy(await small.call(`POST /containers/prune${query}`))
    const left = [...small.gate.ownership.idsOf('ai-worker', 'container')]
    return { told, left, asked: small.asked, outcomes: await small.outcomes() }
  }

  test('removes the worker’s own, one by one, and tells what that gave back', async () => {
    const { told, left, asked, outcomes } = await pruning('')
    expect(told).toEqual([200, { ContainersDeleted: [id('a'), id('b')], SpaceReclaimed: 12 }])
    expect(left).toEqual([])
    expect(asked.filter((what) => what.startsWith('DELETE'))).toHaveLength(2)
    expect(outcomes).toMatchObject([{ operation: 'container.prune', target: `${id('a')} ${id('b')}` }])
  })

  test('leaves what an engine keeps, as the worker’s', async () => {
    const { told, left } = await pruning('', [id('a')])
    expect(told).toEqual([200, { ContainersDeleted: [id('b')], SpaceReclaimed: 7 }])
    expect(left).toEqual([id('a')])
  })

  test('goes by the filters that it was asked with', async () => {
    const { told } = await pruning(`?filters=${encodeURIComponent('{"label!":{"keep":true}}')}`)
    expect(told).toEqual([200, { ContainersDeleted: [id('b')], SpaceReclaimed: 7 }])
  })

  test('asks for nothing where the worker has none', async () => {
    using small = await openSmallGate(MAY)
    expect(toldBy(await small.call('POST /containers/prune'))).toEqual([
      ...[200, { ContainersDeleted: [], SpaceReclaimed: 0 }],
    ])
    expect(small.asked).toEqual([])
  })
})

test('a prune of networks removes the worker’s own', async () => {
  using small = await openSmallGate(MAY, (what) => {
    if (what.startsWith('GET /networks'))
      return [
        200,
        [
          { Id: id('a'), Name: 'lab' },
          { Id: id('d'), Name: 'x' },
        ],
      ]
    return what.startsWith('DELETE') ? [204, ''] : undefined
  })
  small.own('network', id('a'), 'lab')
  expect(toldBy(await small.call('POST /networks/prune'))).toEqual([200, { NetworksDeleted: ['lab'] }])
  expect(small.asked.filter((what) => what.startsWith('DELETE'))).toEqual([`DELETE /networks/${id('a')}`])
  expect(small.gate.ownership.owner('network', id('a'))).toBeUndefined()
})

describe('a prune of volumes', () => {
  async function pruning(query: string, found: { readonly status?: number; readonly carries?: string } = {}) {
    const claims = new Map<string, string>()
    const volume = (name: string, carries = claims.get(name)) => ({
      ...{ Name: name, Labels: { [CLAIM_LABEL]: carries, ...(name === 'nameless' ? ANONYMOUS : {}) } },
    })
    using small = await openSmallGate(MAY, (what) => {
      if (what.startsWith('GET /volumes?'))
        return [200, { Volumes: ['named', 'nameless', 'rivals'].map((name) => volume(name)) }]
      const [, method, name = ''] = /^(GET|DELETE) \/volumes\/([a-z]+)/.exec(what) ?? []
      if (method === 'GET') return [found.status ?? 200, volume(name, found.carries)]
      return method === 'DELETE' ? [204, ''] : undefined
    })
    for (const name of ['named', 'nameless']) claims.set(name, small.own('volume', name))
    const [, told] = toldBy(await small.call(`POST /volumes/prune${query}`))
    const removed = small.asked.filter((what) => what.startsWith('DELETE'))
    return { told, removed, left: [...small.gate.ownership.idsOf('ai-worker', 'volume')] }
  }
  const ANONYMOUS = { 'com.docker.volume.anonymous': '' }
  const ALL = `?filters=${encodeURIComponent('{"all":["1"]}')}`

  test('removes those without a name, and with `all` the others', async () => {
    expect(await pruning('')).toEqual({
      told: { VolumesDeleted: ['nameless'], SpaceReclaimed: 0 },
      removed: ['DELETE /volumes/nameless'],
      left: ['named'],
    })
    expect(await pruning(ALL)).toMatchObject({
      told: { VolumesDeleted: ['named', 'nameless'] },
      left: [],
    })
  })

  test('removes none whose name became another’s, or of which the engine does not tell', async () => {
    expect(await pruning(ALL, { carries: 'another' })).toMatchObject({ removed: [] })
    const unknown = await pruning(ALL, { status: 500 })
    expect(unknown).toMatchObject({ removed: [], left: ['named', 'nameless'] })
  })
})

test('a prune of builds finds nothing: they leave nothing that is a worker’s', async () => {
  using small = await openSmallGate(MAY)
  expect(toldBy(await small.call('POST /build/prune'))).toEqual([
    200,
    { CachesDeleted: [], SpaceReclaimed: 0 },
  ])
  expect(small.asked).toEqual([])
})
