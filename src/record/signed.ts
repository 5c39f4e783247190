/**
 * What the gate signed last, as it is found: the head in the database, which is committed together with what it signs, and
 * `audit.head`, which is written once that is on disk. So the first is never behind the record, the second never before the first.
 */

import type { KeyObject } from 'node:crypto'
import { closeSync, constants, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Link } from './chain.ts'
import { areOfOneRecord, readHead } from './head.ts'
import type { Head } from './head.ts'
import type { Anchor } from './inspect.ts'
import type { SignedRow } from './reader.ts'

export interface Signed {
  /** The newest head that is good; undefined where there is none. */
  readonly newest: Head | undefined
  /** What good heads say of the record. */
  readonly anchors: readonly Anchor[]
  /** What is wrong with the heads themselves. */
  readonly problems: readonly string[]
}

const FILE = 'audit.head'
const ROW = 'the head in dockgate.db'

export function headPath(directory: string): string {
  return join(directory, FILE)
}

/** audit.head for writing: in place, by one call, as its text has one length. Throws errors of the file system. */
export function openHeadFile(directory: string): { write(head: Head): void; close(): void } {
  let descriptor: number | undefined
  return {
    // Not synced: the database is, before, so that this is never the newer one.
    write({ text }) {
      if (descriptor !== undefined) return void writeSync(descriptor, text, 0)
      descriptor = openSync(headPath(directory), constants.O_WRONLY | constants.O_CREAT, 0o644)
      writeSync(descriptor, text, 0)
      // What was found there may have been longer.
      ftruncateSync(descriptor, text.length)
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor)
    },
  }
}

/** The head in audit.head, or what is wrong with it. */
export function headInFile(directory: string, publicKey: KeyObject | undefined): Head | string {
  if (!existsSync(headPath(directory))) return `${FILE} is missing`
  return readHead(readFileSync(headPath(directory), 'latin1'), FILE, publicKey)
}

/** The head in the database, or what is wrong with it; undefined where there is none. */
export function headInDatabase(
  { text }: SignedRow,
  publicKey: KeyObject | undefined,
): Head | string | undefined {
  return text === undefined ? undefined : readHead(text, ROW, publicKey)
}

/** Judges the two against each other. */
export function judgeHeads(file: Head | string, row: Head | string | undefined): Signed {
  const problems = [file, row].filter((found) => typeof found === 'string')
  const inFile = typeof file === 'string' ? undefined : file
  const inRow = typeof row === 'string' ? undefined : row
  if (inFile !== undefined && inRow !== undefined) {
    if (inFile.number > inRow.number) {
      problems.push(`dockgate.db has head number ${inRow.number}, ${FILE} is number ${inFile.number}`)
    } else if (!areOfOneRecord(inFile, inRow)) problems.push(`${FILE} and ${ROW} are not of one record`)
  }
  // An early version kept it in the file alone, and a record without entries has none yet.
  if (row === undefined && inFile !== undefined && inFile.number > 0 && inFile.seq > 0) {
    problems.push(`${ROW} is missing`)
  }
  const anchors: Anchor[] = []
  if (inFile !== undefined) anchors.push({ ...linkOf(inFile), source: FILE })
  const isSame = inRow?.seq === inFile?.seq && inRow?.hash === inFile?.hash
  if (inRow !== undefined && !isSame) anchors.push({ ...linkOf(inRow), source: ROW })
  return { newest: inRow ?? inFile, anchors, problems }
}

/**
 * Where a record that ends at `end` does not agree with what was signed; entries between are not looked at.
 * @param linkAt the place of the chain with that number, which is there
 */
export function disagreements(
  { newest, anchors }: Signed,
  end: Link,
  linkAt: (seq: number) => Link,
): readonly string[] {
  const told = anchors.flatMap(({ seq, hash, source }) => {
    if (seq > end.seq) return [`it ends at entry ${end.seq}, but ${source} was signed at entry ${seq}`]
    return linkAt(seq).hash === hash ? [] : [`entry ${seq} is not the one that ${source} signs`]
  })
  if (newest === undefined || end.seq <= newest.seq) return told
  const first = newest.seq + 1
  const which = first === end.seq ? `entry ${first} goes` : `entries ${first} to ${end.seq} go`
  return [...told, `${which} beyond what the gate signed`]
}

function linkOf({ seq, hash }: Head): Link {
  return { seq, hash }
}
