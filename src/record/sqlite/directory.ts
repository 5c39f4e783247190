/** What a store stands on in its directory, opened and looked at. */

import type { KeyObject } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { GENESIS } from '../chain.ts'
import type { Link } from '../chain.ts'
import { signFirstHead } from '../head.ts'
import type { Head } from '../head.ts'
import { openSigningKeys } from '../keys.ts'
import type { SigningKeys } from '../keys.ts'
import { disagreements, headInDatabase, headInFile, headPath, judgeHeads } from '../signed.ts'
import { databasePath, lockDirectory, openForWriting, openLog, type Log } from './database.ts'
import { headRow } from './head-row.ts'
import { StoreBroken, storeError } from '../errors.ts'
import { prepareDirectory, readOrCreate, syncPath } from '../files.ts'

export interface OpenDirectory {
  readonly database: DatabaseSync
  readonly log: Log
  /** Signs heads. */
  readonly privateKey: KeyObject
  /** What the next head follows: the record's end, with the number and the text of the newest head. */
  readonly end: Head
  /** Where the record is not what the gate signed last. */
  readonly problems: readonly string[]
  close(): void
}

/**
 * Opens what a store in a directory stands on; makes it where there is nothing yet. Throws StoreUnavailable where it can't be
 * written or another gate has it, StoreBroken where its files are damaged or don't belong together.
 */
export function openDirectory(directory: string): OpenDirectory {
  const opened: { close(): void }[] = []
  const keep = <Resource extends { close(): void }>(resource: Resource): Resource => {
    opened.unshift(resource)
    return resource
  }
  const close = (): void => opened.forEach((resource) => resource.close())
  try {
    prepareDirectory(directory)
    keep(lockDirectory(directory))
    const keys = openKeys(directory)
    const database = keep(openForWriting(directory))
    const found = findEnd(directory, database, keys)
    const log = keep(openLog(directory))
    syncPath(directory)
    return { database, log, privateKey: keys.privateKey, ...found, close }
  } catch (error) {
    close()
    throw storeError(directory, error)
  }
}

/** The keys, and a head for what has no record yet: only then are they made. */
function openKeys(directory: string): SigningKeys {
  const path = databasePath(directory)
  const hasRecord = existsSync(path) && statSync(path).size > 0
  const hasHead = existsSync(headPath(directory))
  const keys = openSigningKeys(directory, !hasRecord && !hasHead)
  if (hasRecord) return keys
  readOrCreate(headPath(directory), 0o644, () => signFirstHead(keys.privateKey).text)
  const head = headInFile(directory, keys.publicKey)
  if (typeof head === 'string') throw new StoreBroken(directory, `dockgate.db is gone, and ${head}`)
  if (head.seq === 0) return keys
  throw new StoreBroken(directory, `dockgate.db is gone, but audit.head was signed at entry ${head.seq}`)
}

function findEnd(
  directory: string,
  database: DatabaseSync,
  { privateKey, publicKey }: SigningKeys,
): Pick<OpenDirectory, 'end' | 'problems'> {
  const row = headRow(database)
  const signed = judgeHeads(headInFile(directory, publicKey), headInDatabase(row, publicKey))
  const end = linkAt(database, Number(row.end))
  const problems = [...signed.problems, ...disagreements(signed, end, (of) => linkAt(database, of))]
  return { end: { ...(signed.newest ?? signFirstHead(privateKey)), ...end }, problems }
}

function linkAt(database: DatabaseSync, seq: number): Link {
  if (seq === 0) return GENESIS
  const hash = database.prepare('SELECT hash FROM entries WHERE seq = ?').get(seq)?.['hash']
  return { seq, hash: String(hash) }
}
