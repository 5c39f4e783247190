/** The tables, and how a database of an earlier format comes to have them: by the same steps that make a new one. */

import type { DatabaseSync } from 'node:sqlite'
import { StoreUnavailable } from '../errors.ts'

interface Step {
  /** The format that the database has afterwards. */
  readonly format: number
  readonly take: (database: DatabaseSync) => void
}

/** In order. Nothing of a step is changed once it was released: what comes later is a step of its own. */
const STEPS: readonly Step[] = [
  { format: 2, take: makeTables },
  { format: 3, take: addHead },
  { format: 4, take: makeRenamed },
  { format: 5, take: addMadeAndWorkers },
]

/** The format that this version writes and reads. */
const FORMAT = STEPS.at(-1)?.format ?? 0

/**
 * Brings a database to the format of this version, all steps or none; one that is empty has format 0.
 * Throws errors of SQLite, StoreUnavailable for a format that this version doesn't know.
 * @param keep is called before one of an earlier format is changed
 */
export function migrate(directory: string, database: DatabaseSync, keep: (format: number) => void): void {
  const found = formatOf(database)
  if (found === FORMAT) return
  if (found !== 0) {
    requireKnown(directory, found)
    keep(found)
  }
  database.exec('BEGIN IMMEDIATE')
  try {
    for (const { format, take } of STEPS) if (format > found) take(database)
    database.exec(`PRAGMA user_version = ${FORMAT}; COMMIT`)
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

/** Throws StoreUnavailable where the database has another format. */
export function requireFormat(directory: string, database: DatabaseSync): void {
  const found = formatOf(database)
  if (found === FORMAT) return
  requireKnown(directory, found)
  const why = `dockgate.db has format ${found}; a gate of this version brings it to format ${FORMAT} when it starts`
  throw new StoreUnavailable(directory, why)
}

function requireKnown(directory: string, found: number): void {
  if (STEPS.some(({ format }) => format === found)) return
  const why = `dockgate.db has format ${found}, which this version doesn't know; it reads up to format ${FORMAT}`
  throw new StoreUnavailable(directory, why)
}

function formatOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
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

/** One row: the head that was signed with the newest commit. */
function addHead(database: DatabaseSync): void {
  database.exec('CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL) STRICT')
}

/** Names that workers gave to the operator's containers. */
function makeRenamed(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE renamed (
      container TEXT PRIMARY KEY, meant TEXT NOT NULL, given TEXT NOT NULL, asked TEXT NOT NULL, since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `)
}

/** What containers were made with, by the nonce of their claim; and which workers there were, by the names in policies. */
function addMadeAndWorkers(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE made (nonce TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE workers (
      name TEXT PRIMARY KEY, generation INTEGER NOT NULL, account TEXT NOT NULL, present INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
  `)
}
