import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  asChanges,
  decision,
  filledDirectory,
  newDirectory,
  newestOf,
  outcome,
  tampered,
} from '../../../test/support/record.ts'
import { allOf } from '../../../test/support/share.ts'
import { StoreBroken, StoreMissing } from '../errors.ts'
import { openStore } from './open-store.ts'
import type { Store } from '../store.ts'
import { openRecord } from './open-reader.ts'
import { whole, type Filter, type Page, type Range, type Recorded, type RecordReader } from '../reader.ts'

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

const LARGE = decision({ detail: 'x'.repeat(400_000) })

function firstOf(reader: RecordReader, filter: Filter, range: Range, count: number): Page {
  return allOf(reader.first(filter, range, count))
}

function about(id: string): readonly Recorded[] {
  return allOf(record.about(id, whole(record)))
}

describe('reading the record', () => {
  test('gives the newest entries in order, while the gate is running', () => {
    expect(newestOf(record, {}, 2)).toEqual([
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
    expect(newestOf(record, filter, 10).map(({ seq }) => seq)).toEqual(numbers)
    expect(firstOf(record, filter, { after: 0, end: 5 }, 10).entries.map(({ seq }) => seq)).toEqual(numbers)
  })

  test('gives a decision with its outcomes, by the id of either', () => {
    expect(about(create.id).map(({ seq }) => seq)).toEqual([1, 3, 5])
    expect(about(entries[2]?.id ?? '').map(({ seq }) => seq)).toEqual([1, 3, 5])
    expect(about('unknown')).toEqual([])
  })

  test('gives as many entries at once as it is asked for, and says where it goes on', async () => {
    const many = openRecord(await filledDirectory(600))
    const page = firstOf(many, {}, whole(many), 500)
    expect(page).toMatchObject({ next: 500, entries: { length: 500 } })
    expect(firstOf(many, {}, { after: 500, end: 599 }, 500)).toMatchObject({
      next: undefined,
      entries: { length: 99 },
    })
    many.close()
  })

  test('is short where entries are large, from either side', async () => {
    const large = newDirectory()
    const writing = openStore(large)
    await writing.write(asChanges(...Array.from({ length: 5 }, () => LARGE)), 'synced')
    const reader = openRecord(large)
    const numbers = ({ entries: found, next }: Page) => ({ found: found.map(({ seq }) => seq), next })
    expect(numbers(firstOf(reader, {}, whole(reader), 9))).toEqual({ found: [1, 2], next: 2 })
    expect(numbers(allOf(reader.newest({}, whole(reader), 9)))).toEqual({ found: [4, 5], next: 4 })
    expect(newestOf(reader, {}, 9)).toHaveLength(5)
    reader.close()
    writing.close()
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
    expect(() => newestOf(broken, {}, 3)).toThrow(StoreBroken)
    expect(() => newestOf(broken, {}, 3)).toThrow('entry 2 cannot be read')
    broken.close()
  })

  test('says where no record is', () => {
    expect(() => openRecord('/nonexistent')).toThrow(StoreMissing)
  })
})
