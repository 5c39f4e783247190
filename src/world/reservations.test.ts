import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Reservations } from './reservations.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a name is kept until the last of its calls is over, and ending one again changes nothing', () => {
  const reservations = new Reservations()
  const [first, second] = [reservations.reserve('one', ['a', 'b']), reservations.reserve('one', ['a'])]
  expect([reservations.callsOf('a'), reservations.callsOf('b')]).toEqual([2, 1])
  first()
  first()
  expect([reservations.workerOf('a'), reservations.workerOf('b')]).toEqual(['one', undefined])
  second()
  expect([reservations.workerOf('a'), reservations.wasAnothers('two', 'a')]).toEqual([undefined, false])
})

test('a name that answers may still have is known for that long, and then no more', () => {
  const reservations = new Reservations()
  reservations.reserve('one', ['a'], 1000)()
  expect([reservations.workerOf('a'), reservations.isAnothers('two', 'a')]).toEqual([undefined, false])
  expect(['one', 'two'].map((worker) => reservations.wasAnothers(worker, 'a'))).toEqual([false, true])
  vi.advanceTimersByTime(500)
  reservations.reserve('two', ['b'], 1000)()
  reservations.reserve('two', ['c'])
  vi.advanceTimersByTime(500)
  const toOne = ['a', 'b', 'c', 'd'].map((name) => reservations.wasAnothers('one', name))
  expect(toOne).toEqual([false, true, true, false])
  const toTwo = ['a', 'b', 'c', 'd'].map((name) => reservations.wasAnothers('two', name))
  expect(toTwo).toEqual([false, false, false, false])
})
