/** A tar on its way to the engine, whose end is held back until what matters in it was checked. */
import { Transform, type TransformCallback } from 'node:stream'
import { LONGEST_MAGIC, packingOf } from '../decode/packing.ts'
import { DamagedTar, TarError, TarWalker, type Entry } from '../decode/tar.ts'
import { malformedArchive, type Violation } from '../decide/refuse.ts'

const BLOCK = 512
/** Two blocks of zeros: without them, or the end of the body, an engine does not begin. */
const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK)

/** Characters of the paths of all links together. */
const MOST_LINKS = 16 * 2 ** 20

export abstract class CheckedArchive extends Transform {
  readonly #walker: TarWalker
  readonly #links = new Set<string>()
  #linkLengths = 0
  #start = Buffer.alloc(0)
  #violations: readonly Violation[] = []

  constructor() {
    super()
    this.#walker = new TarWalker({
      entry: (entry) => {
        this.#checkWay(entry.path)
        if (entry.type === 'link') this.#addLink(entry.path)
        return this.entry(entry)
      },
      content: (entry, content) => this.content(entry, content),
      piece: (piece) => this.piece(piece),
      ended: () => this.ended(),
    })
  }

  /** Takes note of an entry. Returns whether its content is to be kept. @throws {TarError} */
  protected abstract entry(entry: Entry): boolean
  /** Takes the content of an entry that was to be kept. @throws {TarError} */
  protected abstract content(entry: Entry, content: Buffer): void
  /** Takes content that is not kept, piece by piece, and its end. */
  protected piece(_piece: Buffer): void {}
  protected ended(): void {}
  /** Takes the archive as it comes, up to its end. */
  protected raw(_bytes: Buffer): void {}
  /** Ends what was begun with what came so far; nothing more comes before. @throws {TarError} */
  protected settle(): Promise<void> | undefined {
    return undefined
  }
  /** Checks what was found, once everything has come; it may push further entries. @throws {TarError} */
  protected abstract check(): readonly Violation[] | Promise<readonly Violation[]>
  /** What is told of a tar that is not read here. */
  protected abstract violation(why: string): Violation

  /** Why the archive was not passed on; empty while it is. */
  get violations(): readonly Violation[] {
    return this.#violations
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      this.#checkStart(chunk)
      this.raw(chunk.subarray(0, this.#walker.push(chunk)))
    } catch (cause) {
      done(errorOf(cause))
      return
    }
    const settled = this.settle()
    if (settled === undefined) done()
    else end(settled, done)
  }

  override _flush(done: TransformCallback): void {
    end(this.#finish(), done)
  }

  /** Takes note of what was wrong, be it found here or by what unpacks the archive in front of it. */
  override _destroy(cause: Error | null, done: (cause: Error | null) => void): void {
    if (cause instanceof TarError && this.#violations.length === 0)
      this.#violations = [
        cause instanceof DamagedTar ? malformedArchive(cause.message) : this.violation(cause.message),
      ]
    done(cause)
  }

  async #finish(): Promise<void> {
    this.raw(Buffer.alloc(this.#walker.end()))
    await this.settle()
    this.#violations = await this.check()
    if (this.#violations.length > 0) throw new TarError('the archive is refused')
    this.push(END_OF_ARCHIVE)
  }

  /** A file's name at the start can make a tar that an engine would unpack first, and read something else. */
  #checkStart(chunk: Buffer): void {
    if (this.#start.length >= LONGEST_MAGIC) return
    this.#start = Buffer.concat([this.#start, chunk.subarray(0, LONGEST_MAGIC - this.#start.length)])
    const packing = packingOf(this.#start)
    if (packing !== undefined)
      throw new TarError(`it is packed by ${packing} once more; send it plain, or packed by gzip`)
  }

  /** What is unpacked through a link lands somewhere else, and could replace what was checked. */
  #checkWay(path: string): void {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash)
      if (this.#links.has(above)) throw new TarError(`${above} is a link, and has something in it`)
    }
  }

  #addLink(path: string): void {
    if (this.#links.has(path)) return
    this.#links.add(path)
    this.#linkLengths += path.length
    if (this.#linkLengths > MOST_LINKS) throw new TarError('it has too many links')
  }
}

function end(work: Promise<void>, done: TransformCallback): void {
  work.then(
    () => done(),
    (cause: unknown) => done(errorOf(cause)),
  )
}

function errorOf(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error('the archive could not be checked', { cause })
}
