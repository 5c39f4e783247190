import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  asChanges,
  decision,
  filledDirectory,
  forge,
  newDirectory,
  tampered,
  sql,
} from '../../test/support/record.ts'
import { acceptRecord } from './accept.ts'
import { findingText } from './findings.ts'
import { verifyRecord } from './verify.ts'
import { StoreAltered, StoreMissing } from './errors.ts'
import { openStore } from './sqlite/open-store.ts'

const COUNT = 5
let directory = ''

beforeEach(async () => {
  directory = await filledDirectory(COUNT)
})

function findings(of = directory): readonly string[] {
  return verifyRecord(of).findings.map(findingText)
}

function file(name: string): string {
  return join(directory, name)
}

/** The state of the directory as somebody may have kept it. */
function copy(): string {
  return tampered(directory, '')
}

async function goOn(count: number): Promise<void> {
  const store = openStore(directory)
  for (let index = 0; index < count; index += 1) await store.write(asChanges(decision()), 'synced')
  store.close()
}

describe('somebody who may write into the state directory and has no key', () => {
  test('appends no entry that the gate signs later, however well its hash fits', () => {
    forge(directory, decision({ id: 'forged000001' }), decision({ id: 'forged000002' }))
    expect(findings()).toEqual([
      'entries 6 to 7 (forged000001 ...) were not written by the gate: they go beyond what it signed',
    ])
    expect(() => openStore(directory)).toThrow(StoreAltered)
    expect(() => openStore(directory)).toThrow(
      `the record in ${directory} is not as the gate left it: entries 6 to 7 go beyond what the gate signed`,
    )
    // Refused, and nothing changed by that.
    expect(verifyRecord(directory)).toMatchObject({ sound: false, unsigned: 2, entries: 7 })
  })

  test('appends none behind a crash either, between the commit and the writing of audit.head', async () => {
    const before = readFileSync(file('audit.head'))
    await goOn(1)
    writeFileSync(file('audit.head'), before)
    expect(findings()).toEqual([])
    forge(directory, decision({ id: 'forged000001' }))
    expect(findings()).toEqual([
      'entry 7 (forged000001) was not written by the gate: it goes beyond what it signed',
    ])
    expect(() => openStore(directory)).toThrow('entry 7 goes beyond what the gate signed')
  })

  test('does not shorten the record by an older audit.head', async () => {
    const older = readFileSync(file('audit.head'))
    await goOn(4)
    sql(directory, `DELETE FROM entries WHERE seq > ${COUNT}`)
    writeFileSync(file('audit.head'), older)
    expect(findings()).toEqual([
      'entries 6 to 9 are missing at the end: the record ends at entry 5, the head in dockgate.db says 9',
    ])
    expect(() => openStore(directory)).toThrow(
      'ends at entry 5, but the head in dockgate.db was signed at entry 9',
    )
  })

  test('does not put back an older database, with or without entries less', async () => {
    const kept = copy()
    await goOn(2)
    cpSync(join(kept, 'dockgate.db'), file('dockgate.db'))
    expect(findings().join()).toContain('the record ends at entry 5, audit.head says 7')
    expect(() => openStore(directory)).toThrow(StoreAltered)
  })

  test('does not put back an older database that has as many entries', async () => {
    const owned = {
      id: 'c1',
      name: 'web',
      kind: 'container',
      worker: 'a',
      created: 5,
      memory: 0,
      nanoCpus: 0,
    } as const
    const kept = copy()
    const store = openStore(directory)
    await store.write([{ type: 'own', owned: { ...owned, nonce: 'n' } }], 'synced')
    store.close()
    cpSync(join(kept, 'dockgate.db'), file('dockgate.db'))
    expect(findings().join()).toContain('dockgate.db has head number')
    expect(() => openStore(directory)).toThrow(StoreAltered)
  })

  test('does not take the head out of the database, or put in another', async () => {
    const other = await filledDirectory(COUNT)
    const foreign = readFileSync(join(other, 'audit.head'), 'latin1')
    sql(directory, 'DELETE FROM head')
    expect(findings()).toEqual(['the head in dockgate.db is missing'])
    expect(() => openStore(directory)).toThrow('the head in dockgate.db is missing')
    sql(directory, `INSERT INTO head VALUES (1, '${foreign}')`)
    expect(findings()).toEqual(['the signature in the head in dockgate.db is wrong'])
    expect(() => openStore(directory)).toThrow(StoreAltered)
    sql(directory, `UPDATE head SET text = 'nothing'`)
    expect(findings()).toEqual(['the head in dockgate.db is not a signed head'])
  })

  test('does not mix two ways that the record went on, after it was put back whole once', async () => {
    const kept = copy()
    await goOn(1)
    const first = readFileSync(file('audit.head'))
    rmSync(directory, { recursive: true })
    cpSync(kept, directory, { recursive: true })
    await goOn(1)
    writeFileSync(file('audit.head'), first)
    expect(findings()).toEqual([
      'audit.head and the head in dockgate.db are not of one record',
      expect.stringContaining('was replaced: audit.head has another hash for it'),
    ])
    expect(() => openStore(directory)).toThrow(StoreAltered)
  })
})

