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
  expect([reservations.workerOf('a'), reservations.lateWorkerOf('a')]).toEqual([undefined, undefined])
})

test('a name that answers may still have is known for that long, and then no more', () => {
  const reservations = new Reservations()
  reservations.reserve('one', ['a'], 1000)()
  expect([reservations.workerOf('a'), reservations.lateWorkerOf('a')]).toEqual([undefined, 'one'])
  vi.advanceTimersByTime(500)
  reservations.reserve('two', ['b'], 1000)()
  reservations.reserve('two', ['c'])
  vi.advanceTimersByTime(500)
  const late = ['a', 'b', 'c', 'd'].map((name) => reservations.lateWorkerOf(name))
  expect(late).toEqual([undefined, 'two', 'two', undefined])
})
