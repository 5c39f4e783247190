import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { newDirectory } from '../../test/support/record.ts'
import { openStore } from './sqlite/open-store.ts'
import type { Claim } from './store.ts'

const claim = (nonce: string): Claim => ({
  ...{ nonce, kind: 'container', worker: 'w', id: '', name: '', created: 1, memory: 1, nanoCpus: 1 },
})
const kept = (nonce: string) => ({ nonce, text: `{"Image":"${nonce}"}` })

test('what a container was made with is there as long as its claim or its owner', async () => {
  const directory = newDirectory()
  const store = openStore(directory)
  for (const nonce of ['owned', 'gone', 'dropped', 'open', 'doubted']) {
    const changes = [
      { type: 'claim', claim: claim(nonce) } as const,
      { type: 'make', made: kept(nonce) } as const,
    ]
    await store.write(changes, 'synced')
  }
  const own = (nonce: string) =>
    ({ type: 'own', owned: { ...claim(nonce), id: nonce }, claim: nonce }) as const
  await store.write([own('owned'), own('gone'), own('doubted')], 'synced')
  await store.write([{ type: 'disown', kind: 'container', id: 'gone' }], 'synced')
  await store.write([{ type: 'unclaim', nonce: 'dropped' }], 'synced')
  await store.write([{ type: 'unmake', nonce: 'doubted' }], 'synced')
  await store.write([{ type: 'make', made: { nonce: 'owned', text: '{}' } }], 'synced')
  store.close()
  const again = openStore(directory)
  expect(again.made()).toEqual([kept('open'), { nonce: 'owned', text: '{}' }])
  again.close()
})

test('which workers there were is kept, and what one had is another’s at once', async () => {
  const directory = newDirectory()
  const store = openStore(directory)
  const worker = { name: 'w', generation: 1, account: '1:1', present: true }
  await store.write([{ type: 'know', worker }], 'synced')
  await store.write([{ type: 'know', worker: { ...worker, generation: 2, present: false } }], 'synced')
  await store.write([{ type: 'claim', claim: claim('open') }], 'synced')
  await store.write([{ type: 'own', owned: { ...claim('owned'), id: 'id' } }], 'synced')
  await store.write([{ type: 'bequeath', from: 'w', to: 'w.2' }], 'synced')
  store.close()
  const again = openStore(directory)
  expect(again.workers()).toEqual([{ ...worker, generation: 2, present: false }])
  expect([...again.owned(), ...again.claims()].map((one) => one.worker)).toEqual(['w.2', 'w.2'])
  again.close()
})

/** The tables as they were in format 2. */
const FORMAT_2 = `
  CREATE TABLE entries (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, time INTEGER NOT NULL, worker TEXT NOT NULL,
    operation TEXT NOT NULL, decision TEXT NOT NULL, about TEXT NOT NULL, text TEXT NOT NULL,
    prev TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE TABLE owned (
    kind TEXT NOT NULL, id TEXT NOT NULL, worker TEXT NOT NULL, name TEXT NOT NULL, created INTEGER NOT NULL,
    memory INTEGER NOT NULL, nano_cpus INTEGER NOT NULL, nonce TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE claims (
    nonce TEXT PRIMARY KEY, kind TEXT NOT NULL, worker TEXT NOT NULL, created INTEGER NOT NULL,
    memory INTEGER NOT NULL, nano_cpus INTEGER NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO owned VALUES ('container', 'id', 'w', 'web', 1, 1, 1, 'n');
  PRAGMA user_version = 2;
`

test('a state of the format before is brought forward, and nothing of it is lost', async () => {
  const directory = newDirectory()
  // The keys of a record.
  openStore(directory).close()
  for (const file of ['', '-wal', '-shm']) rmSync(join(directory, `dockgate.db${file}`), { force: true })
  const database = new DatabaseSync(join(directory, 'dockgate.db'))
  database.exec(FORMAT_2)
  database.close()
  const store = openStore(directory)
  expect(store.owned()).toMatchObject([{ id: 'id', worker: 'w' }])
  expect([store.made(), store.workers()]).toEqual([[], []])
  await store.write([{ type: 'make', made: kept('n') }], 'synced')
  expect(store.made()).toEqual([kept('n')])
  store.close()
})
