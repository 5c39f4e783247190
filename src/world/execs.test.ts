import { expect, test } from 'vitest'
import { Execs } from './execs.ts'

const SHELL = { kind: 'container.exec', container: 'web', argv: ['sh'], body: {} } as const

test('execs of one worker are not forgotten because of another’s', () => {
  const execs = new Execs()
  execs.put('one', 'worker', 'web', SHELL)
  for (let number = 0; number < 100; number++) execs.put(`rival ${number}`, 'rival', 'theirs', SHELL)
  expect(execs.get('worker', 'one')).toEqual({ container: 'web', made: SHELL })
})

test('the newest 64 that a worker has not started are remembered', () => {
  const execs = new Execs()
  for (let number = 0; number <= 64; number++) execs.put(`${number}`, 'worker', 'web', SHELL)
  expect(execs.get('worker', '0')).toBeUndefined()
  expect(execs.get('worker', '1')?.made).toBe(SHELL)
  expect(execs.get('worker', '64')?.made).toBe(SHELL)
})

test('of one that was started it is known in which container it is, and no longer how it was made', () => {
  const execs = new Execs()
  execs.put('one', 'worker', 'web', SHELL)
  execs.start('one', 'worker')
  for (let number = 0; number <= 64; number++) execs.put(`${number}`, 'worker', 'web', SHELL)
  expect(execs.get('worker', 'one')).toEqual({ container: 'web', made: undefined })
})

test('the newest 10,000 of a worker that were started are remembered', () => {
  const execs = new Execs()
  for (let number = 0; number <= 10_000; number++) {
    execs.put(`${number}`, 'worker', 'web', SHELL)
    execs.start(`${number}`, 'worker')
  }
  expect(execs.get('worker', '0')).toBeUndefined()
  expect(execs.get('worker', '1')).toBeDefined()
  expect(execs.get('worker', '10000')).toBeDefined()
})

test('an exec is the worker’s that made it alone', () => {
  const execs = new Execs()
  execs.put('one', 'worker', 'web', SHELL)
  expect(execs.get('rival', 'one')).toBeUndefined()
  execs.put('two', 'rival', 'theirs', SHELL)
  expect(execs.get('rival', 'one')).toBeUndefined()
})

test('those of a worker that is served no more are forgotten', () => {
  const execs = new Execs()
  execs.put('one', 'worker', 'web', SHELL)
  execs.put('two', 'worker', 'web', SHELL)
  execs.start('two', 'worker')
  execs.forget('worker')
  expect([execs.get('worker', 'one'), execs.get('worker', 'two')]).toEqual([undefined, undefined])
})
