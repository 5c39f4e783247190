/** Messages as they stand in a stream: each behind five bytes, whether it is compressed and how long it is. */
import { CODE, GrpcError } from './status.ts'

const PREFIX = 5
/** Bytes of a message: an engine says no larger one (github.com/containerd/containerd, defaults.DefaultMaxRecvMsgSize). */
const LARGEST_MESSAGE = 16 * 2 ** 20

/** What the other side of a connection may have said that is not read yet. */
export class Budget {
  /** Bytes of one message. */
  readonly largest: number
  /** Bytes of all calls of the connection. */
  readonly #most: number
  #used = 0

  constructor(largest: number, most: number) {
    this.largest = largest
    this.#most = most
  }

  /** @throws {GrpcError} where it is too much */
  take(bytes: number): void {
    this.#used += bytes
    if (this.#used > this.#most)
      throw new GrpcError(CODE.exhausted, `more than ${this.#most} bytes of this connection wait to be read`)
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}

/** Of an engine, which is trusted. */
const OF_ENGINES = new Budget(LARGEST_MESSAGE, Infinity)

/** Of a worker: what it asks, and what it answers, where contents of files come in parts of 32 KiB (fsutil). */
export function budgetOfWorker(): Budget {
  return new Budget(2 * 2 ** 20, 16 * 2 ** 20)
}

/** A message in its frame. */
export function framed(message: Buffer): readonly Buffer[] {
  const prefix = Buffer.alloc(PREFIX)
  prefix.writeUInt32BE(message.length, 1)
  // A large one is not copied.
  return message.length < 16 * 2 ** 10 ? [Buffer.concat([prefix, message])] : [prefix, message]
}

/** Takes a stream apart. */
export class Deframer {
  readonly #budget: Budget
  #chunks: Buffer[] = []
  #size = 0

  constructor(budget = OF_ENGINES) {
    this.#budget = budget
  }

  /** The messages that are whole by these bytes. @throws {GrpcError} */
  push(chunk: Buffer): readonly Buffer[] {
    this.#budget.take(chunk.length)
    this.#chunks.push(chunk)
    this.#size += chunk.length
    const messages: Buffer[] = []
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message)
    return messages
  }

  /** Nothing more of it is read. */
  end(): void {
    this.#budget.give(this.#size)
    this.#size = 0
    this.#chunks = []
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
    const { largest } = this.#budget
    if (length > largest)
      throw new GrpcError(CODE.exhausted, `a message has ${length} bytes: ${largest} at most`)
    if (this.#size < PREFIX + length) return undefined
    const whole = this.#head(PREFIX + length)
    this.#size -= PREFIX + length
    this.#budget.give(PREFIX + length)
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
