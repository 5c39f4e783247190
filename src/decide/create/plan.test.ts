import { describe, expect, test } from 'vitest'
import { ask, type Settings } from '../../../test/cases/world.ts'
import type { Verdict } from '../verdict.ts'
import type { CreatePlan } from '../plans.ts'

const NONE: Settings = { docker: {}, run: {}, world: {}, without: [] }

function verdictOn(HostConfig: object, settings: Partial<Settings> = {}): Verdict {
  const request = { line: 'POST /containers/create', body: { Image: 'alpine', HostConfig } }
  return ask(request, { ...NONE, ...settings }).verdict
}

/** What the standard policy makes of a create of alpine; undefined where it refuses. */
function planOf(HostConfig: object, settings: Partial<Settings> = {}): CreatePlan | undefined {
  const verdict = verdictOn(HostConfig, settings)
  return verdict.effect === 'allow' && verdict.permit.on === 'create' ? verdict.permit.plan : undefined
}

describe('the plan of a create', () => {
  test('names each volume once, and nothing that is not a named volume', () => {
    const Mounts = [
      { Type: 'volume', Source: 'fresh', Target: '/c', VolumeOptions: { Labels: { a: 'b' } } },
      { Type: 'volume', Source: 'fresh', Target: '/g' },
      { Type: 'volume', Target: '/d' },
      { Type: 'tmpfs', Target: '/e' },
    ]
    expect(planOf({ Binds: ['mine:/a', '/srv/work:/b', 'mine:/f'], Mounts })?.volumes).toEqual(
      new Map([
        ['mine', new Map()],
        ['fresh', new Map([['a', 'b']])],
      ]),
    )
  })

  test('names the real sources of its own binds and of those that it takes over', () => {
    const plan = planOf({ Binds: ['/srv/work/inner:/a', 'mine:/b'], VolumesFrom: ['bound:ro'] })
    expect(plan?.binds).toEqual([
      { source: '/srv/work/data', readOnly: false },
      { source: '/run/place', readOnly: true },
    ])
  })

  test('has no bind whose real path has a colon, but as a mount', () => {
    const world = { paths: { '/srv/work/link': '/srv/work/co:lon' } }
    expect(planOf({ Binds: ['/srv/work/link:/a'] }, { world })).toBeUndefined()
    const Mounts = [{ Type: 'bind', Source: '/srv/work/link', Target: '/a' }]
    expect(planOf({ Mounts }, { world })?.binds).toMatchObject([{ source: '/srv/work/co:lon' }])
  })

  test('counts the volumes that are not there yet', () => {
    const run = { limits: { memory: '1g', cpus: 2, pids: 256, volumes: 2 } }
    expect(planOf({ Binds: ['mine:/a', 'new:/b'] }, { run })?.volumes.size).toBe(2)
    expect(planOf({ Binds: ['new:/a', 'newer:/b'] }, { run })).toBeUndefined()
  })

  test.each([
    ['', 'private'],
    ['private', 'private'],
    ['shareable', 'shareable'],
    ['none', 'none'],
  ])('has for an IpcMode of %j %s', (IpcMode, mode) => {
    expect(planOf({ IpcMode })?.ipcMode).toBe(mode)
  })

  test('puts in the largest of what is not given, or given as 0', () => {
    const none = planOf({})?.limits
    expect(none).toMatchObject({ memory: 2 ** 30, nanoCpus: 2e9, pids: 256 })
    expect(planOf({ Memory: 0, MemorySwap: 0, NanoCpus: 0, PidsLimit: 0 })?.limits).toEqual(none)
  })

  test('publishes 32 ports at most, and one for each range', () => {
    const ports = (count: number) => ({
      '80/tcp': [{ HostPort: '20000-20999' }],
      ...Object.fromEntries(Array.from({ length: count - 1 }, (_, index) => [`${1000 + index}/udp`, []])),
    })
    expect(planOf({ PortBindings: ports(32) })?.ports).toHaveLength(32)
    expect(verdictOn({ PortBindings: ports(33) })).toMatchObject({
      refusal: { rule: 'run.ports', what: '33 published ports' },
    })
    const same = { '80/tcp': Array.from({ length: 33 }, () => ({})) }
    expect(verdictOn({ PortBindings: same })).toMatchObject({ refusal: { what: '33 published ports' } })
  })

  test('has 64 mounts at most, of all kinds together', () => {
    const list = <T>(count: number, item: (index: number) => T): readonly T[] =>
      Array.from({ length: count }, (_, index) => item(index))
    const binds = list(60, (index) => `/srv/work/${index}:/m/${index}`)
    expect(planOf({ Binds: [...binds, '/a', '/b', '/c', '/d'] })?.mounts).toHaveLength(64)
    for (const more of [
      { Binds: [...binds, '/a', '/b', '/c', '/d', '/e'] },
      { Binds: binds, Tmpfs: { '/a': '', '/b': '', '/c': '', '/d': '', '/e': '' } },
      { Binds: [...binds, '/a', '/b', '/c'], VolumesFrom: ['bound'] },
      { Binds: binds, VolumesFrom: ['web', 'web', 'web', 'web', 'web'] },
      { Mounts: list(65, (index) => ({ Type: 'volume', Target: `/${index}` })) },
    ])
      expect(verdictOn(more)).toMatchObject({ refusal: { rule: 'run.mounts', what: '65 mounts', also: [] } })
    const Volumes = Object.fromEntries(list(65, (index) => [`/${index}`, {}]))
    const { verdict } = ask({ line: 'POST /containers/create', body: { Image: 'alpine', Volumes } }, NONE)
    expect(verdict).toMatchObject({ refusal: { rule: 'run.mounts' } })
  })
})
