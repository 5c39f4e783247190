/** Which key came in, as sshd tells it with `ExposeAuthInfo yes`. */
import { readFileSync } from 'node:fs'

/** Characters that the gate takes. */
const LONGEST = 1024

/**
 * Type and key as in an authorized_keys file; undefined where sshd told nothing.
 * @param file path of the file that SSH_USER_AUTH names
 */
export function keyOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const line = read(file)
    .split('\n')
    .find((one) => one.startsWith('publickey '))
  return line?.slice('publickey '.length).trim().slice(0, LONGEST)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    // It is for the record alone: a login that can't tell its key is none the less for it.
    if (cause instanceof Error) return ''
    throw cause
  }
}
