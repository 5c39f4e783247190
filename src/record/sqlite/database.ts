/** Opening the one database file, for the gate that writes it and for those who only read. */

import {
  closeSync,
  existsSync,
  fdatasync,
  fdatasyncSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import {
  SQLITE_BUSY,
  SQLITE_CANNOT_OPEN,
  StoreMissing,
  StoreUnavailable,
  sqliteCode,
  storeError,
} from '../errors.ts'
import { createWhole } from '../files.ts'
import { migrate, requireFormat } from './migrations.ts'

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
 * Opens the database for writing; makes its tables where there are none, and brings those of an earlier format forward.
 * Throws errors of SQLite and of the file system, StoreUnavailable for a format that this version doesn't know.
 */
export function openForWriting(directory: string): DatabaseSync {
  // SQLite gives its -wal and -shm files the mode of the database.
  closeSync(openSync(databasePath(directory), 'a', 0o600))
  const database = new DatabaseSync(databasePath(directory), { timeout: 1000 })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    migrate(directory, database, (format) => keepCopies(directory, database, format))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Keeps the database and its signed head as they are, for the version that wrote them. */
function keepCopies(directory: string, database: DatabaseSync, format: number): void {
  const named = (path: string): string => `${path}.format-${format}`
  createWhole(named(databasePath(directory)), 0o600, (path) => database.prepare('VACUUM INTO ?').run(path))
  const head = join(directory, 'audit.head')
  if (existsSync(head)) createWhole(named(head), 0o600, (path) => writeFileSync(path, readFileSync(head)))
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
