import { expect, test } from 'vitest'
import { inUse, notFound, refuse, refuseAll, type Violation } from './refuse.ts'

const violation = (rule: string, what = rule): Violation => ({ rule, what, why: 'because', instead: ['a'] })

test('a refusal says no more than it is given', () => {
  expect(refuse('ps', 'rule', 'what', {})).toEqual({
    effect: 'refuse',
    subcommand: 'ps',
    status: 403,
    refusal: {
      decision: 'refused',
      rule: 'rule',
      what: 'what',
      why: '',
      instead: [],
      also: [],
      retryable: false,
    },
  })
})

test('the first violation is explained, twenty others are named', () => {
  const violations = Array.from({ length: 30 }, (_, index) => violation('run.x', `x${index}`))
  expect(refuseAll('run', violations).refusal).toMatchObject({
    rule: 'run.x',
    what: 'x0',
    why: 'because',
    instead: ['a'],
    also: Array.from({ length: 20 }, (_, index) => `x${index + 1}`),
  })
})

test.each([
  [['run.limits.containers'], true],
  [['run.limits.networks'], true],
  [['run.limits.volumes'], true],
  [['run.limits.total.memory', 'run.limits.total.cpus'], true],
  [['run.limits.containers', 'run.images'], false],
  [['run.limits.memory'], false],
  [['run.limits.volumesize'], false],
  [['x.run.limits.containers'], false],
])('a refusal by %j can be tried again: %s', (rules, expected) => {
  expect(
    refuseAll(
      'run',
      rules.map((rule) => violation(rule)),
    ).refusal.retryable,
  ).toBe(expected)
})

test('there is no refusal for nothing', () => {
  expect(() => refuseAll('run', [])).toThrow(/reason/)
})

test('what is not there and what is busy are told as an engine tells them', () => {
  expect(notFound('ps', 'no such thing')).toMatchObject({
    status: 404,
    refusal: { rule: 'docker.reach', what: 'no such thing', retryable: false },
  })
  expect(inUse('rm', 'in use')).toMatchObject({
    status: 409,
    refusal: { rule: 'docker.busy', what: 'in use', retryable: true },
  })
})
