import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ending, type Until } from './ending.ts'
import { KeyedTurns, MOST_AT_ONCE, MOST_WAITING, NoTurn, type Hold, type Keys } from './keyed-turns.ts'

const alone = (...names: readonly string[]): Keys => new Map(names.map((name) => [name, 'exclusive']))
const shared = (...names: readonly string[]): Keys => new Map(names.map((name) => [name, 'shared']))

/** Turns whose work goes on until it is ended by its name. */
function arena() {
  const turns = new KeyedTurns()
  const going = new Map<string, { readonly worker: string; readonly keys: Keys; readonly end: () => void }>()
  const begun: string[] = []
  const ask = (worker: string, name: string, keys: Keys, gone?: Until) =>
    turns.run(
      worker,
      keys,
      () => {
        begun.push(name)
        return new Promise<string>((resolve) => {
          const end = (): void => {
            going.delete(name)
            resolve(name)
          }
          going.set(name, { worker, keys, end })
        })
      },
      gone,
    )
  const end = async (name: string): Promise<void> => {
    await setImmediate()
    going.get(name)?.end()
    await setImmediate()
  }
  return { turns, going, begun, ask, end }
}

test('what is about different things goes on at the same time, what shares one too', async () => {
  const { begun, ask } = arena()
  void ask('a', 'x', alone('x'))
  void ask('a', 'y', alone('y'))
  void ask('a', 'z1', shared('z'))
  void ask('b', 'z2', shared('z'))
  void ask('b', 'x again', alone('x'))
  void ask('b', 'z alone', alone('z'))
  await setImmediate()
  expect(begun).toEqual(['x', 'y', 'z1', 'z2'])
})

test('a worker has no more than four turns at once, and another has its own beside them', async () => {
  const { going, begun, ask, end } = arena()
  for (let i = 0; i < 10; i += 1) void ask('a', `a${i}`, alone(`x${i}`))
  void ask('b', 'b', alone('y'))
  await setImmediate()
  expect([...going.keys()]).toEqual(['a0', 'a1', 'a2', 'a3', 'b'])
  await end('a2')
  expect(begun.at(-1)).toBe('a4')
})

test('who wants a thing alone is not passed by those who share it', async () => {
  const { begun, ask, end } = arena()
  void ask('a', 'first', shared('z'))
  void ask('b', 'alone', alone('z'))
  void ask('c', 'late', shared('z'))
  await end('first')
  expect(begun).toEqual(['first', 'alone'])
  await end('alone')
  expect(begun).toEqual(['first', 'alone', 'late'])
})

test('one that waits for sixty turns does not hold another’s up', async () => {
  const { begun, ask, end } = arena()
  for (let i = 0; i < 60; i += 1) void ask('a', `a${i}`, alone('x'))
  void ask('b', 'b0', alone('x'))
  void ask('b', 'b1', alone('x'))
  for (const name of ['a0', 'b0', 'a1', 'b1']) await end(name)
  expect(begun).toEqual(['a0', 'b0', 'a1', 'b1', 'a2'])
})

test('of a worker no more than 64 wait, and the next is told to try again', async () => {
  const { turns, ask } = arena()
  for (let i = 0; i <= MOST_WAITING; i += 1) void ask('a', `a${i}`, alone('x'))
  expect(turns.waitingOf('a')).toBe(MOST_WAITING)
  await expect(ask('a', 'one more', alone('x'))).rejects.toThrow(NoTurn)
  await expect(ask('a', 'one more', alone('x'))).rejects.toThrow('try again')
  void ask('b', 'b', alone('x'))
  expect([turns.waitingOf('a'), turns.waitingOf('b')]).toEqual([MOST_WAITING, 1])
})

test('a client that leaves gives up its place, and those behind it go on', async () => {
  const { begun, ask, end } = arena()
  const gone = new Ending()
  void ask('a', 'first', shared('x'))
  const left = ask('b', 'left', alone('x'), gone)
  void ask('c', 'behind', shared('x'))
  gone.end()
  await expect(left).rejects.toThrow(NoTurn)
  await setImmediate()
  expect(begun).toEqual(['first', 'behind'])
  await expect(ask('d', 'came too late', alone('x'), gone)).rejects.toThrow(NoTurn)
  await end('first')
  expect(begun).toEqual(['first', 'behind'])
})

test('the turn of work that fails is over', async () => {
  const { turns, begun, ask } = arena()
  const failing = turns.run('a', alone('x'), () => Promise.reject(new Error('no')))
  void ask('b', 'next', alone('x'))
  await expect(failing).rejects.toThrow('no')
  await setImmediate()
  expect(begun).toEqual(['next'])
})

describe('whoever asks for whatever', () => {
  const keys = fc
    .uniqueArray(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom<Hold>('exclusive', 'shared')), {
      selector: ([key]) => key,
      maxLength: 3,
    })
    .map((pairs): Keys => new Map(pairs))
  const asked = fc.record({ worker: fc.constantFrom('a', 'b', 'c'), keys, ends: fc.nat(3) })
  const conflicts = (one: Keys, other: Keys): boolean =>
    [...one].some(([key, how]) => other.has(key) && (how === 'exclusive' || other.get(key) === 'exclusive'))

  test('nothing goes on beside what it conflicts with, all come to their turn, and a worker’s in its order', async () => {
    const property = fc.asyncProperty(fc.array(asked, { maxLength: 40 }), async (all) => {
      const { going, begun, ask, end } = arena()
      const expectApart = (): void => {
        const running = [...going.values()]
        for (const worker of ['a', 'b', 'c'])
          expect(running.filter((turn) => turn.worker === worker).length).toBeLessThanOrEqual(MOST_AT_ONCE)
        for (const [i, one] of running.entries())
          for (const other of running.slice(i + 1)) expect(conflicts(one.keys, other.keys)).toBe(false)
      }
      const oldest = async (): Promise<void> => {
        const [name] = going.keys()
        if (name !== undefined) await end(name)
        expectApart()
      }
      const done = all.map(async ({ worker, keys: needed, ends }, i) => {
        const turn = ask(worker, `${i}`, needed)
        for (let left = ends; left > 0; left -= 1) await oldest()
        return turn
      })
      await setImmediate()
      while (going.size > 0) await oldest()
      await Promise.all(done)
      expect(begun).toHaveLength(all.length)
      for (const [i, one] of all.entries())
        for (const [j, later] of all.entries())
          if (i < j && one.worker === later.worker && conflicts(one.keys, later.keys))
            expect(begun.indexOf(`${i}`)).toBeLessThan(begun.indexOf(`${j}`))
    })
    await fc.assert(property, { numRuns: 200 })
  })

  test('a worker waits for no more turns of each other than it has waited for itself', async () => {
    const property = fc.asyncProperty(fc.nat(20), fc.nat(20), fc.nat(20), async (of, others, before) => {
      const { begun, ask, end } = arena()
      for (let i = 0; i <= of; i += 1) void ask('a', `a${i}`, alone('x'))
      for (let i = 0; i <= others; i += 1) void ask('b', `b${i}`, alone('x'))
      for (let i = 0; i < before; i += 1) await end(begun.at(-1) ?? '')
      void ask('c', 'c', alone('x'))
      // Those that go on, and one of each other worker's.
      for (let i = 0; i < 3 && !begun.includes('c'); i += 1) await end(begun.at(-1) ?? '')
      expect(begun).toContain('c')
    })
    await fc.assert(property, { numRuns: 100 })
  })
})
