/** Makes a worker's socket: its directory, owner and mode as the policy says. */
import { chmod, chown, lchown, lstat, mkdir, unlink } from 'node:fs/promises'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import type { SocketPolicy } from '../policy/policy.ts'
import { runProgram } from '../programs/run.ts'

/** A socket that can't be made. The message names the path and what to do. */
export class SocketError extends Error {
  override readonly name = 'SocketError'
}

/** Where a socket is made, and with which modes. */
type Place = Pick<SocketPolicy, 'path' | 'mode' | 'directoryMode'>

/** Listens on a socket; a stale one is replaced, a live one is somebody else's. @throws {SocketError} */
export async function listenOn(server: Server, socket: Place, owner: Owner): Promise<void> {
  try {
    await makeDirectory(socket, owner)
    await removeStale(socket.path)
    await listenAs(server, socket.path, socket.mode, owner)
  } catch (cause) {
    if (cause instanceof SocketError) throw cause
    throw new SocketError(
      `can't make ${socket.path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}

/** Listens on a path where nothing is yet, with that mode and owner. Throws what the system says. */
export async function listenAs(server: Server, path: string, mode: number, owner: Owner): Promise<void> {
  await bind(server, path, mode)
  try {
    // The directory may be the worker's: a link that it put in the place of the socket is not followed.
    await lchown(path, owner.user, owner.group)
  } catch (cause) {
    // Nobody else knows that it listens.
    server.close()
    throw cause
  }
}

/** Numbers of an account and a group; -1 leaves what is there. */
export interface Owner {
  readonly user: number
  readonly group: number
}

/** The gate's own account. */
export const OWN: Owner = { user: -1, group: -1 }

async function makeDirectory({ path, directoryMode }: Place, owner: Owner): Promise<void> {
  const directory = dirname(path)
  const first = await mkdir(directory, { recursive: true, mode: 0o755 })
  // One that is there is the operator's, who gave it the rights that it has.
  if (first === undefined) return
  await chown(directory, owner.user, owner.group)
  await chmod(directory, directoryMode)
}

/** Removes a socket that nobody serves on. @throws {SocketError} for a live one, and for what is no socket */
export async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  })
  if (found === undefined) return
  if (!found.isSocket())
    throw new SocketError(`${path} is there and is no socket; remove it or name another path in the policy`)
  if (await isLive(path)) throw new SocketError(`something serves on ${path} already; end it first`)
  await unlink(path)
}

/** Whether a socket is at a path. */
export async function isSocket(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSocket(),
    () => false,
  )
}

function isLive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}

function bind(server: Server, path: string, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // The socket is made with its mode, so that no name has to be trusted afterwards.
    const before = process.umask(0o777 & ~mode)
    try {
      server.listen(path, () => {
        server.removeListener('error', reject)
        resolve()
      })
    } finally {
      process.umask(before)
    }
  })
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
