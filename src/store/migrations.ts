/** The tables, and how a database of an earlier format comes to have them: by the same steps that make a new one. */

import type { DatabaseSync } from 'node:sqlite'
import { StoreBroken } from './errors.ts'

interface Step {
  /** The format that the database has afterwards. */
  readonly format: number
  readonly take: (database: DatabaseSync) => void
}

/** In order. Nothing of a step is changed once it was released: what comes later is a step of its own. */
const STEPS: readonly Step[] = [{ format: 2, take: makeTables }]

/** The format that this version writes and reads. */
export const FORMAT = STEPS.at(-1)?.format ?? 0

/**
 * Brings a database to the format of this version, all steps or none; one that is empty has format 0.
 * Throws errors of SQLite, StoreBroken for a format that is newer, or older than the oldest known.
 */
export function migrate(directory: string, database: DatabaseSync): void {
  const found = formatOf(database)
  if (found === FORMAT) return
  if (found !== 0 && !STEPS.some(({ format }) => format === found)) throw unknownFormat(directory, found)
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const { format, take } of STEPS) if (format > found) take(database)
    database.exec(`PRAGMA user_version = ${FORMAT}; COMMIT`)
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

/** Throws StoreBroken where the database has another format, as an older version's that no gate has opened since. */
export function requireFormat(directory: string, database: DatabaseSync): void {
  const found = formatOf(database)
  if (found !== FORMAT) throw unknownFormat(directory, found)
}

function formatOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
}

function unknownFormat(directory: string, format: number): StoreBroken {
  return new StoreBroken(directory, `dockgate.db has format ${format}, this version reads format ${FORMAT}`)
}

function makeTables(database: DatabaseSync): void {
  database.exec(`
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
  `)
}
