/**
 * Bind sources below a root, held fast: the worker may write in the directory above, and could put a link in the place of
 * what was checked before an engine mounts it, now or at any later start. So the gate opens what was decided on, without
 * following links, and mounts that very file or directory in a place of its own; the engine is given that place.
 */
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import {
  codeOf,
  listIn,
  makeDirectoryIn,
  openIn,
  openThere,
  readStart,
  reasonOf,
  removeDirectoryIn,
  unlinkIn,
  writeNewIn,
  type Descriptor,
} from '../files/descriptor.ts'
import { openOwnDirectory, PathError } from '../files/directory.ts'
import { walk, WalkError } from '../files/walk.ts'
import { runMount } from './mount.ts'

/** A source that can't be held: the message says why, without naming other paths. */
export class PinError extends Error {
  override readonly name = 'PinError'
}

/** Where the places of all gates are. */
const PLACES = '/run/dockgate-binds'
/** Behind the name of a place: a file that says what is held there, for as long as it is. */
const ORIGIN = '.origin'
/** Behind the claim of another container that mounts what is held beside it. */
const SHARED = '.shared'
/** Bytes of a path. */
const LONGEST_PATH = 4096
/** More than there can be: names of claims, and in one of them. */
const MOST_NAMES = 1_000_000

/** The state directory of a gate. */
export interface State {
  /** Device and inode: by them each gate has places of its own, whatever path it is given, and what others have at that path. */
  readonly id: string
  /** The path as it was given: gates before this one had places by it. */
  readonly written: string
}

export class Pins {
  /** The places of this gate, and those of earlier ones. */
  readonly #directories: readonly [string, ...string[]]
  /** Claims of the containers that mount what is held, by the claim for which it was held first. */
  readonly #holders = new Map<string, Set<string>>()
  /** What is held, by place. */
  readonly #origins = new Map<string, string>()

  private constructor({ id, written }: State) {
    this.#directories = [join(PLACES, keyOf(id)), join(PLACES, keyOf(written))]
  }

