/** Makes a worker's socket: its directory, owner and mode as the policy says. */
import type { Server } from 'node:http'
import { basename, dirname } from 'node:path'
import { reasonOf, type Owner } from '../files/descriptor.ts'
import { SocketDirectory, type Listening } from '../files/sockets.ts'
import type { SocketPolicy } from '../policy/policy.ts'
import { runProgram } from '../programs/run.ts'
import { warnOf } from '../shared/warn.ts'

/** A socket that can't be made. The message names the path and what to do. */
export class SocketError extends Error {
  override readonly name = 'SocketError'
}

/** Where a socket is made, and with which modes. */
type Place = Pick<SocketPolicy, 'path' | 'mode' | 'directoryMode'>

/** Opens the directory of a socket, or makes it; sockets that an earlier gate left there are gone then. @throws {SocketError} */
export async function openSocketDirectory(
  { path, directoryMode }: Omit<Place, 'mode'>,
  owner: Owner,
): Promise<SocketDirectory> {
  const making = { owner, mode: directoryMode, above: 0o755 }
  const directory = await SocketDirectory.open(dirname(path), making).catch(failedAt(path))
  await directory.removeLeft().catch(warnOf(`looking for sockets that were left beside ${path}`))
  return directory
}

/** Listens on a socket in its directory; a stale one is replaced, a live one is somebody else's. @throws {SocketError} */
export function listenOn(
  directory: SocketDirectory,
  server: Server,
  { path, mode }: Omit<Place, 'directoryMode'>,
  owner: Owner,
): Promise<Listening> {
  return directory.listen(server, basename(path), mode, owner).catch(failedAt(path))
}

function failedAt(path: string): (cause: unknown) => never {
  return (cause) => {
    const reason = reasonOf(cause)
    throw new SocketError(reason.includes(path) ? reason : `can't make ${path}: ${reason}`, { cause })
  }
}

/** Owner and group that a policy names. @throws {SocketError} */
export async function ownerOf({ owner, group }: SocketPolicy): Promise<Owner> {
  const number = async (
    name: string | undefined,
    file: string,
    ...words: readonly string[]
  ): Promise<number> => {
    if (name === undefined) return -1
    if (/^[0-9]+$/.test(name)) return Number(name)
    const { code, stdout } = await runProgram({ file, words: [...words, name] })
    if (code !== 0)
      throw new SocketError(`the policy names ${name} for a socket, but there is no such account or group`)
    const told = stdout.toString()
    return Number(told.includes(':') ? told.split(':')[2] : told)
  }
  return { user: await number(owner, 'id', '-u'), group: await number(group, 'getent', 'group') }
}
