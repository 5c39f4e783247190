import { describe, expect, test } from 'vitest'
import { planCpus, planMemoryOptions, planShares, totalViolations } from './limits.ts'

const MEBI = 2 ** 20

test.each([
  [undefined, 8e9, 2e9],
  [3e9, 8e9, 2e9],
  [5e8, 8e9, 5e8],
  [undefined, 1e9, 1e9],
  [3e9, undefined, 2e9],
  [1, undefined, 1e7],
])('of %s CPUs on a host of %s, %s are given where the limit is 2', (asked, host, given) => {
  expect(planCpus(asked, { nanoCpus: 2e9 }, host)).toBe(given)
})

describe('swap and reservation', () => {
  test.each([
    [undefined, 200],
    [0, 200],
    [150, 150],
    [500, 200],
  ])('swap of %s is sent as %s for a memory of 100', (asked, sent) => {
    const wanted = { memorySwap: asked, memoryReservation: undefined }
    expect(planMemoryOptions(100, wanted)).toEqual({
      memorySwap: sent,
      memoryReservation: undefined,
    })
  })

  test('swap without a limit is twice the memory', () => {
    expect(planMemoryOptions(100, { memorySwap: -1, memoryReservation: undefined }).memorySwap).toBe(200)
  })

  test.each([
    [50, 50],
    [500, 100],
    [0, undefined],
    [-1, undefined],
  ])('a reservation of %s is sent as %s for a memory of 100', (asked, sent) => {
    const wanted = { memorySwap: undefined, memoryReservation: asked }
    expect(planMemoryOptions(100, wanted).memoryReservation).toBe(sent)
  })
})

test('shares are between the fewest that there are and those of every container', () => {
  expect([undefined, 1, 2, 500, 1024, 2048].map(planShares)).toEqual([undefined, 2, 2, 500, 1024, 1024])
})

test('what goes over every total is told with what is left', () => {
  const limits = {
    ...{ memory: MEBI, nanoCpus: 1e9, pids: 1, nofile: 1, shm: MEBI, tmpfs: MEBI, log: MEBI },
    ...{ containers: 2, networks: 1, volumes: 1, totalMemory: 100 * MEBI, totalNanoCpus: 2e9 },
  }
  const usage = { containers: 2, networks: 0, volumes: 0, memory: 90 * MEBI, nanoCpus: 1.5e9 }
  const instead = ['docker rm of a container that is no longer needed', 'smaller --memory and --cpus']
  const what = 'all containers of this worker together'
  expect(totalViolations(limits, { memory: 11 * MEBI, nanoCpus: 1e9 }, usage)).toEqual([
    { rule: 'run.limits.containers', what, why: 'limit reached: 2 of 2', instead },
    { rule: 'run.limits.total.memory', what, why: '11m requested, 10m of 100m left', instead },
    { rule: 'run.limits.total.cpus', what, why: '1 requested, 0.5 of 2 left', instead },
  ])
  const fewer = { ...usage, containers: 1 }
  expect(totalViolations(limits, { memory: 10 * MEBI, nanoCpus: 0.5e9 }, fewer)).toEqual([])
})
