import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import {
  asChanges,
  decision,
  newDirectory,
  newestOf,
  outcome,
  backToFormat2,
} from '../../../test/support/record.ts'
import { openRecord } from './open-reader.ts'
import { verifyRecord } from '../verify.ts'
import { StoreUnavailable } from '../errors.ts'
import { openStore } from './open-store.ts'
import type { Claim, Owned } from '../store.ts'

const claim: Claim = {
  nonce: 'n1',
  id: '',
  name: '',
  kind: 'container',
  worker: 'ai-worker',
  created: 5,
  memory: 1024,
  nanoCpus: 1e9,
}
const owned: Owned = { ...claim, id: 'c1', name: 'web' }

describe('the store', () => {
  test('makes its directory and files for the owner alone', () => {
    const directory = join(newDirectory(), 'deep', 'state')
    const store = openStore(directory)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    for (const name of ['audit.key', 'dockgate.db', 'dockgate.db-wal', 'dockgate.db-shm']) {
      expect([name, statSync(join(directory, name)).mode & 0o777]).toEqual([name, 0o600])
    }
    store.close()
  })

  test('refuses a directory that others may write into', () => {
    const directory = newDirectory()
    chmodSync(directory, 0o777)
    expect(() => openStore(directory)).toThrow(/others may write into it \(mode 0777\)/)
  })

  test('is for one gate at a time', () => {
    const directory = newDirectory()
    const store = openStore(directory)
    expect(() => openStore(directory)).toThrow(StoreUnavailable)
    expect(() => openStore(directory)).toThrow('another gate is using it')
    store.close()
    openStore(directory).close()
  })

  test('has a synced entry on disk when the write resolves', async () => {
    const directory = newDirectory()
    const store = openStore(directory)
    const entry = decision()
    await store.write(asChanges(entry), 'synced')
    const record = openRecord(directory)
    expect(newestOf(record, {}, 5)).toEqual([{ seq: 1, entry }])
    record.close()
    store.close()
  })

  test('has what was noted on disk within 100 ms, in order, before a later synced write', async () => {
    const directory = newDirectory()
    const store = openStore(directory)
    const [first, second, third] = [decision(), decision(), decision()]
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    store.note(first)
    expect(store.state().entries).toBe(0)
    vi.advanceTimersByTime(100)
    vi.useRealTimers()
    // What is left is the disk's.
    await expect.poll(() => store.state().entries).toBe(1)
    store.note(second)
    await store.write(asChanges(third), 'synced')
    store.close()
    const record = openRecord(directory)
    expect(newestOf(record, {}, 5).map(({ entry }) => entry)).toEqual([first, second, third])
    record.close()
  })

  test('puts parallel synced writes into few commits', async () => {
    const store = openStore(newDirectory())
    const ends = new Set<number>()
    const write = async (): Promise<void> => {
      await store.write(asChanges(decision()), 'synced')
      ends.add(store.state().entries)
    }
    await Promise.all(Array.from({ length: 1000 }, write))
    expect(store.state().entries).toBe(1000)
    expect(ends.size).toBeLessThan(5)
    store.close()
  })

  test('takes at most 20,000 waiting writes', async () => {
    const store = openStore(newDirectory())
    for (let index = 0; index < 20_000; index += 1) store.note(decision())
    expect(() => store.note(decision())).toThrow('20000 writes wait for the disk')
    await expect(store.write(asChanges(decision()), 'synced')).rejects.toThrow(StoreUnavailable)
    await expect.poll(() => store.state().entries).toBe(20_000)
    await store.write(asChanges(decision()), 'synced')
    expect(store.state()).toMatchObject({ entries: 20_001, failing: undefined })
    store.close()
  })

  test('goes on with the chain after it was closed and opened', async () => {
    const directory = newDirectory()
    for (let count = 1; count <= 3; count += 1) {
      const store = openStore(directory)
      store.note(decision())
      store.close()
      expect(verifyRecord(directory)).toMatchObject({ sound: true, entries: count, unsigned: 0 })
    }
  })

  test('keeps claims and what is owned, with the entries that they belong to', async () => {
    const directory = newDirectory()
    let store = openStore(directory)
    const entry = decision()
    await store.write([...asChanges(entry), { type: 'claim', claim }], 'synced')
    expect(store.claims()).toEqual([claim])
    await store.write([...asChanges(outcome(entry.id)), { type: 'own', owned, claim: 'n1' }], 'kept')
    store.close()

    store = openStore(directory)
    expect([store.claims(), store.owned(), store.state().entries]).toEqual([[], [owned], 2])
    await store.write([{ type: 'resize', id: 'c1', memory: 2048, nanoCpus: 5e8 }], 'synced')
    expect(store.owned()).toEqual([{ ...owned, memory: 2048, nanoCpus: 5e8 }])
    await store.write(
      [
        { type: 'claim', claim },
        { type: 'disown', kind: 'container', id: 'c1' },
      ],
      'synced',
    )
    await store.write([{ type: 'unclaim', nonce: 'n1' }], 'synced')
    expect([store.claims(), store.owned()]).toEqual([[], []])
    store.close()
  })

  test('keeps one row for each container that workers gave names to, until it is called by the operator’s', async () => {
    const directory = newDirectory()
    let store = openStore(directory)
    const asked = { container: 'c1', meant: 'web', given: '', asked: 'moved', since: 5 }
    const given = { ...asked, given: 'moved', asked: '', since: 0 }
    await store.write([{ type: 'rename', renamed: asked }], 'synced')
    expect(store.renamed()).toEqual([asked])
    await store.write([{ type: 'rename', renamed: given }], 'kept')
    store.close()

    store = openStore(directory)
    expect(store.renamed()).toEqual([given])
    await store.write([{ type: 'unrename', container: 'c1' }], 'synced')
    expect(store.renamed()).toEqual([])
    store.close()
  })

  test('brings a database of format 2 forward', () => {
    const directory = newDirectory()
    openStore(directory).close()
    backToFormat2(directory)
    const store = openStore(directory)
    expect(store.renamed()).toEqual([])
    store.close()
  })

  test('turns away a value that it could not store, and goes on', async () => {
    const store = openStore(newDirectory())
    const bad = { ...owned, nanoCpus: Number.NaN }
    await expect(store.write([{ type: 'own', owned: bad }], 'kept')).rejects.toThrow('nanoCpus is neither')
    expect(() => store.note(decision({ time: 1.5 }))).toThrow('time is not a whole number')
    await store.write(asChanges(decision()), 'synced')
    store.close()
  })

  test('takes nothing after it was closed', async () => {
    const store = openStore(newDirectory())
    store.close()
    expect(() => store.note(decision())).toThrow(StoreUnavailable)
    await expect(store.write(asChanges(decision()), 'synced')).rejects.toThrow('closed')
  })
})
