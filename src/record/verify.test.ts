import { cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  asChanges,
  decision,
  filledDirectory,
  newDirectory,
  outcome,
  tampered,
} from '../../test/support/record.ts'
import { StoreAltered, StoreBroken, StoreMissing } from './errors.ts'
import { openStore } from './sqlite/open-store.ts'
import { chainHash } from './chain.ts'
import { findingText } from './findings.ts'
import { verifyRecord } from './verify.ts'

const COUNT = 20
let whole = ''
let ids: readonly string[] = []

beforeAll(async () => {
  whole = await filledDirectory(COUNT)
  const database = new DatabaseSync(join(whole, 'dockgate.db'))
  ids = database
    .prepare('SELECT id FROM entries ORDER BY seq')
    .all()
    .map((row) => String(row['id']))
  database.close()
})

function findings(directory: string): string[] {
  return verifyRecord(directory).findings.map(findingText)
}

function copyOf(directory: string): string {
  return tampered(directory, '')
}

describe('verifying a record', () => {
  test('that nobody touched finds nothing, and gives its end', () => {
    const result = verifyRecord(whole)
    expect(result).toMatchObject({ sound: true, entries: COUNT, unsigned: 0, findings: [] })
    expect(result.signed).toMatchObject({ seq: COUNT, hash: result.end.hash })
  })

  test.each([
    [
      'a changed text',
      "UPDATE entries SET text = replace(text, 'allow', 'refuse') WHERE seq = 7",
      'was changed or moved: the hash',
    ],
    [
      'a changed hash',
      "UPDATE entries SET hash = iif(hash LIKE 'a%', 'b', 'a') || substr(hash, 2) WHERE seq = 7",
      'was changed or moved: the hash',
    ],
    ['a changed link', 'UPDATE entries SET prev = hash WHERE seq = 7', 'was changed or moved: the hash'],
    [
      'a changed worker',
      "UPDATE entries SET worker = 'other' WHERE seq = 7",
      'was changed: the searchable columns',
    ],
    [
      'a changed time',
      'UPDATE entries SET time = time + 1 WHERE seq = 7',
      'was changed: the searchable columns',
    ],
    [
      'a changed decision',
      "UPDATE entries SET decision = 'refuse' WHERE seq = 7",
      'was changed: the searchable columns',
    ],
  ])('%s is named with its number and id', (_, sql, text) => {
    expect(findings(tampered(whole, sql))).toEqual([
      expect.stringContaining(`entry 7 (${ids[6] ?? ''}) ${text}`),
    ])
  })

  test('removed entries are a gap, also at the beginning', () => {
    expect(findings(tampered(whole, 'DELETE FROM entries WHERE seq BETWEEN 5 AND 7 OR seq = 1'))).toEqual([
      'entry 1 is missing: the record goes on after the gap',
      'entries 5 to 7 are missing: the record goes on after the gap',
    ])
  })

  test('a swap of two entries is told as a move of both', () => {
    const sql = `UPDATE entries SET seq = -1 WHERE seq = 3; UPDATE entries SET seq = 3 WHERE seq = 9;
      UPDATE entries SET seq = 9 WHERE seq = -1`
    expect(findings(tampered(whole, sql))).toEqual([
      `entry 3 (${ids[8]}) was changed or moved: the hash does not fit the content at this place`,
      `entry 9 (${ids[2]}) was changed or moved: the hash does not fit the content at this place`,
    ])
  })

  test('a forged entry with a fitting hash shows by the one after it', () => {
    const database = new DatabaseSync(join(whole, 'dockgate.db'), { readOnly: true })
    const row = database.prepare('SELECT text, prev FROM entries WHERE seq = 7').get()
    database.close()
    const text = String(row?.['text']).replace('object-6', 'object-X')
    const hash = chainHash(String(row?.['prev']), 7, text)
    expect(
      findings(tampered(whole, `UPDATE entries SET text = '${text}', hash = '${hash}' WHERE seq = 7`)),
    ).toEqual([`entry 7 (${ids[6]}) was replaced: entry 8 does not follow from it`])
  })

  test('an entry numbered outside of the chain is named, however large its number', () => {
    const forged = (
      seq: string,
    ): string => `INSERT INTO entries SELECT ${seq}, 'forged', time, worker, operation,
      decision, 'forged', text, prev, hash FROM entries WHERE seq = 4`
    expect(findings(tampered(whole, forged('-3')))).toEqual([
      'entry -3 (forged) was replaced: entries count from 1',
    ])
    expect(findings(tampered(whole, forged('9223372036854775807'))).join()).toContain('was changed or moved')
  })

  test('a cut end shows by the signed head', () => {
    const cut = tampered(whole, 'DELETE FROM entries WHERE seq > 17')
    expect(findings(cut)).toEqual([
      'entries 18 to 20 are missing at the end: the record ends at entry 17, audit.head says 20',
    ])
    expect(() => openStore(cut)).toThrow(StoreAltered)
    expect(() => openStore(cut)).toThrow(/ends at entry 17, but audit.head was signed at entry 20/)
  })

  test('a database that is gone is a cut of everything, and no new chain is begun', () => {
    const gone = copyOf(whole)
    rmSync(join(gone, 'dockgate.db'))
    expect(findings(gone)).toEqual([
      'entries 1 to 20 are missing at the end: the record ends at entry 0, audit.head says 20',
    ])
    expect(() => openStore(gone)).toThrow(/dockgate.db is gone, but audit.head was signed at entry 20/)
  })

  test('a chain that was written anew shows by what was signed, and by a head kept elsewhere', async () => {
    const other = await filledDirectory(COUNT)
    const forged = copyOf(whole)
    cpSync(join(other, 'dockgate.db'), join(forged, 'dockgate.db'))
    expect(findings(forged)).toEqual([
      'the signature in the head in dockgate.db is wrong',
      expect.stringContaining('was replaced: audit.head has another hash for it'),
    ])
    expect(() => openStore(forged)).toThrow(/entry 20 is not the one that audit.head signs/)
    // With the heads and the keys replaced as well, only a copy elsewhere helps.
    const kept = { ...verifyRecord(whole).end, source: 'the head given' }
    expect(verifyRecord(other, [kept]).findings.map(findingText)).toEqual([
      expect.stringContaining('was replaced: the head given has another hash for it'),
    ])
  })

  test('a head that was edited, or is missing, or lost its key, is told', () => {
    const edited = copyOf(whole)
    const text = readFileSync(join(edited, 'audit.head'), 'latin1')
    writeFileSync(join(edited, 'audit.head'), text.replace(`${COUNT} `, `${COUNT - 1} `))
    expect(findings(edited)).toEqual(['the signature in audit.head is wrong'])
    writeFileSync(join(edited, 'audit.head'), 'nothing')
    expect(findings(edited)).toEqual(['audit.head is not a signed head'])
    rmSync(join(edited, 'audit.head'))
    expect(findings(edited)).toEqual(['audit.head is missing'])
    expect(() => openStore(edited)).toThrow(StoreAltered)
    const keyless = copyOf(whole)
    rmSync(join(keyless, 'audit.key'))
    expect(() => openStore(keyless)).toThrow(/audit.key is missing/)
    for (const pub of ['', 'nothing', undefined]) {
      if (pub === undefined) rmSync(join(keyless, 'audit.pub'))
      else writeFileSync(join(keyless, 'audit.pub'), pub)
      expect(findings(keyless).join()).toContain("audit.head can't be checked: audit.pub is missing, or")
    }
  })

  test('a record whose clock was set back, and forward, is sound: entries count, not times', async () => {
    const directory = newDirectory()
    const store = openStore(directory)
    for (const time of [Date.UTC(2026, 0), Date.UTC(1969, 0), Date.UTC(9999, 0), 0]) {
      const entry = decision({ time })
      await store.write(asChanges(entry, outcome(entry.id, { time: time - 1 })), 'synced')
    }
    store.close()
    openStore(directory).close()
    expect(verifyRecord(directory)).toMatchObject({ sound: true, entries: 8 })
  })

  test('an outcome finds its decision, also one far back; without it, it is named', async () => {
    const directory = newDirectory()
    const store = openStore(directory)
    const first = decision()
    await store.write(asChanges(first), 'synced')
    await store.write(asChanges(...Array.from({ length: 45_000 }, () => decision({ detail: '' }))), 'synced')
    await store.write(asChanges(outcome(first.id), outcome('nowhere')), 'synced')
    store.close()
    expect(findings(directory)).toEqual([
      expect.stringMatching(
        /^entry 45003 .* is the outcome of a decision that is not in the record: nowhere$/,
      ),
    ])
  }, 30_000)

  test('a database cut short, or overwritten, gives an error that names the place', () => {
    const short = copyOf(whole)
    truncateSync(join(short, 'dockgate.db'), 5000)
    expect(() => verifyRecord(short)).toThrow(StoreBroken)
    expect(() => openStore(short)).toThrow(
      `the record in ${short} is damaged: dockgate.db: database disk image is malformed`,
    )
    writeFileSync(
      join(short, 'dockgate.db'),
      'not a database, but long enough to be read as the header of one\n'.repeat(20),
    )
    expect(() => verifyRecord(short)).toThrow('file is not a database')
  })

  test('a directory without a record gives an error of its own', () => {
    expect(() => verifyRecord(newDirectory())).toThrow(StoreMissing)
    expect(() => verifyRecord('/nonexistent')).toThrow(StoreMissing)
  })
})
