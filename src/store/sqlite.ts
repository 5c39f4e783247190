/** The store on SQLite: one file, written ahead, each commit synced before anybody is told. */

import { existsSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { GENESIS } from '../audit/chain.ts'
import type { Link } from '../audit/chain.ts'
import { openHeadSigner, readHead } from '../audit/head.ts'
import type { AuditEntry } from '../audit/entry.ts'
import { databasePath, lockDirectory, openForWriting, openLog, type Log } from './database.ts'
import { StoreBroken, storeError, storeUnavailable, type StoreUnavailable } from './errors.ts'
import { prepareDirectory, syncDirectory } from './files.ts'
import { WriteQueue, type Sink } from './queue.ts'
import { ownedRow } from './rows.ts'
import type { Change, Store } from './store.ts'
import { createCommit } from './writer.ts'

/**
 * Opens the store in a directory, which is made (0700) where it is missing. Throws StoreUnavailable where it can't be
 * written or another gate has it, StoreBroken where its files are damaged or don't belong together.
 * @param told is told why nothing can be written any more, and with undefined that it can again
 */
export function openStore(directory: string, told?: (failure: StoreUnavailable | undefined) => void): Store {
  const opened: { close(): void }[] = []
  const keep = <Resource extends { close(): void }>(resource: Resource): Resource => {
    opened.unshift(resource)
    return resource
  }
  try {
    prepareDirectory(directory)
    keep(lockDirectory(directory))
    const signer = keep(openHeadSigner(directory, !hasRecord(directory)))
    const database = keep(openForWriting(directory))
    const end = findEnd(directory, database, signer.found)
    const log = keep(openLog(directory))
    syncDirectory(directory)
    return createStore(directory, database, log, end, (link) => signer.write(link), opened, told)
  } catch (error) {
    for (const resource of opened) resource.close()
    throw storeError(directory, error)
  }
}

function createStore(
  directory: string,
  database: DatabaseSync,
  log: Log,
  found: Link,
  sign: (link: Link) => void,
  opened: readonly { close(): void }[],
  told: ((failure: StoreUnavailable | undefined) => void) | undefined,
): Store {
  const commit = createCommit(database)
  let end = found
  const sink: Sink = {
    commit: (changes) => {
      end = commit(changes, end)
    },
    sync: () => log.sync(),
    syncNow: () => log.syncNow(),
    seal: () => sign(end),
    unavailable: (error) => storeUnavailable(directory, error),
  }
  const queue = new WriteQueue(sink, told)
  return {
    // Async, so that also a value that can't be stored rejects.
    async write(changes, durability) {
      for (const change of changes) requireStorable(change)
      if (durability === 'synced') return queue.synced(changes)
      queue.later(changes, durability)
    },
    note(entry) {
      requireTime(entry)
      queue.later([{ type: 'entry', entry }], 'soon')
    },
    owned: () => database.prepare('SELECT * FROM owned ORDER BY created, id').all().map(ownedRow),
    claims: () => database.prepare('SELECT * FROM claims ORDER BY created, nonce').all().map(ownedRow),
    state: () => ({ entries: end.seq, head: end.hash, failing: queue.failure?.message }),
    close() {
      try {
        queue.close()
      } finally {
        for (const resource of opened) resource.close()
      }
    },
  }
}

/** Whether the directory holds a record already; a head that was signed without its database is damage. */
function hasRecord(directory: string): boolean {
  const path = databasePath(directory)
  if (existsSync(path) && statSync(path).size > 0) return true
  const head = readHead(directory)
  if (head === undefined || head.seq === 0) return false
  throw new StoreBroken(directory, `dockgate.db is gone, but audit.head was signed at entry ${head.seq}`)
}

/** The chain's end; throws StoreBroken where the record doesn't hold what was signed. */
function findEnd(directory: string, database: DatabaseSync, head: Link): Link {
  const last = database.prepare('SELECT max(seq) AS seq FROM entries').get()?.['seq']
  const end = linkAt(database, Number(last ?? 0))
  if (end.seq < head.seq) {
    const why = `it ends at entry ${end.seq}, but audit.head was signed at entry ${head.seq}`
    throw new StoreBroken(directory, why)
  }
  if (linkAt(database, head.seq).hash !== head.hash) {
    throw new StoreBroken(directory, `entry ${head.seq} is not the one that audit.head signs`)
  }
  return end
}

function linkAt(database: DatabaseSync, seq: number): Link {
  if (seq === 0) return GENESIS
  const hash = database.prepare('SELECT hash FROM entries WHERE seq = ?').get(seq)?.['hash']
  return { seq, hash: String(hash) }
}

/** One value that SQLite refuses would hold up all that is queued with it, so it is kept out. Throws TypeError. */
function requireStorable(change: Change): void {
  if (change.type === 'entry') return requireTime(change.entry)
  const values = change.type === 'own' ? change.owned : change.type === 'claim' ? change.claim : change
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'string' || Number.isSafeInteger(value)) continue
    throw new TypeError(`${name} is neither text nor a whole number: ${value}`)
  }
}

function requireTime(entry: AuditEntry): void {
  if (!Number.isSafeInteger(entry.time)) throw new TypeError(`time is no whole number: ${entry.time}`)
}