  /** The places of a gate, with what it held there before it was started. They are gone after a reboot. */
  static async open(state: State): Promise<Pins> {
    const pins = new Pins(state)
    for (const directory of pins.#directories)
      await within(directory, async (opened) => {
        for (const claim of await listIn(opened, MOST_NAMES)) await pins.#readHeld(directory, opened, claim)
      })
    return pins
  }

  /** The real path of what is held in a place, as it was decided on; undefined where nothing is. */
  originOf(place: string): string | undefined {
    return this.#origins.get(place)
  }

  /** The place in which a source of a container is held, or will be. */
  placeOf(claim: string, index: number): string {
    return join(this.#directories[0], claim, String(index))
  }

  /**
   * Holds a source fast. Returns the path to give to the engine.
   * @param claim of the container that mounts it
   * @param path of the source without links, as it was decided on
   * @throws {PinError} if it can't be mounted
   */
  async pin(claim: string, index: number, path: string, source: Descriptor): Promise<string> {
    const [directory] = this.#directories
    const name = String(index)
    this.#holdersOf(claim)
    await using places = await openPlaces(directory, claim)
    if (source.status.kind === 'directory') await makeDirectoryIn(places, name, 0o700)
    else await writeNewIn(places, name, '', 0o600)
    await writeNewIn(places, `${name}${ORIGIN}`, path, 0o600)
    const place = this.placeOf(claim, index)
    // Nobody else can move the place; what is mounted there is the descriptor that is handed on.
    await run('mount', ['--bind', '--make-private', '/proc/self/fd/3', place], source.number).catch(
      async (cause: unknown) => {
        await unlinkIn(places, `${name}${ORIGIN}`)
        await this.#releaseOne(places, place)
        throw cause
      },
    )
    this.#origins.set(place, path)
    return place
  }

  /**
   * Holds what is in a place for one container more, which an engine gives the mounts of another; nothing happens for what is none.
   * @param claim of the container that will mount it too
   * @throws {PinError} if it is let go of by now
   */
  async share(claim: string, place: string): Promise<void> {
    const directory = dirname(dirname(place))
    if (!this.#directories.includes(directory)) return
    const first = basename(dirname(place))
    const holders = this.#holders.get(first)
    if (holders === undefined)
      throw new PinError('the container whose mounts are shared is gone, and so is what the gate held for it')
    if (holders.has(claim)) return
    holders.add(claim)
    await within(directory, async (opened) => {
      await using places = await openIn(opened, first)
      await writeNewIn(places, `${claim}${SHARED}`, '', 0o600)
    })
  }

  /** Lets go of all that was held for a container, but for what others mount too. */
  async release(claim: string): Promise<void> {
    for (const [first, holders] of [...this.#holders]) {
      if (!holders.delete(claim)) continue
      if (holders.size === 0) {
        this.#holders.delete(first)
        await this.#releaseAll(first)
      } else if (first !== claim) await this.#unshare(first, claim)
    }
  }

  /**
   * Lets go of what was held for containers that are gone.
   * @param isThere whether a claim is that of one that is there, or being made
   * @throws the first failure, once all others are let go of
   */
  async releaseOthers(isThere: (claim: string) => boolean): Promise<void> {
    const failures: unknown[] = []
    for (const first of await this.#claims())
      // Asked for each, since containers are made meanwhile.
      for (const claim of [...this.#holdersOf(first)])
        if (!isThere(claim)) await this.release(claim).catch((cause: unknown) => failures.push(cause))
    if (failures.length > 0) throw failures[0]
  }

  #holdersOf(first: string): Set<string> {
    const holders = this.#holders.get(first) ?? new Set([first])
    this.#holders.set(first, holders)
    return holders
  }

  async #releaseAll(first: string): Promise<void> {
    for (const directory of this.#directories)
      await within(directory, async (opened) => {
        const places = await openThere(opened, first)
        if (places === undefined) return
        for (const name of await listIn(places, MOST_NAMES)) {
          if (name.endsWith(ORIGIN) || name.endsWith(SHARED)) await unlinkIn(places, name)
          else await this.#releaseOne(places, join(directory, first, name))
        }
        await places.close()
        await removeDirectoryIn(opened, first)
      })
  }

  async #unshare(first: string, claim: string): Promise<void> {
    for (const directory of this.#directories)
      await within(directory, async (opened) => {
        const places = await openThere(opened, first)
        if (places === undefined) return
        await unlinkIn(places, `${claim}${SHARED}`)
        await places.close()
      })
  }

  async #claims(): Promise<readonly string[]> {
    const claims: string[] = []
    for (const directory of this.#directories)
      await within(directory, async (opened) => {
        claims.push(...(await listIn(opened, MOST_NAMES)))
      })
    return claims
  }

  async #readHeld(directory: string, opened: Descriptor, claim: string): Promise<void> {
    const holders = this.#holdersOf(claim)
    await using places = await openIn(opened, claim)
    for (const name of await listIn(places, MOST_NAMES)) {
      if (name.endsWith(SHARED)) holders.add(name.slice(0, -SHARED.length))
      if (!name.endsWith(ORIGIN)) continue
      await using file = await openIn(places, name)
      const place = join(directory, claim, name.slice(0, -ORIGIN.length))
      this.#origins.set(place, (await readStart(file, LONGEST_PATH)).toString())
    }
  }

  async #releaseOne(places: Descriptor, place: string): Promise<void> {
    this.#origins.delete(place)
    // Lazily, since an engine may be about to let go of it too.
    await run('umount', ['--lazy', place]).catch(() => undefined)
    const found = await openThere(places, basename(place))
    await found?.close()
    // Never what is mounted there: a place that could not be unmounted stays.
    const remove = found?.status.kind === 'directory' ? removeDirectoryIn : unlinkIn
    await remove(places, basename(place)).catch(() => undefined)
  }
}

/** What directories of places are called by. */
export function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

/** Does something in a directory of places, where it is there and nobody else's. */
async function within(directory: string, work: (opened: Descriptor) => Promise<void>): Promise<void> {
  const place = await walk(directory).catch((cause: unknown) => {
    if (cause instanceof WalkError && cause.why === 'missing') return undefined
    throw cause
  })
  if (place === undefined) return
  try {
    if (place.movable.length === 0) await work(place.found)
  } finally {
    await place.found.close()
  }
}

/** Opens the places for a container's sources, and makes them. @throws {PinError} */
async function openPlaces(directory: string, claim: string): Promise<Descriptor> {
  try {
    // Nobody may learn the claims.
    const { found } = await openOwnDirectory(join(directory, claim), 0o700)
    return found
  } catch (cause) {
    if (!(cause instanceof PathError) && codeOf(cause) === undefined) throw cause
    throw new PinError(`the gate can't hold the directory fast: ${reasonOf(cause)}`, { cause })
  }
}

/** @param descriptor handed on as number 3 @throws {PinError} */
async function run(
  program: 'mount' | 'umount',
  words: readonly string[],
  descriptor?: number,
): Promise<void> {
  const why = await runMount(program, words, descriptor)
  if (why !== undefined) throw new PinError(`the gate can't hold the directory fast: ${why}`)
}
