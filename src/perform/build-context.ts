/** The context of a build on its way to the engine, passed on as it comes, but held back at its end until the Dockerfile was checked. */
import { isUtf8 } from 'node:buffer'
import { TarError, type Entry } from '../decode/tar.ts'
import type { Violation } from '../decide/refuse.ts'
import { CheckedArchive } from './checked-archive.ts'
import { tarFile } from './tar-file.ts'

/** What came of a check of a Dockerfile. */
export interface CheckedText {
  readonly violations: readonly Violation[]
  /** What the engine is to read in its place. */
  readonly dockerfile: string
}

const BLOCK = 512

type Check = (dockerfile: string) => Promise<CheckedText>

export class BuildContext extends CheckedArchive {
  readonly #dockerfile: string
  readonly #check: Check
  /** By path: its content, or undefined where the last entry of that path is not a plain file. */
  readonly #found = new Map<string, string | undefined>()
  /** The part of a block that has come: it may be the start of the archive's end. */
  #partial = Buffer.alloc(0)

  /**
   * @param dockerfile its path in the context
   * @param check gives the violations of a Dockerfile's text, and the text to be built
   */
  constructor(dockerfile: string, check: Check) {
    super()
    this.#dockerfile = dockerfile
    this.#check = check
  }

  /** Of two entries of one path the last one counts, as for the engine. */
  protected override entry({ path, type }: Entry): boolean {
    if (type === 'special') throw new TarError(`${path} is a device or a pipe`)
    if (this.#candidates().includes(path)) {
      this.#found.set(path, undefined)
      return type === 'file'
    }
    // What stands in the place of a directory on the way there could lead anywhere.
    if (type !== 'directory' && this.#dockerfile.startsWith(`${path}/`))
      throw new TarError(`${path} is not a plain directory`)
    return false
  }

  protected override content({ path }: Entry, content: Buffer): void {
    // Another text would be built than was written.
    if (!isUtf8(content)) throw new TarError(`${path} is not UTF-8`)
    this.#found.set(path, content.toString())
  }

  /** Passes on whole blocks alone, so that an entry can follow. */
  protected override raw(bytes: Buffer): void {
    const known = this.#partial.length === 0 ? bytes : Buffer.concat([this.#partial, bytes])
    const whole = known.length - (known.length % BLOCK)
    this.#partial = Buffer.from(known.subarray(whole))
    if (whole > 0) this.push(known.subarray(0, whole))
  }

  protected override async check(): Promise<readonly Violation[]> {
    const path = this.#candidates().find((candidate) => this.#found.has(candidate))
    const content = path === undefined ? undefined : this.#found.get(path)
    if (path === undefined || content === undefined)
      return [violation(this.#dockerfile, 'it must be a plain file in the context')]
    const { violations, dockerfile } = await this.#check(content)
    // Of two entries of one path the last one counts: the engine builds what was checked, whatever else it finds there.
    if (violations.length === 0) this.push(tarFile(path, Buffer.from(dockerfile)))
    return violations
  }

  protected override violation(why: string): Violation {
    return violation('context', why)
  }

  /** An engine takes `dockerfile` where there is no `Dockerfile` (moby, builder/remotecontext). */
  #candidates(): readonly string[] {
    return this.#dockerfile === 'Dockerfile' ? ['Dockerfile', 'dockerfile'] : [this.#dockerfile]
  }
}

function violation(what: string, why: string): Violation {
  return { rule: 'build.context', what, why, instead: ['docker build DIR, with a plain Dockerfile in it'] }
}