describe('accepting', () => {
  test('lets the gate go on with what is there, and leaves on record what was wrong', async () => {
    const store = openStore(directory)
    const owned = {
      id: 'c1',
      name: 'web',
      kind: 'container',
      worker: 'a',
      created: 5,
      memory: 0,
      nanoCpus: 0,
      nonce: 'n',
    } as const
    await store.write([{ type: 'own', owned }], 'synced')
    store.close()
    forge(directory, decision({ id: 'forged000001' }))
    const wrong = 'entry 6 goes beyond what the gate signed'
    expect(acceptRecord(directory)).toEqual([wrong])
    expect(verifyRecord(directory)).toMatchObject({
      sound: true,
      entries: 7,
      accepted: [{ seq: 7, what: wrong }],
    })
    const again = openStore(directory)
    expect(again.owned()).toEqual([owned])
    again.close()
    expect(acceptRecord(directory)).toEqual([])
    expect(verifyRecord(directory)).toMatchObject({ sound: true, entries: 7 })
  })

  test.each([
    ['a record that was shortened', () => sql(directory, 'DELETE FROM entries WHERE seq > 3')],
    ['a record that is empty', () => sql(directory, 'DELETE FROM entries')],
    ['an audit.head that is missing', () => rmSync(file('audit.head'))],
    ['an audit.head that was overwritten', () => writeFileSync(file('audit.head'), 'x'.repeat(1000))],
    ['a missing head in the database', () => sql(directory, 'DELETE FROM head')],
    [
      'heads that are both worthless',
      () => {
        sql(directory, "UPDATE head SET text = ''")
        writeFileSync(file('audit.head'), '')
      },
    ],
  ])('goes on with %s', async (_, tamper) => {
    tamper()
    expect(() => openStore(directory)).toThrow(StoreAltered)
    expect(acceptRecord(directory)).not.toEqual([])
    await goOn(2)
    expect(verifyRecord(directory)).toMatchObject({ sound: true, accepted: [{ what: expect.any(String) }] })
  })

  test('is not for a directory without a record, nor beside a gate', () => {
    expect(() => acceptRecord(newDirectory())).toThrow(StoreMissing)
    const store = openStore(directory)
    expect(() => acceptRecord(directory)).toThrow('another gate is using it')
    store.close()
  })
})

describe('what the gate signs', () => {
  test('is on disk with each commit, numbered, and names the head before', async () => {
    const texts: string[] = []
    const store = openStore(directory)
    for (let index = 0; index < 3; index += 1) {
      await store.write(asChanges(decision()), 'synced')
      texts.push(readFileSync(file('audit.head'), 'latin1'))
    }
    store.close()
    const numbers = texts.map((text) => Number(text.split(' ')[2]))
    const [first = 0] = numbers
    expect(numbers).toEqual([first, first + 1, first + 2])
    expect(new Set(texts.map((text) => text.split(' ')[3])).size).toBe(3)
    expect(new Set(texts.map((text) => text.length)).size).toBe(1)
  })

  test('is the record of a new directory from the beginning on', () => {
    const fresh = newDirectory()
    openStore(fresh).close()
    expect(verifyRecord(fresh)).toMatchObject({ sound: true, entries: 0, signed: { seq: 0 } })
    forge(fresh, decision())
    expect(() => openStore(fresh)).toThrow('entry 1 goes beyond what the gate signed')
  })
})
