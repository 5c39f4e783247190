/** Messages as they stand in a stream: each behind five bytes, whether it is compressed and how long it is. */
import { CODE, GrpcError } from './status.ts'

const PREFIX = 5
/** Bytes of a message: an engine takes no larger one (github.com/containerd/containerd, defaults.DefaultMaxRecvMsgSize). */
const LARGEST_MESSAGE = 16 * 2 ** 20

/** A message in its frame. */
export function framed(message: Buffer): readonly Buffer[] {
  const prefix = Buffer.alloc(PREFIX)
  prefix.writeUInt32BE(message.length, 1)
  // A large one is not copied.
  return message.length < 16 * 2 ** 10 ? [Buffer.concat([prefix, message])] : [prefix, message]
}

/** Takes a stream apart. */
export class Deframer {
  #chunks: Buffer[] = []
  #size = 0

  /** The messages that are whole by these bytes. @throws {GrpcError} */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: Buffer[] = []
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message)
    return messages
  }

  /** Whether a message has begun that has not come to its end. */
  get isWithin(): boolean {
    return this.#size > 0
  }

  #next(): Buffer | undefined {
    if (this.#size < PREFIX) return undefined
    const head = this.#head(PREFIX)
    if (head[0] !== 0) throw new GrpcError(CODE.unimplemented, 'messages are not compressed here')
    const length = head.readUInt32BE(1)
    if (length > LARGEST_MESSAGE)
      throw new GrpcError(CODE.exhausted, `a message has ${length} bytes: ${LARGEST_MESSAGE} at most`)
    if (this.#size < PREFIX + length) return undefined
    const whole = this.#head(PREFIX + length)
    this.#size -= PREFIX + length
    const rest = this.#chunks[0]?.subarray(PREFIX + length)
    this.#chunks = [...(rest === undefined || rest.length === 0 ? [] : [rest]), ...this.#chunks.slice(1)]
    return whole.subarray(PREFIX, PREFIX + length)
  }

  /** The first bytes, in one piece. */
  #head(length: number): Buffer {
    let first = this.#chunks[0] ?? Buffer.alloc(0)
    if (first.length < length) {
      let end = 0
      for (let size = 0; size < length; end += 1) size += this.#chunks[end]?.length ?? length
      first = Buffer.concat(this.#chunks.slice(0, end))
      this.#chunks = [first, ...this.#chunks.slice(end)]
    }
    return first
  }
}
