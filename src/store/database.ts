/** Opening the one database file, for the gate that writes it and for those who only read. */

import { closeSync, existsSync, fdatasync, fdatasyncSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import {
  SQLITE_BUSY,
  SQLITE_CANNOT_OPEN,
  StoreBroken,
  StoreMissing,
  StoreUnavailable,
  sqliteCode,
  storeError,
} from './errors.ts'

export const FORMAT = 2

const SCHEMA = `
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
  PRAGMA user_version = ${FORMAT};
`

export function databasePath(directory: string): string {
  return join(directory, 'dockgate.db')
}

/**
 * The log that commits are written to. SQLite syncs it before it carries it over into the database, and no sooner
 * (`synchronous = NORMAL`): whoever waits for a commit syncs the log, without the event loop waiting for the disk.
 * The file stays the same while the database is open.
 */
export function openLog(directory: string): Log {
  const descriptor = openSync(`${databasePath(directory)}-wal`, 'r')
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(descriptor, (error) => (error === null ? resolve() : reject(error)))
      }),
    syncNow: () => fdatasyncSync(descriptor),
    close: () => closeSync(descriptor),
  }
}

/** Puts on disk what was committed. Throws errors of the file system. */
export interface Log {
  sync(): Promise<void>
  syncNow(): void
  close(): void
}

/**
 * Opens the database for writing and makes its tables where there are none.
 * Throws errors of SQLite, StoreBroken for a format that this version doesn't know.
 */
export function openForWriting(directory: string): DatabaseSync {
  // SQLite gives its -wal and -shm files the mode of the database.
  closeSync(openSync(databasePath(directory), 'a', 0o600))
  const database = new DatabaseSync(databasePath(directory), { timeout: 1000 })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    if (formatOf(database) === 0) database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`)
    requireFormat(directory, database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Opens the database for reading beside a gate; throws StoreMissing, StoreBroken or StoreUnavailable. */
export function openForReading(directory: string): DatabaseSync {
  if (!existsSync(databasePath(directory))) throw new StoreMissing(directory)
  try {
    return openChecked(directory, databasePath(directory))
  } catch (error) {
    // A read-only disk takes none of the files that reading beside a gate needs; without a log there is no gate.
    const isAlone = sqliteCode(error) === SQLITE_CANNOT_OPEN && !existsSync(`${databasePath(directory)}-wal`)
    if (!isAlone) throw storeError(directory, error)
    return openUnshared(directory)
  }
}

function openUnshared(directory: string): DatabaseSync {
  const url = pathToFileURL(databasePath(directory))
  url.searchParams.set('immutable', '1')
  try {
    return openChecked(directory, url)
  } catch (error) {
    throw storeError(directory, error)
  }
}

function openChecked(directory: string, place: string | URL): DatabaseSync {
  const database = new DatabaseSync(place, { readOnly: true, timeout: 1000 })
  try {
    requireFormat(directory, database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Keeps a second gate out until it is closed, or the process ends: two writers would fork the chain. */
export function lockDirectory(directory: string): DatabaseSync {
  const lock = new DatabaseSync(join(directory, 'dockgate.lock'), { timeout: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (sqliteCode(error) !== SQLITE_BUSY) throw error
    throw new StoreUnavailable(directory, 'another gate is using it', error)
  }
}

function requireFormat(directory: string, database: DatabaseSync): void {
  const format = formatOf(database)
  if (format === FORMAT) return
  throw new StoreBroken(directory, `dockgate.db has format ${format}, this version reads format ${FORMAT}`)
}

function formatOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}
