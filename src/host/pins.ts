/**
 * Bind sources below a root, held fast: the worker may write in the directory above, and could put a link in the place of
 * what was checked before an engine mounts it, now or at any later start. So the gate opens what was decided on, without
 * following links, and mounts that very file or directory in a place of its own; the engine is given that place.
 */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, readFile, readlink, rm, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from '../programs/run.ts'

/** A source that can't be held: the message says why, without naming other paths. */
export class PinError extends Error {
  override readonly name = 'PinError'
}

/** Behind the name of a place: a file that says what is held there, for as long as it is. */
const ORIGIN = '.origin'

/** From open(2); Node has no name for it. */
const O_PATH = 0o10000000

export class Pins {
  readonly #directory: string
  /** Claims of containers for which something is held. */
  readonly #held = new Set<string>()
  /** What is held, by place. */
  readonly #origins = new Map<string, string>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * The places of a gate, with what it held there before it was started.
   * @param state the gate's state directory: each gate has places of its own. They are gone after a reboot.
   */
  static async open(state: string): Promise<Pins> {
    const name = createHash('sha256').update(state).digest('hex').slice(0, 12)
    const pins = new Pins(join('/run/dockgate-binds', name))
    for (const claim of await readdir(pins.#directory).catch(() => [])) await pins.#readOrigins(claim)
    return pins
  }

  /** The real path of what is held in a place, as it was decided on; undefined where nothing is. */
  originOf(place: string): string | undefined {
    return this.#origins.get(place)
  }

  /**
   * Holds a source fast. Returns the path to give to the engine.
   * @param claim of the container that mounts it
   * @param source its real path, as it was decided on
   * @throws {PinError} if another thing is in its place by now, or it can't be mounted
   */
  async pin(claim: string, index: number, source: string): Promise<string> {
    const place = join(this.#directory, claim, String(index))
    this.#held.add(claim)
    const file = await open(source, O_PATH | constants.O_NOFOLLOW).catch(() => {
      throw new PinError(`${source} is no longer what it was`)
    })
    try {
      // A link anywhere on the way, and this is another path than the one that was decided on.
      if ((await readlink(`/proc/self/fd/${file.fd}`)) !== source)
        throw new PinError(`${source} is no longer what it was`)
      const status = await file.stat()
      if (status.isSymbolicLink()) throw new PinError(`${source} is no longer what it was`)
      const isDirectory = status.isDirectory()
      await mkdir(isDirectory ? place : join(this.#directory, claim), { recursive: true, mode: 0o700 })
      if (!isDirectory) await writeFile(place, '', { mode: 0o600 })
      await writeFile(`${place}${ORIGIN}`, source, { mode: 0o600 })
      await run('mount', ['--no-canonicalize', '--bind', '--make-private', '/proc/self/fd/3', place], file.fd)
      this.#origins.set(place, source)
      return place
    } finally {
      await file.close()
    }
  }

  /** Lets go of all that was held for a container. */
  async release(claim: string): Promise<void> {
    // Most containers have no such bind, and each of them comes here.
    if (!this.#held.delete(claim)) return
    const directory = join(this.#directory, claim)
    const places = await readdir(directory).catch(() => undefined)
    if (places === undefined) return
    for (const place of places) {
      if (place.endsWith(ORIGIN)) await rm(join(directory, place))
      else await this.#releaseOne(join(directory, place))
    }
    await rmdir(directory)
  }

  /** Lets go of what was held for containers that are gone. @param claims of those that are there */
  async releaseOthers(claims: ReadonlySet<string>): Promise<void> {
    for (const claim of await readdir(this.#directory).catch(() => [])) {
      this.#held.add(claim)
      if (!claims.has(claim)) await this.release(claim)
    }
  }

  async #readOrigins(claim: string): Promise<void> {
    for (const file of await readdir(join(this.#directory, claim))) {
      if (!file.endsWith(ORIGIN)) continue
      const path = join(this.#directory, claim, file)
      this.#origins.set(path.slice(0, -ORIGIN.length), await readFile(path, 'utf8'))
    }
  }

  async #releaseOne(place: string): Promise<void> {
    this.#origins.delete(place)
    // Lazily, since an engine may be about to let go of it too.
    await run('umount', ['--lazy', '--no-canonicalize', place]).catch(() => undefined)
    const isDirectory = (await lstat(place)).isDirectory()
    // Never what is mounted there: a place that could not be unmounted stays.
    await (isDirectory ? rmdir(place) : rm(place)).catch(() => undefined)
  }
}

/** Runs a program of util-linux. @param descriptor handed on as number 3 @throws {PinError} */
async function run(
  program: 'mount' | 'umount',
  words: readonly string[],
  descriptor?: number,
): Promise<void> {
  const more = descriptor === undefined ? [] : [descriptor]
  const { code, stderr } = await runProgram({
    file: program,
    words,
    streams: ['none', 'pipe', 'pipe', ...more],
  }).catch((cause: unknown) => {
    throw new PinError(`${program} can't be run`, { cause })
  })
  if (code !== 0)
    throw new PinError(`the gate can't hold the directory fast: ${stderr.trim().split('\n')[0] ?? ''}`)
}
