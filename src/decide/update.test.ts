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

  test.each([
    [{ Memory: GIB, MemorySwap: 2 * GIB, NanoCpus: 2e9, PidsLimit: 256, CpuShares: 512 }, []],
    [
      { Memory: 9 * GIB, MemorySwap: 18 * GIB },
      ['memory 9g is 2g here (run.limits.memory)', 'memory and swap 18g is 4g here (twice the memory)'],
    ],
    [{ MemorySwap: -1 }, ['memory and swap without a limit is 2g here (twice the memory)']],
    [{ CpuQuota: -1 }, ['cpus without a limit is 2 here (run.limits.cpus)']],
    [{ NanoCpus: 9e9 }, ['cpus 9 is 2 here (run.limits.cpus)']],
    [{ PidsLimit: 9999 }, ['pids 9999 is 256 here (run.limits.pids)']],
    [{ CpuShares: 2048 }, ['cpu shares 2048 is 1024 here (the share of every container)']],
    [
      { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 42 } },
      ['restart retries 42 is 10 here (the most there are)'],
    ],
  ])('of %j warns of %j', (changes, warnings) => {
    const line = 'POST /containers/web/update'
    const { verdict } = ask({ line, body: changes }, { ...EMPTY, run: { limits: LIMITS } })
    expect(verdict).toMatchObject({ permit: { warnings } })
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
