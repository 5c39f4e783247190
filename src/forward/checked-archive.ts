/** A tar on its way to the engine, whose end is held back until what matters in it was checked. */
import { pipeline, Readable, Transform, type TransformCallback } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TarError, TarWalker, type Entry } from '../decode/tar.ts'
import type { Violation } from '../policy/refuse.ts'

const BLOCK = 512
/** Two blocks of zeros: without them, or the end of the body, an engine does not begin. */
const END_OF_ARCHIVE = Buffer.alloc(2 * BLOCK)

/** How an engine knows gzip, bzip2, xz and zstd (moby, pkg/archive), as Latin-1. */
const PACKED = /^(?:\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/
const LONGEST_MAGIC = 6
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
      done()
    } catch (cause) {
      this.#fail(cause, done)
    }
  }

  override _flush(done: TransformCallback): void {
    this.#finish().then(
      () => done(),
      (cause: unknown) => this.#fail(cause, done),
    )
  }

  async #finish(): Promise<void> {
    this.raw(Buffer.alloc(this.#walker.end()))
    this.#violations = await this.check()
    if (this.#violations.length > 0) throw new TarError('the archive is refused')
    this.push(END_OF_ARCHIVE)
  }

  /** A file's name at the start can make a tar that an engine would unpack first, and read something else. */
  #checkStart(chunk: Buffer): void {
    if (this.#start.length >= LONGEST_MAGIC) return
    this.#start = Buffer.concat([this.#start, chunk.subarray(0, LONGEST_MAGIC - this.#start.length)])
    if (PACKED.test(this.#start.toString('latin1')))
      throw new TarError('it is compressed; send it plain, or with gzip')
  }

  #fail(cause: unknown, done: TransformCallback): void {
    if (cause instanceof TarError && this.#violations.length === 0)
      this.#violations = [this.violation(cause.message)]
    done(cause instanceof Error ? cause : new Error('the archive could not be checked', { cause }))
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

/** The first bytes of gzip (RFC 1952), as compose sends contexts. */
const GZIP = [0x1f, 0x8b]

/** An archive as a plain tar, which is what is checked and sent, however the client packed it. */
export async function* unpacked(content: Readable): AsyncGenerator<Buffer> {
  const chunks = content[Symbol.asyncIterator]()
  let start = Buffer.alloc(0)
  while (start.length < GZIP.length) {
    const next = await chunks.next()
    if (next.done === true) break
    start = Buffer.concat([start, bytesOf(next.value)])
  }
  if (start.length === 0) return
  const whole = Readable.from(prepend(start, chunks), { objectMode: false })
  const isGzip = GZIP.every((byte, index) => start[index] === byte)
  // What breaks in front of it, as where a client goes away, breaks the reading below.
  const plain = isGzip ? pipeline(whole, createGunzip(), () => undefined) : whole
  for await (const chunk of plain) yield bytesOf(chunk)
}

async function* prepend(start: Buffer, rest: AsyncIterator<unknown>): AsyncGenerator<Buffer> {
  yield start
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield bytesOf(next.value)
}

function bytesOf(chunk: unknown): Buffer {
  if (chunk instanceof Buffer) return chunk
  throw new TypeError('an archive is read as bytes')
}
