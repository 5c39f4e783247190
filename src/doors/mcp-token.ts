/** The file with the token of a worker's MCP over HTTP. */
import { createHash } from 'node:crypto'
import { constants, open } from 'node:fs/promises'
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
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw new Error(`can't read the token: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      })
    },
  )
  try {
    const found = await file.stat()
    const owners = [process.getuid?.(), account?.uid]
    if (!found.isFile()) throw new Error(`the token ${path} is no file`)
    if (!owners.includes(found.uid))
      throw new Error(`the token ${path} belongs to another account (${found.uid})`)
    if ((found.mode & 0o077) !== 0) throw new Error(`others may read or change the token: chmod 600 ${path}`)
    const { bytesRead, buffer } = await file.read(Buffer.alloc(LARGEST), 0, LARGEST, 0)
    const token = buffer.toString('latin1', 0, bytesRead).replace(/\r?\n$/, '')
    if (!/^[!-~]+$/.test(token))
      throw new Error(`the token ${path} must be one line of plain characters without spaces`)
    if (token.length < SHORTEST)
      throw new Error(
        `the token ${path} is shorter than ${SHORTEST} characters: openssl rand -base64 32 > ${path}`,
      )
    return createHash('sha256').update(token).digest('hex')
  } finally {
    await file.close()
  }
}
