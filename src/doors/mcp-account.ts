/** The account that a worker's own processes run as. */
import type { SocketPolicy } from '../policy/policy.ts'
import { runProgram } from '../programs/run.ts'
import type { Account } from '../programs/start.ts'
import { ownerOf } from './listen.ts'

/**
 * Owner and group of the worker's socket; undefined for a gate that is not root, whose own account it is.
 * @throws {Error} where the gate is root and the socket has no other owner: docker would read root's files for the worker
 */
export async function accountOf(socket: SocketPolicy): Promise<Account | undefined> {
  const { user, group } = await ownerOf(socket)
  if (process.getuid?.() !== 0) return undefined
  if (user <= 0) throw new Error('socket.owner must be the account of the worker, and not root')
  return { uid: user, gid: group > 0 ? group : await primaryGroup(user) }
}

/** A number that is not an account of the host has the group of the same number, as in containers. */
async function primaryGroup(user: number): Promise<number> {
  const { stdout } = await runProgram({ file: 'getent', words: ['passwd', String(user)] })
  return Number(stdout.toString().split(':')[3] ?? user)
}
