import { describe, expect, test } from 'vitest'
import { tellLogOptions } from '../../decode/operations/container-create-body.ts'
import { Secret } from '../../decode/secret.ts'
import { policyOf } from '../../../test/cases/world.ts'
import type { Violation } from '../refuse.ts'
import { checkSecurityOptions, planLog, planRestart } from './security.ts'

const { docker } = policyOf({
  docker: {},
  run: {
    limits: { nofile: 1024, pids: 100, log: '10m' },
    restart: ['no', 'on-failure', 'always'],
    binds: [
      { path: '/srv/work', mode: 'rw' },
      { path: '/srv/docs', mode: 'ro' },
    ],
  },
  world: {},
  without: [],
})
const { run } = docker

/** The violations that a check finds. */
function found(check: (violations: Violation[]) => void): readonly Violation[] {
  const violations: Violation[] = []
  check(violations)
  return violations
}

describe('security options', () => {
  test.each(['no-new-privileges', 'no-new-privileges:true', 'no-new-privileges=true'])(
    '%s is given',
    (option) => {
      expect(found((violations) => checkSecurityOptions([option], violations))).toEqual([])
    },
  )

  test.each(['x-no-new-privileges', 'no-new-privileges:false', 'no-new-privileges-not', 'label=disable'])(
    '%s is refused',
    (option) => {
      expect(found((violations) => checkSecurityOptions([option], violations))).toMatchObject([
        {
          rule: 'run.security',
          what: `HostConfig.SecurityOpt = ${option}`,
          instead: ['--security-opt no-new-privileges'],
        },
      ])
    },
  )
})

describe('a restart policy', () => {
  const planBy = (restart: typeof run.restart, name: string, retries: number) =>
    planRestart({ ...run, restart }, { name, retries }, [], { roots: new Map() }, [])
  const plan = planBy.bind(undefined, run.restart)

  test('of failures has an end where the policy gives none without', () => {
    const retries = (asked: number) => planBy(['on-failure'], 'on-failure', asked).retries
    expect([0, 3, 11].map(retries)).toEqual([10, 3, 10])
  })

  test.each(['always', 'unless-stopped'] as const)(
    'of failures needs no end where the policy gives %s',
    (given) => {
      const retries = (asked: number) => planBy(['on-failure', given], 'on-failure', asked).retries
      expect([0, 42].map(retries)).toEqual([0, 42])
    },
  )

  test('of another name has no number', () => {
    expect(plan('always', 3)).toEqual({ name: 'always', retries: 0 })
    expect(plan('', 3)).toEqual({ name: 'no', retries: 0 })
  })

  test('with a folder that could be replaced is told what would do', () => {
    const bind = { source: '/srv/work/data', at: 'HostConfig.Binds[0]' }
    const restart = { name: 'always', retries: 0 }
    const roots = new Map([['/srv/docs', { found: true, real: '/mnt/docs' } as const]])
    const violationsOf = (source: { readonly source: string; readonly at: string }) =>
      found((violations) => planRestart(run, restart, [source], { roots }, violations))
    expect(violationsOf(bind)).toMatchObject([
      {
        rule: 'run.restart',
        what: 'HostConfig.RestartPolicy = always with HostConfig.Binds[0]',
        instead: [
          'a mount of its own, without :z',
          'the root itself: /srv/work | /srv/docs',
          'a named volume',
          '--restart no',
        ],
      },
    ])
    expect(violationsOf({ source: '/mnt/docs', at: 'HostConfig.Binds[0]' })).toEqual([])
  })
})

describe('logs', () => {
  const plan = (driver: string, options: Readonly<Record<string, string>> = {}, standard = 'json-file') => {
    const violations: Violation[] = []
    const log = {
      driver,
      options: new Secret<ReadonlyMap<string, string>>(new Map(Object.entries(options)), tellLogOptions),
    }
    return { plan: planLog(run.limits, log, standard, violations), violations }
  }
  const MOST = { 'max-size': '10m', 'max-file': '3' }

  test.each([
    [{}, MOST],
    [
      { 'max-size': '1m', 'max-file': '2' },
      { 'max-size': '1m', 'max-file': '2' },
    ],
    [{ 'max-size': '500' }, { ...MOST, 'max-size': '500' }],
    [{ 'max-size': '1g', 'max-file': '4' }, MOST],
    [{ 'max-size': '-1', 'max-file': '-1' }, MOST],
    [{ 'max-size': '0', 'max-file': '0' }, MOST],
    [{ 'max-size': 'x', 'max-file': 'x' }, MOST],
    [{ compress: 'true' }, { ...MOST, compress: 'true' }],
    [{ compress: 'false' }, MOST],
  ])('with %j are kept with %j', (options, kept) => {
    expect(plan('local', options)).toEqual({ plan: { driver: 'local', options: kept }, violations: [] })
  })

  test('go where the engine keeps them if nothing is said', () => {
    expect(plan('', {}, 'local').plan).toEqual({ driver: 'local', options: MOST })
    expect(plan('', {}, 'journald')).toEqual({ plan: undefined, violations: [] })
  })

  test('are not sent elsewhere, though the engine sends its own there', () => {
    expect(plan('journald', {}, 'journald').violations).toMatchObject([
      {
        rule: 'run.log',
        what: 'HostConfig.LogConfig.Type = journald',
        instead: ['--log-driver local'],
      },
    ])
  })

  test('have no other options', () => {
    expect(plan('local', { labels: 'a' }).violations).toEqual([
      {
        rule: 'run.log',
        what: '--log-opt labels',
        why: 'this option is not given to workers',
        instead: [],
      },
    ])
  })
})
