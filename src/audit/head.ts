/** The signed head: a small file that says how far the record went, so that a cut tail shows. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { closeSync, constants, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StoreBroken } from '../store/errors.ts'
import { readOrCreate } from '../store/files.ts'
import { GENESIS } from './chain.ts'
import type { Link } from './chain.ts'

/** How far the record went, and when that was signed. */
export interface Head extends Link {
  /** ISO 8601, UTC. */
  readonly time: string
}

const FORM = /^(dockgate-head 1 (\d{16}) ([0-9a-f]{64}) (\S{24})) ([A-Za-z0-9+/=]{88})\n$/

/** Signs the head after each commit. Its file has one size, and is written in place by one call. */
export interface HeadSigner {
  /** The head as found at the start. */
  readonly found: Head
  /** Signs and writes; throws errors of the file system. Not synced: the database is synced before, so it is never older. */
  write(link: Link): void
  close(): void
}

/**
 * Opens the head for signing, `fresh` where there is no record yet: only then are key and head made.
 * Throws StoreBroken where one of them is missing, or where they don't belong together.
 */
export function openHeadSigner(directory: string, fresh: boolean): HeadSigner {
  const keyPath = join(directory, 'audit.key')
  const headPath = join(directory, 'audit.head')
  if (!existsSync(headPath) && !fresh) throw new StoreBroken(directory, 'audit.head is missing')
  if (!existsSync(keyPath) && existsSync(headPath)) throw new StoreBroken(directory, 'audit.key is missing')
  const pem = readOrCreate(keyPath, 0o600, makePrivatePem)
  const key = readKey(directory, 'audit.key', () => createPrivateKey(pem))
  const publicText = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  if (readOrCreate(join(directory, 'audit.pub'), 0o644, () => publicText).toString() !== publicText) {
    throw new StoreBroken(directory, 'audit.pub is not the public half of audit.key')
  }
  readOrCreate(headPath, 0o644, () => headText(GENESIS, key))
  const found = readHead(directory) ?? { ...GENESIS, time: '' }
  const descriptor = openSync(headPath, constants.O_WRONLY)
  return {
    found,
    write: (link) => writeSync(descriptor, headText(link, key), 0),
    close: () => closeSync(descriptor),
  }
}

/** The head on disk, undefined where there is none; throws StoreBroken where its form or signature is wrong. */
export function readHead(directory: string): Head | undefined {
  const path = join(directory, 'audit.head')
  if (!existsSync(path)) return undefined
  const match = FORM.exec(readFileSync(path, 'latin1'))
  const [, signed, seq, hash, time, signature] = match ?? []
  if (!signed || !seq || !hash || !time || !signature) {
    throw new StoreBroken(directory, 'audit.head is not a signed head')
  }
  const publicPath = join(directory, 'audit.pub')
  if (!existsSync(publicPath)) throw new StoreBroken(directory, 'audit.pub, which checks it, is missing')
  const key = readKey(directory, 'audit.pub', () => createPublicKey(readFileSync(publicPath)))
  if (!verify(null, Buffer.from(signed), key, Buffer.from(signature, 'base64'))) {
    throw new StoreBroken(directory, 'the signature in audit.head is wrong')
  }
  return { seq: Number(seq), hash, time }
}

function headText(link: Link, key: KeyObject): string {
  const seq = String(link.seq).padStart(16, '0')
  const signed = `dockgate-head 1 ${seq} ${link.hash} ${new Date().toISOString()}`
  return `${signed} ${sign(null, Buffer.from(signed), key).toString('base64')}\n`
}

function makePrivatePem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function readKey(directory: string, name: string, read: () => KeyObject): KeyObject {
  try {
    const key = read()
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    throw new StoreBroken(directory, `${name} cannot be read`, error)
  }
  throw new StoreBroken(directory, `${name} is not an ed25519 key`)
}
