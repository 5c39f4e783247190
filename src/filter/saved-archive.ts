/**
 * An archive of images that are saved, with the names that the worker has for its own (moby, image/tarexport; OCI image layout). Each
 * entry passes as the engine wrote it, but for the files that name the images.
 */
import { Transform, type TransformCallback } from 'node:stream'
import { NAMING } from '../decode/image-archive.ts'
import type { View } from './view.ts'

const BLOCK = 512
/** Bytes of a file that names images. */
const LARGEST = 16 * 2 ** 20

/** Annotations that tell where else an image was pulled from or pushed to, by whomever. */
const ELSEWHERE = 'containerd.io/distribution.source.'

/** In an OCI image layout a name is in full. */
const FULL_NAMES = 'index.json'

export class SavedArchive extends Transform {
  readonly #words: Pick<View['words'], 'image' | 'fullImage'>
  /** What has come of a header, or of a file that is kept. */
  #kept: Buffer[] = []
  #keptLength = 0
  /** The header of the file that is kept; undefined while a header comes, or content passes. */
  #naming: Buffer | undefined
  /** Bytes that are still to pass, or to be kept. */
  #left = 0

  constructor(words: Pick<View['words'], 'image' | 'fullImage'>) {
    super()
    this.#words = words
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let rest = chunk
    while (rest.length > 0) rest = this.#take(rest)
    done()
  }

  /** What is cut off in the middle is passed on as far as it came. */
  override _flush(done: TransformCallback): void {
    if (this.#naming !== undefined) this.push(this.#naming)
    for (const kept of this.#kept) this.push(kept)
    done()
  }

  /** Takes what belongs together, and gives the rest. */
  #take(chunk: Buffer): Buffer {
    const isPassing = this.#left > 0 && this.#naming === undefined
    const wanted = isPassing ? this.#left : (this.#left || BLOCK) - this.#keptLength
    const part = chunk.subarray(0, wanted)
    if (isPassing) {
      this.push(part)
      this.#left -= part.length
      return chunk.subarray(part.length)
    }
    this.#kept.push(part)
    this.#keptLength += part.length
    if (part.length === wanted) this.#whole(Buffer.concat(this.#kept))
    return chunk.subarray(part.length)
  }

  #whole(kept: Buffer): void {
    this.#kept = []
    this.#keptLength = 0
    const header = this.#naming
    if (header === undefined) return this.#header(kept)
    this.#naming = undefined
    this.#left = 0
    const content = Buffer.from(this.#named(nameOf(header), kept.subarray(0, sizeOf(header)).toString()))
    this.push(
      Buffer.concat([withSize(header, content.length), content, Buffer.alloc(padding(content.length))]),
    )
  }

  #header(header: Buffer): void {
    const size = sizeOf(header)
    this.#left = size + padding(size)
    if (NAMING.includes(nameOf(header)) && size > 0 && size <= LARGEST) this.#naming = header
    else this.push(header)
  }

  /** A file that names images, in which a name is a text, or the key of one. */
  #named(file: string, text: string): string {
    const tell = file === FULL_NAMES ? this.#words.fullImage : this.#words.image
    const told = (value: unknown): unknown => {
      if (typeof value === 'string') return tell(value)
      if (Array.isArray(value)) return value.map(told)
      if (typeof value !== 'object' || value === null) return value
      const known = Object.entries(value).filter(([key]) => !key.startsWith(ELSEWHERE))
      return Object.fromEntries(known.map(([key, item]) => [tell(key), told(item)]))
    }
    return JSON.stringify(told(JSON.parse(text)))
  }
}

function nameOf(header: Buffer): string {
  const name = header.subarray(0, 100).toString('latin1')
  const end = name.indexOf('\0')
  return end === -1 ? name : name.slice(0, end)
}

/** Octal, or where that is too short, binary (GNU). */
function sizeOf(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(128))
  return Number.parseInt(header.subarray(124, 136).toString('latin1').replaceAll('\0', ' ').trim() || '0', 8)
}

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

function withSize(header: Buffer, size: number): Buffer {
  const changed = Buffer.from(header)
  changed.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  changed.write(' '.repeat(8), 148)
  const sum = changed.reduce((total, byte) => total + byte, 0)
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return changed
}
