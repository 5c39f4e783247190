/**
 * What is on the host, opened and held: what is done to it is done to that very file or directory, whatever its name leads to by then.
 * No other file may make, change or remove what others can move (test/files.test.ts). Node has no openat(2): a name is looked up in an
 * opened directory by /proc/self/fd, as proc(5) has it, so this is for Linux, with /proc mounted.
 */
import { constants, type BigIntStats } from 'node:fs'
import { chmod, chown, link, mkdir, open, opendir, readlink, rmdir, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/** From open(2); Node has no name for it. Nothing happens to what is opened by it: a pipe does not wait, a device does nothing. */
const O_PATH = 0o10000000
const HELD = O_PATH | constants.O_NOFOLLOW

/** What was opened, as it was then. */
export interface Status {
  readonly kind: 'directory' | 'file' | 'link' | 'socket' | 'other'
  /** Device and inode: no two things that are there at the same time have the same. */
  readonly id: string
  readonly uid: number
  readonly gid: number
  /** Permission bits, with set-user-ID, set-group-ID and the sticky bit. */
  readonly mode: number
}

/** Numbers of an account and a group; -1 leaves what is there. */
export interface Owner {
  readonly user: number
  readonly group: number
}

/** A file, directory, link or socket that is held open, until everybody who uses it has closed it. */
export class Descriptor implements AsyncDisposable {
  readonly status: Status
  readonly #handle: FileHandle
  #users = 1

  private constructor(handle: FileHandle, status: Status) {
    this.#handle = handle
    this.status = status
  }

  static async of(opening: Promise<FileHandle>): Promise<Descriptor> {
    const handle = await opening
    try {
      return new Descriptor(handle, statusOf(await handle.stat({ bigint: true })))
    } catch (cause) {
      await handle.close()
      throw cause
    }
  }

  /** A path that leads to this and nothing else, in this process, until it is closed. */
  get path(): string {
    return `/proc/self/fd/${this.number}`
  }

  /** To hand it on to a program. */
  get number(): number {
    if (this.#users === 0) throw new Error('a descriptor was used after it was closed')
    return this.#handle.fd
  }

  /** For one more user, who closes it too: a number that is closed while a call uses it can have become another file's. */
  share(): this {
    if (this.#users === 0) throw new Error('a descriptor was shared after it was closed')
    this.#users += 1
    return this
  }

  async close(): Promise<void> {
    if (this.#users === 0) throw new Error('a descriptor was closed twice')
    this.#users -= 1
    if (this.#users === 0) await this.#handle.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

let top: Promise<Descriptor> | undefined

/** The root of the file system, which is opened once and held. */
export async function openTop(): Promise<Descriptor> {
  top ??= Descriptor.of(open('/', HELD | constants.O_DIRECTORY))
  const { path } = await top
  // Without it every path would seem to be missing.
  if ((await readlink(path).catch(() => undefined)) === undefined)
    throw new Error('/proc is not mounted, and files of the host are held by it')
  return (await top).share()
}

/** Opens what is of that name in a directory now, be it a link. `..` is the directory above. Throws what the system says. */
export function openIn(directory: Descriptor, name: string): Promise<Descriptor> {
  const path = name === '..' ? `${directory.path}/..` : pathIn(directory, name)
  // As a directory first: only that makes an automount happen.
  const opening = open(path, HELD | constants.O_DIRECTORY).catch((cause: unknown) => {
    const code = codeOf(cause)
    if (code === 'ENOTDIR' || code === 'ELOOP') return open(path, HELD)
    throw cause
  })
  return Descriptor.of(opening)
}

/** The same, or undefined where nothing is of that name. */
export function openThere(directory: Descriptor, name: string): Promise<Descriptor | undefined> {
  return openIn(directory, name).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw cause
  })
}

/** Where the link of that name leads, as it is written. */
export function readLinkIn(directory: Descriptor, name: string): Promise<string> {
  return readlink(pathIn(directory, name))
}

export function makeDirectoryIn(directory: Descriptor, name: string, mode: number): Promise<void> {
  return mkdir(pathIn(directory, name), { mode }).then(() => undefined)
}

/** Gives what is of a name in one directory a further name in another, where nothing is of that name. */
export function linkIn(from: Descriptor, name: string, to: Descriptor, other: string): Promise<void> {
  return link(pathIn(from, name), pathIn(to, other))
}

/** Takes a name away, where there is one. Never that of a directory. */
export function unlinkIn(directory: Descriptor, name: string): Promise<void> {
  return unlink(pathIn(directory, name)).catch(unlessMissing)
}

/** Removes an empty directory, where there is one. */
export function removeDirectoryIn(directory: Descriptor, name: string): Promise<void> {
  return rmdir(pathIn(directory, name)).catch(unlessMissing)
}

export function setOwner({ path }: Descriptor, { user, group }: Owner): Promise<void> {
  return chown(path, user, group)
}

export function setMode({ path }: Descriptor, mode: number): Promise<void> {
  return chmod(path, mode)
}

/** Names in a directory, the first `most` that there are. */
export async function listIn({ path }: Descriptor, most: number): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { name } of await opendir(path)) {
    if (names.length === most) break
    names.push(name)
  }
  return names
}

/** Makes a file that is not there yet, with that text. */
export async function writeNewIn(
  directory: Descriptor,
  name: string,
  text: string,
  mode: number,
): Promise<void> {
  const file = await open(pathIn(directory, name), 'wx', mode)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

/**
 * The first bytes of a file, `most` at the most. Only for what is a file: a pipe would wait. One on which its owner has a lease (fcntl(2))
 * would be waited for too, for most of a minute: that fails at once, as EAGAIN.
 */
export async function readStart({ path, status }: Descriptor, most: number): Promise<Buffer> {
  if (status.kind !== 'file') throw new Error('it is not a file')
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** The path of a name in an opened directory, for a call of the system that follows no link at its end. */
export function pathIn(directory: Descriptor, name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    throw new Error(`${JSON.stringify(name)} is not a name of an entry of a directory`)
  return `${directory.path}/${name}`
}

/** The system's own name of an error: `ENOENT`. */
export function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
}

/** An error in words. Those of the system are cut before the path, which would be that of a descriptor. */
export function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return codeOf(cause) === undefined ? message : message.replace(/, .*/s, '')
}

function unlessMissing(cause: unknown): void {
  if (codeOf(cause) !== 'ENOENT') throw cause
}

function statusOf(found: BigIntStats): Status {
  return {
    kind: kindOf(found),
    id: `${found.dev}:${found.ino}`,
    uid: Number(found.uid),
    gid: Number(found.gid),
    mode: Number(found.mode) & 0o7777,
  }
}

function kindOf(found: BigIntStats): Status['kind'] {
  if (found.isDirectory()) return 'directory'
  if (found.isFile()) return 'file'
  if (found.isSymbolicLink()) return 'link'
  return found.isSocket() ? 'socket' : 'other'
}
