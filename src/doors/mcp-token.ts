/** The file with the token of a worker's MCP over HTTP. */
import { createHash } from 'node:crypto'
import { readStart, reasonOf, type Status } from '../files/descriptor.ts'
import { describeMovable, ownAccount, type Movable } from '../files/trust.ts'
import { walk } from '../files/walk.ts'
import type { Account } from '../programs/start.ts'

const LARGEST = 4096
/** Characters of a token: 32 of base 64 are 192 bits. */
const SHORTEST = 32

/**
 * SHA-256 of the token in a file, hexadecimal: that is all that the gate and the serving process keep.
 * @param account the worker's, which may own the file as well as the gate's own account
 * @throws {Error} saying what is wrong with the file
 */
export async function readToken(path: string, account: Account | undefined): Promise<string> {
  // Root reads it, so nobody may have put a link in its way.
  const { found, movable } = await walk(path, { links: 'unmovable' }).catch(unreadable)
  try {
    requireOwner(path, found.status, movable, account)
    return digestOf(path, await readStart(found, LARGEST).catch(unreadable))
  } finally {
    await found.close()
  }
}

function unreadable(cause: unknown): never {
  throw new Error(`can't read the token: ${reasonOf(cause)}`, { cause })
}

/** It is of the gate's account or the worker's; of the worker's alone where the worker could have put it there. */
function requireOwner(
  path: string,
  { kind, uid, mode }: Status,
  movable: readonly Movable[],
  account: Account | undefined,
): void {
  if (kind !== 'file') throw new Error(`the token ${path} is not a file`)
  const other = movable.find(({ mover }) => !('account' in mover) || mover.account !== account?.uid)
  if (other !== undefined) throw new Error(`the token ${path} is not safe: ${describeMovable(other)}`)
  const owners = movable.length > 0 ? [account?.uid] : [ownAccount(), account?.uid]
  if (!owners.includes(uid)) throw new Error(`the token ${path} belongs to another account (${uid})`)
  if ((mode & 0o077) !== 0) throw new Error(`others may read or change the token: chmod 600 ${path}`)
}

function digestOf(path: string, bytes: Buffer): string {
  const token = bytes.toString('latin1').replace(/\r?\n$/, '')
  if (!/^[!-~]+$/.test(token))
    throw new Error(`the token ${path} must be one line of plain characters without spaces`)
  if (token.length < SHORTEST)
    throw new Error(
      `the token ${path} is shorter than ${SHORTEST} characters: openssl rand -base64 32 > ${path}`,
    )
  return createHash('sha256').update(token).digest('hex')
}
