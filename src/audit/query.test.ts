import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  asChanges,
  decision,
  filledDirectory,
  newDirectory,
  outcome,
  tampered,
} from '../../test/support/record.ts'
import { StoreBroken, StoreMissing } from '../store/errors.ts'
import { openStore } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { openRecord } from './query.ts'
import type { Filter, RecordReader } from './query.ts'

const create = decision({ time: 1000 })
const entries = [
  create,
  decision({ time: 2000, operation: 'container.list', worker: 'other', decision: 'refuse' }),
  outcome(create.id, { time: 3000 }),
  decision({ time: 4000, operation: 'image.pull' }),
  outcome(create.id, { time: 5000, status: 500 }),
]
const directory = newDirectory()
let store: Store
let record: RecordReader

beforeAll(async () => {
  store = openStore(directory)
  await store.write(asChanges(...entries), 'synced')
  record = openRecord(directory)
})

afterAll(() => {
  record.close()
  store.close()
})

describe('reading the record', () => {
  test('gives the newest entries in order, while the gate is running', () => {
    expect(record.newest({}, 2)).toEqual([
      { seq: 4, entry: entries[3] },
      { seq: 5, entry: entries[4] },
    ])
    expect(record.end()).toBe(5)
  })

  test.each<[string, Filter, readonly number[]]>([
    ['by worker', { worker: 'other' }, [2]],
    ['by operation', { operation: 'container.create' }, [1, 3, 5]],
    ['by the beginning of an operation', { operation: 'container.*' }, [1, 2, 3, 5]],
    ['by decision', { decision: 'refuse' }, [2]],
    ['outcomes', { decision: 'outcome' }, [3, 5]],
    ['from a time on', { since: 4000 }, [4, 5]],
    ['before a time', { until: 2000 }, [1]],
    ['by several at once', { operation: '*', decision: 'allow', since: 2000 }, [4]],
    ['without taking other signs for patterns', { operation: 'container_create' }, []],
  ])('filters %s', (_, filter, numbers) => {
    expect(record.newest(filter, 10).map(({ seq }) => seq)).toEqual(numbers)
    expect(record.after(0, 5, filter).map(({ seq }) => seq)).toEqual(numbers)
  })

  test('gives a decision with its outcomes, by the id of either', () => {
    expect(record.about(create.id).map(({ seq }) => seq)).toEqual([1, 3, 5])
    expect(record.about(entries[2]?.id ?? '').map(({ seq }) => seq)).toEqual([1, 3, 5])
    expect(record.about('unknown')).toEqual([])
  })

  test('gives at most 500 entries at once', async () => {
    const many = openRecord(await filledDirectory(600))
    expect(many.after(0, 600, {})).toHaveLength(500)
    expect(many.after(500, 599, {})).toHaveLength(99)
    many.close()
  })

  test('cannot change anything', () => {
    const database = new DatabaseSync(join(directory, 'dockgate.db'), { readOnly: true })
    expect(() => database.exec('DELETE FROM entries')).toThrow('readonly')
    database.close()
  })

  test('names an entry that cannot be read', async () => {
    const broken = openRecord(
      tampered(await filledDirectory(3), "UPDATE entries SET text = '{' WHERE seq = 2"),
    )
    expect(() => broken.newest({}, 3)).toThrow(StoreBroken)
    expect(() => broken.newest({}, 3)).toThrow('entry 2 cannot be read')
    broken.close()
  })

  test('says where no record is', () => {
    expect(() => openRecord('/nonexistent')).toThrow(StoreMissing)
  })
})
