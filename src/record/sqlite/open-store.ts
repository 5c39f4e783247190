/** The store on SQLite: one file, written ahead, each commit synced before anybody is told. */

import type { AuditEntry } from '../entry.ts'
import { signHead } from '../head.ts'
import { openHeadFile } from '../signed.ts'
import { openDirectory, type OpenDirectory } from './directory.ts'
import { StoreAltered, storeUnavailable, type StoreUnavailable } from '../errors.ts'
import { WriteQueue, type Sink } from '../queue.ts'
import { madeRow, ownedRow, renamedRow, workerRow } from './rows.ts'
import type { Change, Store } from '../store.ts'
import { createCommit } from './writer.ts'

type Told = (failure: StoreUnavailable | undefined) => void

/**
 * Opens the store in a directory, which is made (0700) where it is missing. Throws StoreUnavailable where it can't be
 * written or another gate has it, StoreBroken where its files are damaged or don't belong together, StoreAltered where the
 * record is not what the gate signed last.
 * @param told is told why nothing can be written any more, and with undefined that it can again
 */
export function openStore(directory: string, told?: Told): Store {
  const opened = openDirectory(directory)
  if (opened.problems.length === 0) return createStore(directory, opened, told)
  opened.close()
  throw new StoreAltered(directory, opened.problems.join('; '))
}

/** The same for a record that is not what the gate signed last, with what is wrong: what is written signs the record as it is. */
export function openAltered(directory: string): {
  readonly store: Store
  readonly problems: readonly string[]
} {
  const opened = openDirectory(directory)
  return { store: createStore(directory, opened), problems: opened.problems }
}

function createStore(directory: string, opened: OpenDirectory, told?: Told): Store {
  const { database, log, privateKey } = opened
  const commit = createCommit(database, (link, previous) => signHead(privateKey, link, previous))
  const headFile = openHeadFile(directory)
  const watching = new Set<() => void>()
  let committed = opened.end
  /** What of it is on disk. */
  let head = opened.end
  const sink: Sink = {
    commit: (changes) => {
      committed = commit(changes, committed)
    },
    sync: () => log.sync(),
    syncNow: () => log.syncNow(),
    seal: () => {
      const before = head.seq
      head = committed
      headFile.write(head)
      if (head.seq > before) for (const tell of watching) tell()
    },
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
    renamed: () => database.prepare('SELECT * FROM renamed ORDER BY container').all().map(renamedRow),
    made: () => database.prepare('SELECT * FROM made').all().map(madeRow),
    workers: () => database.prepare('SELECT * FROM workers ORDER BY name').all().map(workerRow),
    state: () => ({ entries: head.seq, head: head.hash, failing: queue.failure?.message }),
    watch(tell) {
      watching.add(tell)
      return () => watching.delete(tell)
    },
    close() {
      try {
        queue.close()
      } finally {
        headFile.close()
        opened.close()
      }
    },
  }
}

/** One value that SQLite refuses would hold up all that is queued with it, so it is kept out. Throws TypeError. */
function requireStorable(change: Change): void {
  if (change.type === 'entry') return requireTime(change.entry)
  for (const [name, value] of Object.entries(valuesOf(change))) {
    if (typeof value === 'string' || Number.isSafeInteger(value)) continue
    throw new TypeError(`${name} is neither text nor a whole number: ${value}`)
  }
}

function valuesOf(change: Exclude<Change, { type: 'entry' }>): object {
  switch (change.type) {
    case 'own':
      return change.owned
    case 'claim':
      return change.claim
    case 'rename':
      return change.renamed
    case 'make':
      return change.made
    case 'know':
      return { ...change.worker, present: Number(change.worker.present) }
    case 'bequeath':
    case 'disown':
    case 'resize':
    case 'unclaim':
    case 'unmake':
    case 'unrename':
      return change
  }
}

function requireTime(entry: AuditEntry): void {
  if (!Number.isSafeInteger(entry.time)) throw new TypeError(`time is not a whole number: ${entry.time}`)
}
