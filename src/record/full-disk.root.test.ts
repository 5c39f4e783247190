import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { asChanges, decision, newDirectory, newestOf, outcome } from '../../test/support/record.ts'
import { openRecord } from './sqlite/open-reader.ts'
import { verifyRecord } from './verify.ts'
import { StoreUnavailable } from './errors.ts'
import { openStore } from './sqlite/open-store.ts'

// A disk of its own, so that it can really be full. Mounting needs root: without it these tests fail.
let disk = ''
let directory = ''

beforeEach(() => {
  disk = newDirectory()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', disk])
  directory = join(disk, 'state')
})

afterEach(() => {
  execFileSync('umount', [disk])
})

/** Takes all that is left of the disk. */
function fillDisk(): void {
  const ballast = join(disk, 'ballast')
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
    }
  }
}

describe('a full disk', () => {
  test('refuses changes with the place and the cause, keeps what was answered, and recovers when there is room', async () => {
    const store = openStore(directory)
    await store.write(asChanges(decision({ id: 'before' })), 'synced')
    fillDisk()
    store.note(decision({ id: 'answered' }))
    const big = 'x'.repeat(8000)
    const refused = store.write(asChanges(decision({ id: 'refused', detail: big })), 'synced')
    await expect(refused).rejects.toThrow(StoreUnavailable)
    await expect(refused).rejects.toThrow(`the record in ${directory} cannot be used: the disk is full`)
    expect(store.state().failing).toContain('the disk is full')
    expect(() => store.note(decision())).toThrow('the disk is full')
    await store.write(asChanges(outcome('before', { id: 'happened', reason: big })), 'kept')

    rmSync(join(disk, 'ballast'))
    await expect.poll(() => store.state().failing).toBeUndefined()
    await store.write(asChanges(decision({ id: 'after' })), 'synced')
    store.close()

    const record = openRecord(directory)
    const ids = newestOf(record, {}, 10).map(({ entry }) => entry.id)
    record.close()
    expect(ids).toEqual(['before', 'answered', 'happened', 'after'])
    expect(verifyRecord(directory)).toMatchObject({ sound: true, unsigned: 0 })
  })

  test('is found again by itself, also with nothing left to write', async () => {
    const store = openStore(directory)
    fillDisk()
    await expect(store.write(asChanges(decision({ detail: 'x'.repeat(9000) })), 'synced')).rejects.toThrow(
      'full',
    )
    // Long enough for a try in vain.
    await sleep(1100)
    expect(store.state().failing).toContain('the disk is full')
    rmSync(join(disk, 'ballast'))
    await expect.poll(() => store.state().failing).toBeUndefined()
    store.close()
    expect(verifyRecord(directory)).toMatchObject({ sound: true, entries: 0 })
  })

  test('lets no gate start, and leaves nothing behind that a later start would stumble over', () => {
    mkdirSync(directory, { mode: 0o700 })
    fillDisk()
    expect(() => openStore(directory)).toThrow(/cannot be used: (the disk is full|the disk reports)/)
    rmSync(join(disk, 'ballast'))
    openStore(directory).close()
  })

  test('tells on closing what it could not write', async () => {
    const store = openStore(directory)
    fillDisk()
    store.note(decision({ detail: 'x'.repeat(9000) }))
    expect(() => store.close()).toThrow('the disk is full')
  })
})

describe('a read-only disk', () => {
  test('lets no gate start, says so, and can still be read', async () => {
    const store = openStore(directory)
    await store.write(asChanges(decision()), 'synced')
    store.close()
    execFileSync('mount', ['-o', 'remount,ro', disk])
    expect(() => openStore(directory)).toThrow(StoreUnavailable)
    expect(() => openStore(directory)).toThrow(`the record in ${directory} cannot be used: it is read-only`)
    expect(verifyRecord(directory)).toMatchObject({ sound: true, entries: 1 })
  })
})
