import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { OneAtATime } from './one-at-a-time.ts'

test('work is done one piece after the other, also behind one that fails', async () => {
  const turns = new OneAtATime()
  const seen: string[] = []
  const work = async (name: string): Promise<string> => {
    seen.push(`${name} begins`)
    await setImmediate()
    seen.push(`${name} ends`)
    if (name === 'one') throw new Error(name)
    return name
  }
  const all = await Promise.allSettled(['one', 'two', 'three'].map((name) => turns.run(() => work(name))))
  expect(all.map((one) => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual([
    'failed',
    'two',
    'three',
  ])
  expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends'])
})
