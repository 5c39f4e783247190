/** Which key came in, as sshd tells it with `ExposeAuthInfo yes`. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * Type and fingerprint of the key, as `ssh-keygen -l` shows it; undefined where sshd told nothing.
 * @param file path of the file that SSH_USER_AUTH names
 */
export function keyOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const line = read(file)
    .split('\n')
    .find((one) => one.startsWith('publickey '))
  const [, type = '', blob = ''] = line?.split(' ') ?? []
  if (blob === '') return undefined
  const digest = hash('sha256', Buffer.from(blob, 'base64'), 'base64').replace(/=+$/, '')
  return `${type} SHA256:${digest}`.slice(0, 400)
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
