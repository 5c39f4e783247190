import { describe, expect, test } from 'vitest'
import { ask, type Settings } from '../../test/cases/world.ts'

const EMPTY: Settings = { docker: {}, run: {}, world: {}, without: [] }

/** What is sent for an update of the container `web`, which has 1 GiB and one CPU. */
function update(changes: object, run: Readonly<Record<string, unknown>> = {}): unknown {
  const { verdict, sent } = ask({ line: 'POST /containers/web/update', body: changes }, { ...EMPTY, run })
  return verdict.effect === 'refuse' ? verdict.refusal.rule : JSON.parse(sent?.body?.toString() ?? '')
}

const GIB = 2 ** 30
const LIMITS = { memory: '2g', cpus: 2, pids: 256 }

describe('an update', () => {
  test.each([
    [{}, {}],
    [{ Memory: 0, NanoCpus: 0, PidsLimit: 0, RestartPolicy: { Name: '' } }, {}],
    [{ Memory: GIB / 2 }, { Memory: GIB / 2, MemorySwap: GIB }],
    [
      { Memory: GIB / 2, MemorySwap: GIB / 2 },
      { Memory: GIB / 2, MemorySwap: GIB / 2 },
    ],
    [{ MemorySwap: 9 * GIB }, { MemorySwap: 2 * GIB }],
    [{ MemoryReservation: 9 * GIB }, { MemoryReservation: GIB }],
    [{ Memory: 9 * GIB }, { Memory: 2 * GIB, MemorySwap: 4 * GIB }],
    [{ NanoCpus: -1 }, { NanoCpus: 2e9 }],
    [{ CpuQuota: -1 }, { NanoCpus: 2e9 }],
    [{ CpuQuota: 10_000, CpuPeriod: 20_000 }, { NanoCpus: 5e8 }],
    [{ CpuShares: 1 }, { CpuShares: 2 }],
    [{ PidsLimit: -1 }, { PidsLimit: 256 }],
    [
      { CpusetCpus: '0-1', CpusetMems: '0' },
      { CpusetCpus: '0-1', CpusetMems: '0' },
    ],
    [
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 99 } },
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 10 } },
    ],
  ])('of %j sends %j', (changes, expected) => {
    expect(update(changes, { limits: LIMITS })).toEqual(expected)
  })

  test('may lower what a container has where the total is full', () => {
    const limits = { ...LIMITS, memory: '1g', total: { memory: '1g' } }
    expect(update({ Memory: GIB / 4 }, { limits })).toMatchObject({ Memory: GIB / 4 })
    expect(update({ NanoCpus: 2e9 }, { limits: { ...LIMITS, total: { cpus: 2 } } })).toMatchObject({
      NanoCpus: 2e9,
    })
  })

  test('is refused where the total is left', () => {
    expect(update({ Memory: 2 * GIB }, { limits: { ...LIMITS, total: { memory: '2g' } } })).toMatchObject({
      Memory: 2 * GIB,
    })
    expect(update({ Memory: GIB, MemorySwap: -2 })).toMatchObject({ MemorySwap: 2 * GIB })
    expect(update({ RestartPolicy: { Name: 'unless-stopped' } })).toBe('run.restart')
  })
})
