import { expect, test } from 'vitest'
import { Execs } from './execs.ts'

test('execs of one worker are not forgotten because of another’s', () => {
  const execs = new Execs()
  execs.put('one', 'worker', 'web')
  for (let number = 0; number < 10_001; number++) execs.put(`rival ${number}`, 'rival', 'theirs')
  expect(execs.containerOf('worker', 'one')).toBe('web')
})

test('the newest 10,000 of a worker are remembered', () => {
  const execs = new Execs()
  for (let number = 0; number <= 10_000; number++) execs.put(`${number}`, 'worker', 'web')
  expect(execs.containerOf('worker', '0')).toBeUndefined()
  expect(execs.containerOf('worker', '1')).toBe('web')
  expect(execs.containerOf('worker', '10000')).toBe('web')
})

test('an exec is the worker’s that made it alone', () => {
  const execs = new Execs()
  execs.put('one', 'worker', 'web')
  expect(execs.containerOf('rival', 'one')).toBeUndefined()
  execs.put('two', 'rival', 'theirs')
  expect(execs.containerOf('rival', 'one')).toBeUndefined()
})
