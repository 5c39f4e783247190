/**
 * The signed head: how far the record went, signed by the gate with each commit. By it an end that was cut off shows,
 * and entries that something else added.
 */

import { hash, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { GENESIS } from './chain.ts'
import type { Link } from './chain.ts'

/** The newest entry at a commit, and which head of this record it is. */
export interface Head extends Link {
  /** Counts the heads of a record; 0 is that of an empty one, and of every one that an early version signed. */
  readonly number: number
  /** SHA-256 of the text of the head before, so that two heads of the same number show. */
  readonly before: string
  /** ISO 8601, UTC. */
  readonly time: string
  /** All of it with its signature, as it is stored: one line, which has one length. */
  readonly text: string
}

const FORM =
  /^(dockgate-head 2 (?<number>\d{16}) (?<before>[0-9a-f]{64}) (?<seq>\d{16}) (?<hash>[0-9a-f]{64}) (?<time>\S{24})) (?<signature>[A-Za-z0-9+/=]{88})\n$/
/** As versions signed it that kept it in audit.head alone. */
const FIRST_FORM =
  /^(dockgate-head 1 (?<seq>\d{16}) (?<hash>[0-9a-f]{64}) (?<time>\S{24})) (?<signature>[A-Za-z0-9+/=]{88})\n$/

/** Signs that the record goes as far as `link`, next after `previous`. */
export function signHead(key: KeyObject, link: Link, previous: Head): Head {
  return signed(key, link, previous.number + 1, digest(previous))
}

/** Signs the head of an empty record. */
export function signFirstHead(key: KeyObject): Head {
  return signed(key, GENESIS, 0, GENESIS.hash)
}

/** The head that the text of `source` states, or what is wrong with it. @param publicKey undefined where there is none to check with */
export function readHead(text: string, source: string, publicKey: KeyObject | undefined): Head | string {
  const match = FORM.exec(text) ?? FIRST_FORM.exec(text)
  const {
    number = '0',
    before = GENESIS.hash,
    seq = '',
    hash: of = '',
    time = '',
    signature = '',
  } = match?.groups ?? {}
  const stated = match?.[1]
  if (stated === undefined) return `${source} is not a signed head`
  if (publicKey === undefined)
    return `${source} can't be checked: audit.pub is missing, or is not an ed25519 key`
  if (!verify(null, Buffer.from(stated), publicKey, Buffer.from(signature, 'base64'))) {
    return `the signature in ${source} is wrong`
  }
  return { seq: Number(seq), hash: of, number: Number(number), before, time, text }
}

/** Whether two heads of one record can both be true. One record has one head of each number, which names the one before. */
export function areOfOneRecord(older: Head, newer: Head): boolean {
  if (older.number === newer.number) return older.text === newer.text
  return older.number + 1 !== newer.number || newer.before === digest(older)
}

function signed(key: KeyObject, { seq, hash: of }: Link, number: number, before: string): Head {
  const time = new Date().toISOString()
  const stated = `dockgate-head 2 ${padded(number)} ${before} ${padded(seq)} ${of} ${time}`
  const text = `${stated} ${sign(null, Buffer.from(stated), key).toString('base64')}\n`
  return { seq, hash: of, number, before, time, text }
}

function digest({ text }: Head): string {
  return hash('sha256', text)
}

function padded(number: number): string {
  return String(number).padStart(16, '0')
}
