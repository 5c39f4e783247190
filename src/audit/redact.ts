/** Secrets never reach the record: they are replaced by a keyed hash, which still shows whether two are the same. */

import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { withoutSecrets } from '../decode/line/secrets.ts'
import { StoreBroken, storeError } from '../record/errors.ts'
import { prepareDirectory, readOrCreate } from '../record/files.ts'

const KEY_BYTES = 32
/** Characters of a hash. */
export const HASH_LENGTH = 12

/** A value to what shows whether it is the same as another one, and nothing else. */
export type Hash = (value: string) => string

/** The first 12 hex digits of HMAC-SHA256: without the key, a guessed value can't be confirmed. */
export function keyedHash(key: Buffer, value: string): string {
  return createHmac('sha256', key).update(value).digest('hex').slice(0, HASH_LENGTH)
}

/**
 * The keyed hash with the key of a state directory (`redact.key`, 0600), which is made where it is missing.
 * Throws StoreUnavailable or StoreBroken.
 */
export function createRedactor(directory: string): Hash {
  try {
    prepareDirectory(directory)
    const key = readOrCreate(join(directory, 'redact.key'), 0o600, () => randomBytes(KEY_BYTES))
    if (key.length !== KEY_BYTES)
      throw new StoreBroken(directory, `redact.key is not ${KEY_BYTES} bytes long`)
    return (value) => keyedHash(key, value)
  } catch (error) {
    throw storeError(directory, error)
  }
}

/** Words of a command line without what may be secret in them. */
export function redactWords(words: readonly string[], hash: Hash): readonly string[] {
  return withoutSecrets(words, (value) => `<${hash(value)}>`)
}
