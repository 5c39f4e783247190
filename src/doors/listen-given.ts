/** Serves a worker's socket that systemd made: its unit says who may connect, and the policy is what that is held to. */
import type { Server } from 'node:http'
import { reasonOf, type Owner } from '../files/descriptor.ts'
import type { Listening } from '../files/sockets.ts'
import { ownAccount } from '../files/trust.ts'
import { walk } from '../files/walk.ts'
import type { SocketPolicy } from '../policy/policy.ts'
import type { GivenSocket } from '../systemd/given-sockets.ts'
import { ownerOf, SocketError } from './listen.ts'

/** Its name is the unit's: nothing is taken away at the end, and where it leads is not the gate's to mend. */
export function listenOnGiven(given: GivenSocket, server: Server): Listening {
  const end = given.serve(server)
  return { isThere: () => Promise.resolve(true), remove: () => Promise.resolve(end()) }
}

/**
 * Owner and group: what the policy names, as it always was, and where it names neither what the socket has.
 * @throws {SocketError} where the socket is another's than the policy says, or open to more
 */
export async function ownerOfGiven(socket: SocketPolicy): Promise<Owner> {
  const { path } = socket
  const named = await ownerOf(socket)
  const { uid, gid, mode } = await statusOf(path)
  const says = (what: string, has: number, wants: number, setting: string): SocketError =>
    new SocketError(
      `${path} has the ${what} ${has}, and the policy names ${wants}; change ${setting}= of its socket unit, or the policy`,
    )
  if (named.user !== -1 && named.user !== uid) throw says('owner', uid, named.user, 'SocketUser')
  if (named.group !== -1 && named.group !== gid) throw says('group', gid, named.group, 'SocketGroup')
  if ((mode & ~socket.mode) !== 0)
    throw new SocketError(
      `${path} has mode ${octal(mode)}, and the policy gives ${octal(socket.mode)} at the most; set SocketMode=${octal(socket.mode)} in its socket unit`,
    )
  if (named.user !== -1 || named.group !== -1) return named
  const own = { user: ownAccount(), group: process.getegid?.() }
  return { user: uid === own.user ? -1 : uid, group: gid === own.group ? -1 : gid }
}

async function statusOf(path: string) {
  const place = await walk(path).catch((cause: unknown) => {
    throw new SocketError(`${path} can't be looked at: ${reasonOf(cause)}; restart its socket unit`, {
      cause,
    })
  })
  await place.found.close()
  const { status } = place.found
  if (status.kind === 'socket') return status
  throw new SocketError(`${path} is not the socket that systemd gave; restart its socket unit`)
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`
}
