/**
 * Where containers find the socket of their worker. A container mounts a socket as the inode that it was at its start, and the next gate
 * listens on another. So each worker has a place that containers mount as a slave of (mount_namespaces(7)): what the gate mounts on it
 * later is mounted in all of them, while they run. The sockets of gates before stay below: a container can have been started with any
 * of them, and gets what lies on it.
 */
import { basename, dirname, join } from 'node:path'
import {
  codeOf,
  listIn,
  openThere,
  reasonOf,
  removeDirectoryIn,
  unlinkIn,
  writeNewIn,
  type Descriptor,
} from '../files/descriptor.ts'
import { openOwnDirectory, PathError } from '../files/directory.ts'
import { runMount } from './mount.ts'
import { keyOf, PinError } from './pins.ts'

/** Where those of all gates are. */
const PLACES = '/run/dockgate-sockets'
/** The place in the directory of a worker. */
const PLACE = 'docker.sock'
/** Behind the names of sockets. */
const SOCKET = '.sock'
/** Where a socket is mounted for a moment, apart from what is around it. */
const STEP = '.step'
/** A kernel has no more mounts (fs.mount-max); there is one for each time that the worker was served. */
const MOST_MOUNTS = 100_000

export class ContainerSockets {
  readonly #directory: string
  readonly #shown = new Set<string>()

  /** @param key that this gate has after a reboot too, and no other: containers keep the path */
  constructor(key: string) {
    this.#directory = join(PLACES, keyOf(key))
  }

  /** The directory for sockets that a worker's containers get. Nobody but root and the gate gets into it. */
  directoryOf(worker: string): string {
    return join(this.#directory, worker)
  }

  /** What an engine is given for the socket of a worker. @throws {PinError} where it is not served */
  placeOf(worker: string): string {
    if (!this.#shown.has(worker))
      throw new PinError(
        "the worker's own socket can't be mounted now: the gate's log tells the operator why",
      )
    return join(this.directoryOf(worker), PLACE)
  }

  /** Whose socket a source of a mount is; undefined for what is none, or that of another gate. */
  workerAt(source: string): string | undefined {
    const isPlace = basename(source) === PLACE && dirname(dirname(source)) === this.#directory
    return isPlace ? basename(dirname(source)) : undefined
  }

  /** Whether that is a place in which a socket is served. */
  isShown(place: string): boolean {
    const worker = this.workerAt(place)
    return worker !== undefined && this.#shown.has(worker)
  }

  /**
   * Mounts a socket in the place of a worker, and so in all containers that have it.
   * @param name in the directory of the worker, `….sock`; it stays as long as something is mounted in the place @throws {PinError}
   */
  async show(worker: string, name: string): Promise<void> {
    await using directory = await this.#open(worker)
    const at = (entry: string): string => join(this.directoryOf(worker), entry)
    await makePlace(directory)
    await takeAway(directory, at(STEP))
    await writeNewIn(directory, STEP, '', 0o600)
    // Of a mount that is shared with others a copy is shared with them too: so it is made private before, and then the place's own.
    await run('mount', ['--bind', '--make-private', at(name), at(STEP)])
    try {
      await run('mount', ['--bind', '--make-shared', at(STEP), at(PLACE)])
    } finally {
      await takeAway(directory, at(STEP))
    }
    this.#shown.add(worker)
  }

  /** No new container gets it. Those that have it are the matter of whoever serves. */
  hide(worker: string): void {
    this.#shown.delete(worker)
  }

  /** Takes away what lies in the place of a worker of whose containers none has it: nothing is there then. @throws {PinError} */
  async clear(worker: string): Promise<void> {
    await using directory = await this.#open(worker)
    await takeAway(directory, join(this.directoryOf(worker), PLACE))
    for (const name of await listIn(directory, MOST_MOUNTS))
      if (name.endsWith(SOCKET)) await unlinkIn(directory, name)
  }

  async #open(worker: string): Promise<Descriptor> {
    try {
      return (await openOwnDirectory(this.directoryOf(worker), 0o700)).found
    } catch (cause) {
      if (!(cause instanceof PathError) && codeOf(cause) === undefined) throw cause
      throw new PinError(`${this.directoryOf(worker)} can't be used: ${reasonOf(cause)}`, { cause })
    }
  }
}

/** A file, on which sockets are mounted. */
async function makePlace(directory: Descriptor): Promise<void> {
  await using there = await openThere(directory, PLACE)
  if (there?.status.kind === 'file' || there?.status.kind === 'socket') return
  // An engine that was asked by somebody else while nothing was there has made a folder.
  if (there !== undefined) await removeDirectoryIn(directory, PLACE)
  await writeNewIn(directory, PLACE, '', 0o600)
}

/** Takes all mounts from a file, and its name. */
async function takeAway(directory: Descriptor, path: string): Promise<void> {
  for (let count = 0; count < MOST_MOUNTS; count += 1)
    // Lazily, since containers may be at it. It fails where nothing is mounted any more.
    if ((await runMount('umount', ['--lazy', path])) !== undefined) break
  await unlinkIn(directory, basename(path))
}

/** @throws {PinError} */
async function run(program: 'mount' | 'umount', words: readonly string[]): Promise<void> {
  const why = await runMount(program, words)
  if (why !== undefined) throw new PinError(`its socket can't be mounted: ${why}`)
}
