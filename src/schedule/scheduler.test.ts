import { setImmediate as look } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { Scheduler, SLICE, type Steps } from './scheduler.ts'

/** Resolves when all is done that waits for nothing. */
const tick = (): Promise<void> => new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)))

/** A scheduler whose clock goes on by what the work in a test says it takes, and whose looks at the connections are counted. */
function start() {
  let now = 0
  const scheduler = new Scheduler(() => now)
  const done: string[] = []
  /** Takes a turn of a worker, then works for some milliseconds. */
  const work = async (worker: string, milliseconds: number, name = worker): Promise<void> => {
    await scheduler.share(worker).turn()
    now += milliseconds
    done.push(name)
  }
  function* steps(count: number, milliseconds: number): Steps<string> {
    for (let step = 0; step < count; step += 1) {
      now += milliseconds
      yield
    }
    return 'done'
  }
  /** How often the thread looks at its connections until some work is done. */
  const looks = async (begin: () => Promise<unknown>): Promise<number> => {
    let count = 0
    let next: NodeJS.Immediate
    const looked = (): void => {
      count += 1
      next = setImmediate(looked)
    }
    next = setImmediate(looked)
    await begin()
    clearImmediate(next)
    return count
  }
  return { scheduler, work, steps, looks, done, elapsed: () => now }
}

describe('a worker goes on at once', () => {
  test('where nobody works and the slice is not used up', async () => {
    const { scheduler, work } = start()
    await work('a', SLICE - 1)
    await tick()
    expect(scheduler.share('b').turn()).toBeUndefined()
  })

  test('and again once the connections were looked at', async () => {
    const { scheduler, work } = start()
    await work('a', SLICE)
    await tick()
    expect(scheduler.share('a').turn()).toBeInstanceOf(Promise)
    await look()
    await look()
    expect(scheduler.share('a').turn()).toBeUndefined()
  })
})

describe('the thread looks at its connections', () => {
  test('when a slice is used up', async () => {
    const { work, looks } = start()
    expect(await looks(() => Promise.all([1, 2, 3, 4].map(() => work('a', SLICE))))).toBe(3)
  })

  test('not between short pieces of work', async () => {
    const { work, looks } = start()
    const many = () => Promise.all(Array.from({ length: SLICE * 9 }, () => work('a', 0.1)))
    expect(await looks(many)).toBe(0)
  })

  test('as often in work of many steps', async () => {
    const { scheduler, steps, looks, elapsed } = start()
    expect(await looks(() => scheduler.share('a').run(steps(100, 1)))).toBe(100 / SLICE)
    expect(elapsed()).toBe(100)
  })

  test('and serves what came there before the work goes on', async () => {
    const { scheduler, steps, work, done } = start()
    const long = scheduler
      .share('a')
      .run(steps(1000, 1))
      .then(() => done.push('long'))
    await look()
    await work('b', 1)
    await long
    expect(done).toEqual(['b', 'long'])
  })

  test('however many go on by one and the same event', async () => {
    const { work, looks } = start()
    const event = Promise.resolve()
    const all = () => Promise.all(Array.from({ length: 20 }, () => event.then(() => work('a', SLICE))))
    expect(await looks(all)).toBe(19)
  })
})

describe('of those who wait', () => {
  test('who has used least goes first, however much others ask for', async () => {
    const { work, done } = start()
    const many = Array.from({ length: 50 }, () => work('busy', 4))
    await Promise.all([...many, work('neighbour', 1)])
    expect(done.indexOf('neighbour')).toBe(1)
    expect(done).toHaveLength(51)
  })

  test('two that ask for as much get as much, also where one has smaller pieces of work', async () => {
    const { work, done } = start()
    const large = Array.from({ length: 10 }, () => work('large', 4))
    const small = Array.from({ length: 40 }, () => work('small', 1))
    await Promise.all([...large, ...small])
    const half = done.slice(0, 25)
    expect(half.filter((name) => name === 'large')).toHaveLength(5)
  })

  test('the work of one worker goes in the order in which it came', async () => {
    const { work, done } = start()
    await Promise.all(['1', '2', '3', '4'].map((name) => work('a', SLICE, name)))
    expect(done).toEqual(['1', '2', '3', '4'])
  })

  test('nobody has saved up turns by asking for none', async () => {
    const { work, done } = start()
    await work('idle', 0)
    for (let time = 0; time < 20; time += 1) await work('busy', SLICE)
    done.length = 0
    const all = Array.from({ length: 10 }, () => [work('busy', SLICE), work('idle', SLICE)])
    await Promise.all(all.flat())
    expect(done.slice(0, 10).filter((name) => name === 'busy').length).toBeGreaterThanOrEqual(4)
  })
})

test('steps that fail end the work with their error', async () => {
  const { scheduler } = start()
  function* failing(): Steps<never> {
    yield
    throw new RangeError('too much')
  }
  await expect(scheduler.share('a').run(failing())).rejects.toThrow('too much')
})

test('steps are not gone on with for a client that went away', async () => {
  const { scheduler, steps, elapsed } = start()
  const gone = new AbortController()
  const long = scheduler.share('a', gone.signal).run(steps(1000, 1))
  await look()
  gone.abort()
  await expect(long).rejects.toThrow('aborted')
  expect(elapsed()).toBeLessThan(SLICE * 4)
})

test('time in which a worker waits for something else is not its own', async () => {
  const { scheduler, work, done } = start()
  const event = Promise.withResolvers<void>()
  const waiting = (async () => {
    await scheduler.share('waiting').turn()
    await event.promise
  })()
  for (let time = 0; time < 5; time += 1) await work('busy', SLICE)
  event.resolve()
  await waiting
  await Promise.all([work('busy', SLICE), work('busy', SLICE), work('waiting', SLICE, 'last')])
  expect(done.indexOf('last')).toBeLessThan(done.length - 1)
})
