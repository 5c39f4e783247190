/**
 * The directory of a socket. It may be the worker's own, who then can put anything in the place of any name in it. So a socket is made in a
 * directory of the gate's within, is given its owner and mode there, and gets its name in the worker's when it is ready. The names in
 * the gate's directory also tell which sockets a gate that crashed left, whatever else is in the worker's.
 */
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import {
  codeOf,
  linkIn,
  listIn,
  makeDirectoryIn,
  openIn,
  openThere,
  pathIn,
  setMode,
  setOwner,
  unlinkIn,
  type Descriptor,
  type Owner,
} from './descriptor.ts'
import { openDirectory, PathError, type Making } from './directory.ts'
import { describeMover, ownAccount, trustedAccounts, writerOf } from './trust.ts'
import { walk } from './walk.ts'

/** The gate's directory within. */
const WORKSHOP = '.gate'
/** Names in it that are looked at: a worker has 32 sessions at most. */
const MOST_LEFT = 1024

/** A socket that is served. */
export interface Listening {
  /** Whether its path leads to it. */
  readonly isThere: () => Promise<boolean>
  /** Takes its name away, where that still is its own. Whoever serves it closes the server. */
  readonly remove: () => Promise<void>
}

export class SocketDirectory implements AsyncDisposable {
  readonly #path: string
  readonly #directory: Descriptor
  readonly #workshop: Descriptor

  private constructor(path: string, directory: Descriptor, workshop: Descriptor) {
    this.#path = path
    this.#directory = directory
    this.#workshop = workshop
  }

  /**
   * Opens the directory of a worker's sockets, or makes it.
   * @param making owner and mode where it is made. Beside root and the gate, that owner and group alone may write in one that is there
   * @throws {PathError}
   */
  static async open(path: string, making: Making): Promise<SocketDirectory> {
    const { found } = await openDirectory(path, making)
    try {
      requireKeeper(path, found, making.owner)
      return new SocketDirectory(path, found, await openWorkshop(path, found))
    } catch (cause) {
      await found.close()
      throw cause
    }
  }

  /** Makes a socket and listens on it. One that nobody serves is replaced. @throws {PathError} */
  async listen(server: Server, name: string, mode: number, owner: Owner): Promise<Listening> {
    await using directory = this.#share()
    return await directory.#listen(server, name, mode, owner)
  }

  async #listen(server: Server, name: string, mode: number, owner: Owner): Promise<Listening> {
    await this.#clear(name)
    await bind(server, pathIn(this.#workshop, name))
    try {
      await using socket = await openIn(this.#workshop, name)
      await setMode(socket, mode)
      if (owner.user !== -1 || owner.group !== -1) await setOwner(socket, owner)
      await linkIn(this.#workshop, name, this.#directory, name)
      return this.#listening(server, name, socket.status.id)
    } catch (cause) {
      // Nobody else knows that it listens.
      server.close()
      throw cause
    }
  }

  /** Removes the sockets that a gate before this one left: of those names, no other is looked at. */
  async removeLeft(): Promise<void> {
    for (const name of await listIn(this.#workshop, MOST_LEFT)) {
      await using socket = await openThere(this.#workshop, name)
      // A live one is that of another worker in the same directory.
      if (socket?.status.kind !== 'socket' || (await isLive(socket))) continue
      await this.#unlinkOwn(name, socket.status.id)
      await unlinkIn(this.#workshop, name)
    }
  }

  async close(): Promise<void> {
    await this.#workshop.close()
    await this.#directory.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #share(): SocketDirectory {
    return new SocketDirectory(this.#path, this.#directory.share(), this.#workshop.share())
  }

  #listening(server: Server, name: string, id: string): Listening {
    // When the server is closed, Node takes the name in the workshop away, which it knows by the number of the workshop.
    const directory = this.#share()
    server.once('close', () => void directory.close())
    const path = join(this.#path, name)
    let removed: Promise<void> | undefined
    return {
      isThere: async () => {
        const place = await walk(path).catch(() => undefined)
        await place?.found.close()
        return place?.found.status.id === id
      },
      remove: () => {
        removed ??= directory.#remove(name, id)
        return removed
      },
    }
  }

  /** Makes room for a socket. @throws {PathError} for a live one, and for what is not a socket */
  async #clear(name: string): Promise<void> {
    const path = join(this.#path, name)
    await using found = await openThere(this.#directory, name)
    if (found !== undefined) {
      if (found.status.kind !== 'socket')
        throw new PathError(
          `${path} is there and is not a socket; remove it or name another path in the policy`,
        )
      if (await isLive(found)) throw new PathError(`something serves on ${path} already; end it first`)
      // What a worker puts in its place now, in a directory of its own, it could have removed itself.
      await unlinkIn(this.#directory, name)
    }
    await unlinkIn(this.#workshop, name)
  }

  async #remove(name: string, id: string): Promise<void> {
    await using held = this.#share()
    await held.#unlinkOwn(name, id)
  }

  async #unlinkOwn(name: string, id: string): Promise<void> {
    await using found = await openThere(this.#directory, name)
    if (found?.status.id === id) await unlinkIn(this.#directory, name)
  }
}

/** Who else may write in it could answer in the worker's place. */
function requireKeeper(path: string, { status }: Descriptor, { user, group }: Owner): void {
  const writer = writerOf(status, [...trustedAccounts(), user])
  if (writer === undefined || (writer.kind === 'group' && writer.group === group)) return
  const who = describeMover(writer)
  const why = writer.kind === 'owner of the directory' ? `it belongs to ${who}` : `${who} may write in it`
  throw new PathError(
    `${path} is not the worker's alone (${why}); give each worker's socket a directory of its own`,
  )
}

async function openWorkshop(path: string, directory: Descriptor): Promise<Descriptor> {
  const there = await openThere(directory, WORKSHOP)
  if (there === undefined) await makeDirectoryIn(directory, WORKSHOP, 0o700)
  const workshop = there ?? (await openIn(directory, WORKSHOP))
  const { kind, uid, mode } = workshop.status
  if (kind === 'directory' && uid === ownAccount() && (mode & 0o077) === 0) return workshop
  await workshop.close()
  throw new PathError(`${join(path, WORKSHOP)} is not the gate's own; remove it`)
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

/** Whether somebody serves on a socket: on that very one, by whatever name. */
function isLive({ path }: Descriptor): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    // Nobody listens. With anything else, as too many that wait, somebody may.
    probe.once('error', (cause) => resolve(codeOf(cause) !== 'ECONNREFUSED'))
  })
}
