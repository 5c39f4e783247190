/** Keys of a state directory: what signs heads (`audit.key`), its public half (`audit.pub`), which checks them, and that of builds. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StoreBroken } from './errors.ts'
import { readOrCreate } from './files.ts'

export interface SigningKeys {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

/**
 * The keys of a state directory, made where the record is `fresh`.
 * Throws StoreBroken where they are missing else, or don't belong together.
 */
export function openSigningKeys(directory: string, fresh: boolean): SigningKeys {
  const path = join(directory, 'audit.key')
  if (!fresh && !existsSync(path)) throw new StoreBroken(directory, 'audit.key is missing')
  const pem = readOrCreate(path, 0o600, makePrivatePem)
  const privateKey = parseKey(() => createPrivateKey(pem))
  if (privateKey === undefined) throw new StoreBroken(directory, 'audit.key is not an ed25519 key')
  const publicKey = createPublicKey(privateKey)
  const publicText = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  if (readOrCreate(join(directory, 'audit.pub'), 0o644, () => publicText).toString() !== publicText) {
    throw new StoreBroken(directory, 'audit.pub is not the public half of audit.key')
  }
  return { privateKey, publicKey }
}

const BUILD_KEY = 32

/** The key that keeps builds of workers apart (`builds.key`), made where it is missing. @throws {StoreBroken | StoreUnavailable} */
export function openBuildKey(directory: string): Buffer {
  const key = readOrCreate(join(directory, 'builds.key'), 0o600, () => randomBytes(BUILD_KEY))
  if (key.length !== BUILD_KEY) throw new StoreBroken(directory, `builds.key is not ${BUILD_KEY} bytes long`)
  return key
}

/** The public key of a state directory; undefined where audit.pub is missing or holds none. */
export function readPublicKey(directory: string): KeyObject | undefined {
  const path = join(directory, 'audit.pub')
  return existsSync(path) ? parseKey(() => createPublicKey(readFileSync(path))) : undefined
}

/** What tells a state directory from others, wherever it lies and whatever it is called. Throws StoreBroken where its keys are gone. */
export function nameOfKeys(directory: string): string {
  const key = readPublicKey(directory)
  if (key === undefined) throw new StoreBroken(directory, 'audit.pub is missing, or holds no key')
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

function makePrivatePem(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function parseKey(parse: () => KeyObject): KeyObject | undefined {
  try {
    const key = parse()
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
