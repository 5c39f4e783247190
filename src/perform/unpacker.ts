/**
 * What comes packed, unpacked by Node's own zlib: no engine unpacks by its own programs what a worker packed and this could not read.
 * Archives are sent as they come out of this; layers in an archive go as they are, once they came out of it whole.
 */
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import { LONGEST_MAGIC, packingOf, type Packing } from '../decode/packing.ts'
import { DamagedTar, TarError } from '../decode/tar.ts'

/** What Zstandard may want as memory, as a power of two: 8 MiB, which every reader must have (RFC 8878, 3.1.1.1.2). */
const LARGEST_WINDOW = 23
/** Bytes that are unpacked in one go. */
const PIECE = 64 * 2 ** 10

/** Unpacks what is pushed into it, which may be plain. One that is not ended is to be closed. */
export class Unpacker {
  #start: Buffer | undefined = Buffer.alloc(0)
  #packing: Packing | undefined
  #zip: Zip | undefined
  /** Whether all that may follow is padding. */
  #isOver = false

  /** Gives what can be read of a piece. @throws {TarError} where it is damaged, or packed by what is not read here */
  async *push(piece: Buffer): AsyncGenerator<Buffer> {
    if (this.#start === undefined) return yield* this.#take(piece)
    this.#start = Buffer.concat([this.#start, piece])
    if (this.#start.length >= LONGEST_MAGIC) yield* this.#begin(this.#start)
  }

  /** Gives the rest. @throws {TarError} where it was cut off */
  async *end(): AsyncGenerator<Buffer> {
    if (this.#start !== undefined) yield* this.#begin(this.#start)
    if (this.#zip !== undefined) yield* this.#zip.end()
    this.close()
  }

  /** Gives its memory back. */
  close(): void {
    this.#zip?.close()
    this.#zip = undefined
  }

  async *#begin(start: Buffer): AsyncGenerator<Buffer> {
    this.#start = undefined
    this.#packing = packingOf(start)
    if (start.length > 0) yield* this.#take(start)
  }

  async *#take(piece: Buffer): AsyncGenerator<Buffer> {
    if (this.#packing === undefined) return yield piece
    if (this.#packing === 'bzip2' || this.#packing === 'xz')
      throw new TarError(`it is packed by ${this.#packing}; send it plain, or packed by gzip`)
    for (let rest = piece; rest.length > 0;) {
      if (this.#isOver) return expectPadding(rest)
      this.#zip ??= new Zip(this.#packing)
      rest = rest.subarray(yield* this.#zip.write(rest))
      if (rest.length === 0) return
      // It ended in the midst of what it was given: behind gzip only zeros may follow, behind a part of Zstandard another.
      this.#isOver = this.#packing === 'gzip'
      this.close()
    }
  }
}

function expectPadding(rest: Buffer): void {
  if (rest.some((byte) => byte !== 0))
    throw new DamagedTar('the gzip is damaged: it has something behind its end')
}

/** One of Node's, with what comes out of it waited for. */
class Zip {
  readonly #packing: 'gzip' | 'zstd'
  readonly #zip: Gunzip | ZstdDecompress
  #failed: Error | undefined
  #wake = (): void => undefined

  constructor(packing: 'gzip' | 'zstd') {
    const params = { [constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW }
    this.#packing = packing
    this.#zip =
      packing === 'gzip'
        ? createGunzip({ chunkSize: PIECE })
        : createZstdDecompress({ chunkSize: PIECE, params })
    this.#zip.on('readable', () => this.#wake())
    this.#zip.on('error', (cause) => {
      this.#failed = cause
      this.#wake()
    })
  }

  /** Gives what comes out of a piece. Returns how many bytes of it were taken: all, unless it ended before. @throws {TarError} */
  async *write(piece: Buffer): AsyncGenerator<Buffer, number> {
    const before = this.#zip.bytesWritten
    yield* this.#reading((done) => this.#zip.write(piece, done))
    return this.#zip.bytesWritten - before
  }

  /** @throws {TarError} */
  async *end(): AsyncGenerator<Buffer> {
    yield* this.#reading((done) => {
      // It looks whether anything lacks when nothing more comes out of it.
      this.#zip.once('end', done)
      this.#zip.end()
    })
  }

  close(): void {
    this.#zip.destroy()
  }

  async *#reading(begin: (done: (cause?: Error | null) => void) => void): AsyncGenerator<Buffer> {
    let isDone = false
    begin((cause) => {
      isDone = true
      this.#failed ??= cause ?? undefined
      this.#wake()
    })
    for (;;) {
      for (let read: unknown = this.#zip.read(); read !== null; read = this.#zip.read())
        if (read instanceof Buffer) yield read
      if (this.#failed !== undefined)
        throw new DamagedTar(`the ${this.#packing} is damaged: ${this.#failed.message}`)
      if (isDone) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** An archive as a plain tar, which is what is checked and sent, however the client packed it. @throws {TarError} */
export async function* unpacked(content: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  const unpacker = new Unpacker()
  try {
    for await (const chunk of content) {
      if (!(chunk instanceof Buffer)) throw new TypeError('an archive is read as bytes')
      yield* unpacker.push(chunk)
    }
    yield* unpacker.end()
  } finally {
    unpacker.close()
  }
}
