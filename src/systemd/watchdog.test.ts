import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { watch, watchInterval } from './watchdog.ts'

test('systemd is told twice in the time that it waits, where it watches this process', () => {
  expect(watchInterval({ WATCHDOG_USEC: '60000000' }, 40)).toBe(30_000)
  expect(watchInterval({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '40' }, 40)).toBe(30_000)
  expect(watchInterval({ WATCHDOG_USEC: '60000000', WATCHDOG_PID: '41' }, 40)).toBe(undefined)
  expect(watchInterval({ WATCHDOG_USEC: '0' }, 40)).toBe(undefined)
  expect(watchInterval({}, 40)).toBe(undefined)
})

describe('the gate is said to be alive', () => {
  let times = 0
  const alive = (): void => {
    times += 1
  }
  let end: () => void = () => undefined
  beforeEach(() => {
    times = 0
    vi.useFakeTimers()
  })
  afterEach(() => {
    end()
    vi.useRealTimers()
  })

  test('at once, and again and again', async () => {
    end = watch(100, () => Promise.resolve(), alive)
    await vi.advanceTimersByTimeAsync(350)
    expect(times).toBe(4)
  })

  test('where the record refuses to be written: that is told, and outlasted', async () => {
    end = watch(100, () => Promise.reject(new Error('the disk is full')), alive)
    await vi.advanceTimersByTimeAsync(100)
    expect(times).toBe(2)
  })

  test('no more while its writing hangs', async () => {
    const hanging = Promise.withResolvers<void>()
    let probes = 0
    const probe = (): Promise<void> => {
      probes += 1
      return probes === 2 ? hanging.promise : Promise.resolve()
    }
    end = watch(100, probe, alive)
    await vi.advanceTimersByTimeAsync(1_000)
    expect({ times, probes }).toEqual({ times: 1, probes: 2 })
    hanging.resolve()
    await vi.advanceTimersByTimeAsync(100)
    expect({ times, probes }).toEqual({ times: 3, probes: 3 })
  })

  test('no more once it ends, though it is being looked at', async () => {
    const looking = Promise.withResolvers<void>()
    end = watch(100, () => looking.promise, alive)
    end()
    looking.resolve()
    await vi.advanceTimersByTimeAsync(500)
    expect(times).toBe(0)
  })
})
