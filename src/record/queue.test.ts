import { describe, expect, test, vi } from 'vitest'
import { asChanges, decision } from '../../test/support/record.ts'
import { StoreUnavailable } from './errors.ts'
import { WriteQueue, type Sink } from './queue.ts'
import type { Change } from './store.ts'

/** A disk whose syncs end when the test says so: no real one fails, or takes its time, on demand. */
function slowDisk() {
  const commits: string[][] = []
  const syncs: PromiseWithResolvers<void>[] = []
  let sealed = 0
  const sink: Sink = {
    commit: (changes) => void commits.push(changes.map(idOf)),
    sync: () => {
      const sync = Promise.withResolvers<void>()
      syncs.push(sync)
      return sync.promise
    },
    syncNow: () => undefined,
    seal: () => void (sealed += 1),
    unavailable: (error) => new StoreUnavailable('/state', String(error)),
  }
  return { sink, commits, syncs, sealed: () => sealed }
}

function idOf(change: Change): string {
  return change.type === 'entry' ? change.entry.id : change.type
}

function write(queue: WriteQueue, id: string): Promise<void> {
  return queue.synced(asChanges(decision({ id })))
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate)
}

describe('the queue of writes', () => {
  test('tells nobody before the disk has synced, and commits once what came meanwhile', async () => {
    const disk = slowDisk()
    const queue = new WriteQueue(disk.sink)
    const done: string[] = []
    const first = write(queue, 'a').then(() => done.push('a'))
    await until(() => disk.syncs.length === 1)
    const others = ['b', 'c'].map((id) => write(queue, id).then(() => done.push(id)))
    // More turns than a commit waits for.
    for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate)
    expect([disk.commits, done, disk.sealed()]).toEqual([[['a']], [], 0])
    disk.syncs[0]?.resolve()
    await first
    await until(() => disk.syncs.length === 2)
    expect(disk.commits).toEqual([['a'], ['b', 'c']])
    disk.syncs[1]?.resolve()
    await Promise.all(others)
    expect([done, disk.sealed()]).toEqual([['a', 'b', 'c'], 2])
    queue.close()
  })

  test('a sync that fails refuses those who waited for it, seals nothing, and is told until one succeeds', async () => {
    const disk = slowDisk()
    const told: (string | undefined)[] = []
    const queue = new WriteQueue(disk.sink, (failure) => told.push(failure?.message))
    void until(() => disk.syncs.length === 1).then(() => disk.syncs[0]?.reject(new Error('EIO')))
    await expect(write(queue, 'a')).rejects.toThrow(StoreUnavailable)
    expect(disk.sealed()).toBe(0)
    expect(queue.failure?.message).toContain('EIO')
    expect(() => queue.later(asChanges(decision({ id: 'read' })), 'soon')).toThrow('EIO')
    const next = write(queue, 'b')
    await until(() => disk.syncs.length === 2)
    disk.syncs[1]?.resolve()
    await next
    expect(queue.failure).toBeUndefined()
    expect(told).toEqual([expect.stringContaining('EIO'), undefined])
    queue.close()
  })

  test('what nobody waits for is committed also when its time came during a sync', async () => {
    const disk = slowDisk()
    const queue = new WriteQueue(disk.sink)
    const first = write(queue, 'a')
    await until(() => disk.syncs.length === 1)
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    queue.later(asChanges(decision({ id: 'read' })), 'soon')
    vi.advanceTimersByTime(80)
    vi.useRealTimers()
    expect(disk.commits).toEqual([['a']])
    disk.syncs[0]?.resolve()
    await first
    await until(() => disk.commits.length === 2)
    expect(disk.commits[1]).toEqual(['read'])
    disk.syncs[1]?.resolve()
    queue.close()
  })

  test('closing during a sync writes what waits, and lets all go that the disk has by then', async () => {
    const disk = slowDisk()
    const queue = new WriteQueue(disk.sink)
    const first = write(queue, 'a')
    await until(() => disk.syncs.length === 1)
    const second = write(queue, 'b')
    queue.close()
    await Promise.all([first, second])
    expect([disk.commits, disk.sealed()]).toEqual([[['a'], ['b']], 1])
    disk.syncs[0]?.resolve()
    await new Promise(setImmediate)
    expect(disk.sealed()).toBe(1)
  })
})
