import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  asChanges,
  decision,
  directoryOfFormat2,
  forge,
  backToFormat2,
  OWNED,
  sql,
} from '../../../test/support/record.ts'
import { acceptRecord } from '../accept.ts'
import { openRecord } from './open-reader.ts'
import { verifyRecord } from '../verify.ts'
import { StoreAltered, StoreUnavailable } from '../errors.ts'
import { openStore } from './open-store.ts'

let directory = ''

beforeEach(async () => {
  directory = await directoryOfFormat2()
})

function file(name: string): string {
  return join(directory, name)
}

describe('a state directory of format 2', () => {
  test('goes forward by itself, with all that it has, and goes on', async () => {
    const store = openStore(directory)
    expect(store.owned()).toEqual([OWNED])
    await store.write(asChanges(decision()), 'synced')
    store.close()
    expect(verifyRecord(directory)).toMatchObject({ sound: true, entries: 4, signed: { seq: 4 } })
    openStore(directory).close()
  })

  test('is kept beside it as it was, once, with the head that belongs to it', async () => {
    const head = readFileSync(file('audit.head'), 'latin1')
    for (let start = 1; start <= 2; start += 1) {
      const store = openStore(directory)
      await store.write(asChanges(decision()), 'synced')
      store.close()
    }
    const copy = new DatabaseSync(file('dockgate.db.format-2'), { readOnly: true })
    expect(copy.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 2 })
    expect(copy.prepare('SELECT count(*) AS count FROM entries').get()).toMatchObject({ count: 3 })
    copy.close()
    expect(readFileSync(file('audit.head.format-2'), 'latin1')).toBe(head)
    for (const name of ['dockgate.db.format-2', 'audit.head.format-2']) {
      expect([name, statSync(file(name)).mode & 0o777]).toEqual([name, 0o600])
    }
  })

  test('with entries beyond its head, as a kill left them or somebody forged them, waits for the operator', () => {
    forge(directory, decision({ id: 'forged000001' }))
    expect(() => openStore(directory)).toThrow(StoreAltered)
    expect(() => openStore(directory)).toThrow('entry 4 goes beyond what the gate signed')
    expect(verifyRecord(directory)).toMatchObject({ sound: false, unsigned: 1 })
    expect(acceptRecord(directory)).toEqual(['entry 4 goes beyond what the gate signed'])
    const store = openStore(directory)
    expect(store.owned()).toEqual([OWNED])
    store.close()
  })

  test('is not made of a newer one to get entries signed', () => {
    openStore(directory).close()
    forge(directory, decision({ id: 'forged000001' }))
    backToFormat2(directory)
    expect(() => openStore(directory)).toThrow(/the head in dockgate.db is missing; entry 4 goes beyond/)
  })

  test('is not read before a gate has brought it forward, and says so', () => {
    const says = 'has format 2; a gate of this version brings it to format'
    expect(() => openRecord(directory)).toThrow(StoreUnavailable)
    expect(() => openRecord(directory)).toThrow(says)
    expect(() => verifyRecord(directory)).toThrow(says)
  })
})

test('a state directory of a newer format is refused, and not changed', () => {
  sql(directory, 'PRAGMA user_version = 999')
  const before = readFileSync(file('dockgate.db'))
  expect(() => openStore(directory)).toThrow(StoreUnavailable)
  expect(() => openStore(directory)).toThrow("dockgate.db has format 999, which this version doesn't know")
  expect(() => openRecord(directory)).toThrow("which this version doesn't know")
  expect(readFileSync(file('dockgate.db')).equals(before)).toBe(true)
})
