import { describe, expect, test } from 'vitest'
import { ask } from '../../../test/cases/world.ts'

/** What the answer of a create warns of. */
function warnings(body: object): readonly string[] {
  const { verdict } = ask({ line: 'POST /containers/create', body: { Image: 'alpine', ...body } })
  if (verdict.effect === 'allow' && verdict.permit.on === 'create') return verdict.permit.plan.warnings
  throw new Error(JSON.stringify(verdict))
}

describe('a create is warned of what it gets less of', () => {
  test.each([
    [{ HostConfig: { Memory: 4 * 2 ** 30 } }, ['memory 4g is 1g here (run.limits.memory)']],
    [{ HostConfig: { MemorySwap: -1 } }, ['memory and swap without a limit is 2g here (twice the memory)']],
    [{ HostConfig: { NanoCpus: 3e9 } }, ['cpus 3 is 2 here (run.limits.cpus)']],
    [{ HostConfig: { PidsLimit: -1 } }, ['pids without a limit is 256 here (run.limits.pids)']],
    [{ HostConfig: { ShmSize: 2 ** 30 } }, ['shm 1g is 64m here (run.limits.shm)']],
    [{ HostConfig: { Tmpfs: { '/x': 'size=2g' } } }, ['tmpfs at /x, size 2g is 1g here (run.limits.tmpfs)']],
    [
      { HostConfig: { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 70_000 }] } },
      ['ulimit nofile=1:70000 is 1:65536 here (run.limits.nofile)'],
    ],
    [
      { HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 42 } } },
      ['restart retries 42 is 10 here (the most there are)'],
    ],
    [
      { HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '1g' } } } },
      ['log max-size 1g is 10m here (run.limits.log)'],
    ],
    [
      { StopTimeout: -1 },
      ['stop timeout without a limit is 600 s here (an engine waits this long when it shuts down)'],
    ],
    [
      { Healthcheck: { Test: ['CMD', 'a'], Interval: 250e6 } },
      ['health check Interval 250 ms is 1000 ms here (each check is a process)'],
    ],
  ])('%j', (body, told) => {
    expect(warnings(body)).toEqual(told)
  })

  test.each([
    {},
    {
      HostConfig: {
        Memory: 0,
        MemorySwap: 0,
        PidsLimit: 0,
        Tmpfs: { '/x': '' },
        RestartPolicy: { Name: 'no' },
      },
    },
    { HostConfig: { Memory: 2 ** 20 * 100, NanoCpus: 1e9, Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }] } },
    { StopTimeout: 10, Healthcheck: { Test: ['NONE'], Interval: 0 } },
    { HostConfig: { RestartPolicy: { Name: 'on-failure' } } },
  ])('and not of what it was asked for: %j', (body) => {
    expect(warnings(body)).toEqual([])
  })
})
