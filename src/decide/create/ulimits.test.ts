import { describe, expect, test } from 'vitest'
import { policyOf, NONE } from '../../../test/cases/world.ts'
import type { Violation } from '../refuse.ts'
import { planUlimits } from './ulimits.ts'

const limits = { nofile: 1024, pids: 100 }
const runWith = (ulimits: Readonly<Record<string, string | number>>) =>
  policyOf({ ...NONE, run: { limits, ulimits } }).docker.run

function plan(ulimits: Readonly<Record<string, string | number>>, name: string, soft: number, hard: number) {
  const violations: Violation[] = []
  const [planned] = planUlimits(runWith(ulimits), [{ name, soft, hard }], violations)
  return { planned, violations }
}

describe('what the policy does not speak of', () => {
  test.each([
    ['nofile', 0, 0],
    ['nofile', 1024, 1024],
    ['nproc', 100, 100],
    ['core', -1, -1],
    ['stack', 0, 1e12],
    ['memlock', -1, -1],
  ])('%s may be %i:%i', (name, soft, hard) => {
    expect(plan({}, name, soft, hard)).toEqual({
      planned: { Name: name, Soft: soft, Hard: hard },
      violations: [],
    })
  })

  test.each([
    ['nofile', 1025, 1024, 1024, 1024],
    ['nofile', 1024, 1025, 1024, 1024],
    ['nofile', -1, 1024, 1024, 1024],
    ['nofile', 1, -1, 1, 1024],
    ['nproc', 1, 101, 1, 100],
  ])('%s of %i:%i is %i:%i', (name, soft, hard, Soft, Hard) => {
    expect(plan({}, name, soft, hard).planned).toEqual({ Name: name, Soft, Hard })
  })

  test.each(['rtprio', 'nice', 'rttime', 'msgqueue', 'sigpending', 'constructor'])(
    '%s is not given',
    (name) => {
      expect(plan({ memlock: '8m' }, name, 1, 1).violations).toEqual([
        {
          rule: 'run.ulimits',
          what: `HostConfig.Ulimits = ${name}=1:1`,
          why: 'run.ulimits does not give it',
          instead: ['--ulimit memlock=…'],
        },
      ])
    },
  )
})

describe('what the policy gives', () => {
  test.each([
    ['memlock', '8m', -1, -1, 2 ** 23, 2 ** 23],
    ['memlock', 'unlimited', -1, -1, -1, -1],
    ['nofile', 1_000_000, 500_000, -1, 500_000, 1_000_000],
    ['nofile', 'unlimited', -1, -1, -1, -1],
    ['nproc', 50, 100, 100, 50, 50],
    ['rtprio', 10, 99, 99, 10, 10],
    ['core', 0, -1, -1, 0, 0],
  ])('of %s %s, %i:%i is %i:%i', (name, most, soft, hard, Soft, Hard) => {
    expect(plan({ [name]: most }, name, soft, hard)).toEqual({
      planned: { Name: name, Soft, Hard },
      violations: [],
    })
  })
})
