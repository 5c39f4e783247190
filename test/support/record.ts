/** Records to test with: sample entries, filled stores, and tampering with their files. */

import { createPrivateKey, sign } from 'node:crypto'
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GENESIS, chainRow, type Link } from '../../src/record/chain.ts'
import type { DecisionEntry, OutcomeEntry } from '../../src/record/entry.ts'
import { newRecordId } from '../../src/record/id.ts'
import { whole, type Filter, type Recorded, type RecordReader } from '../../src/record/reader.ts'
import { openStore } from '../../src/record/sqlite/open-store.ts'
import type { Change, Owned } from '../../src/record/store.ts'
import { allOf } from './share.ts'

export function decision(fields: Partial<DecisionEntry> = {}): DecisionEntry {
  return {
    phase: 'decision',
    id: newRecordId(),
    time: Date.UTC(2026, 0, 31, 12),
    worker: 'ai-worker',
    door: 'engine',
    operation: 'container.create',
    subcommand: 'run',
    target: 'web',
    decision: 'allow',
    rule: 'run',
    reason: '',
    detail: '{"kind":"container.create"}',
    ...fields,
  }
}

export function outcome(of: string, fields: Partial<OutcomeEntry> = {}): OutcomeEntry {
  return {
    phase: 'outcome',
    id: newRecordId(),
    time: Date.UTC(2026, 0, 31, 12, 0, 1),
    worker: 'ai-worker',
    of,
    operation: 'container.create',
    target: 'web',
    status: 201,
    reason: '',
    ...fields,
  }
}

export function asChanges(...entries: readonly (DecisionEntry | OutcomeEntry)[]): Change[] {
  return entries.map((entry) => ({ type: 'entry', entry }))
}

export function newDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'dockgate-record-'))
}

/** The newest entries of a record. */
export function newestOf(reader: RecordReader, filter: Filter, count: number): readonly Recorded[] {
  const entries: Recorded[] = []
  for (let range = whole(reader); ;) {
    const page = allOf(reader.newest(filter, range, count - entries.length))
    entries.unshift(...page.entries)
    if (page.next === undefined || entries.length >= count) return entries
    range = { ...range, end: page.next - 1 }
  }
}

/** The directory of a closed store with `count` decisions. */
export async function filledDirectory(count: number): Promise<string> {
  const directory = newDirectory()
  const store = openStore(directory)
  for (let index = 0; index < count; index += 1) {
    await store.write(asChanges(decision({ target: `object-${index}` })), 'kept')
  }
  store.close()
  return directory
}

/** Appends entries to a closed record as one can who may write there and has no key: with the hashes that they ought to have. */
export function forge(directory: string, ...entries: readonly DecisionEntry[]): void {
  const database = new DatabaseSync(join(directory, 'dockgate.db'))
  const newest = database.prepare('SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1').get()
  let end: Link =
    newest === undefined ? GENESIS : { seq: Number(newest['seq']), hash: String(newest['hash']) }
  for (const entry of entries) {
    const row = chainRow(end, entry)
    const { seq, id, time, worker, operation, decision: verdict, about, text, prev, hash } = row
    database
      .prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(seq, id, time, worker, operation, verdict, about, text, prev, hash)
    end = row
  }
  database.close()
}

/** A copy of a directory whose database was changed by SQL. */
export function tampered(directory: string, text: string): string {
  const copy = newDirectory()
  cpSync(directory, copy, { recursive: true })
  sql(copy, text)
  return copy
}

/** Runs SQL on the database of a state directory that no gate has open. */
export function sql(directory: string, text: string): void {
  const database = new DatabaseSync(join(directory, 'dockgate.db'))
  database.exec(text)
  database.close()
}

/** What a worker owns in a directory of format 2. */
export const OWNED: Owned = {
  kind: 'container',
  id: 'c1',
  worker: 'ai-worker',
  name: 'web',
  created: 5,
  memory: 1024,
  nanoCpus: 1e9,
  nonce: 'n1',
}

/** A directory as version 0.1 left it, with three decisions and a container that a worker owns. */
export async function directoryOfFormat2(): Promise<string> {
  const directory = await filledDirectory(3)
  const store = openStore(directory)
  await store.write([{ type: 'own', owned: OWNED }], 'synced')
  store.close()
  asFormat2(directory)
  return directory
}

/** Takes from the database of a state directory what came after format 2. */
export function backToFormat2(directory: string): void {
  const tables = ['head', 'renamed', 'made', 'workers'].map((table) => `DROP TABLE ${table}; `)
  sql(directory, `${tables.join('')}PRAGMA user_version = 2`)
}

/** Makes a directory what version 0.1 left: no head in the database, and an audit.head of the first form. */
function asFormat2(directory: string): void {
  backToFormat2(directory)
  const head = join(directory, 'audit.head')
  const [, , , , seq, hash, time] = readFileSync(head, 'latin1').split(' ')
  const stated = `dockgate-head 1 ${seq} ${hash} ${time}`
  const key = createPrivateKey(readFileSync(join(directory, 'audit.key')))
  writeFileSync(head, `${stated} ${sign(null, Buffer.from(stated), key).toString('base64')}\n`)
}
