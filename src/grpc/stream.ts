/** One call, from either side: messages that come, and messages that go, each at the pace of who reads. */
import type { Http2Stream } from 'node:http2'
import { relieve } from '../schedule/collect-garbage.ts'
import { Deframer, framed, type Budget } from './framing.ts'
import { CODE, GrpcError } from './status.ts'

/** Messages that wait to be read: more are not taken from the connection. */
const MOST_WAITING = 8

/**
 * Reads by events and not as an iterable: leaving that would destroy the stream, and with it how the call ended. A stream may also
 * be closed before it has ended, where the other side wants no more (RFC 9113, 8.1).
 */
export class MessageStream {
  readonly #stream: Http2Stream
  readonly #deframer: Deframer
  readonly #waiting: Buffer[] = []
  #wake: (() => void) | undefined
  #isOver = false
  #failed: GrpcError | undefined

  constructor(stream: Http2Stream, budget?: Budget) {
    this.#stream = stream
    this.#deframer = new Deframer(budget)
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    relieve(stream)
    stream.on('end', () => this.#end())
    stream.on('close', () => this.#end())
    stream.on('error', () => this.#end())
  }

  /** The next message; undefined where there is none any more. @throws {GrpcError} for what is no message */
  async next(): Promise<Buffer | undefined> {
    for (;;) {
      const message = this.#waiting.shift()
      if (message !== undefined) {
        if (this.#waiting.length < MOST_WAITING) this.#stream.resume()
        return message
      }
      if (this.#failed !== undefined) throw this.#failed
      if (this.#isOver) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Sends a message; resolves when there is room for another. */
  async write(message: Buffer): Promise<void> {
    const stream = this.#stream
    if (!stream.writable || stream.destroyed) throw new GrpcError(CODE.cancelled, 'the other side has gone')
    stream.cork()
    const hasRoom = framed(message)
      .map((part) => stream.write(part))
      .every(Boolean)
    stream.uncork()
    if (hasRoom || stream.destroyed) return
    await new Promise<void>((resolve) => {
      const done = (): void => {
        stream.off('drain', done)
        stream.off('close', done)
        resolve()
      }
      stream.once('drain', done)
      stream.once('close', done)
    })
  }

  /** What comes from here on is thrown away. */
  drain(): void {
    this.#isOver = true
    this.#deframer.end()
    this.#waiting.length = 0
    this.#stream.resume()
    this.#awake()
  }

  #take(chunk: Buffer): void {
    if (this.#isOver || this.#failed !== undefined) return
    try {
      this.#waiting.push(...this.#deframer.push(chunk))
    } catch (cause) {
      if (!(cause instanceof GrpcError)) throw cause
      this.#failed = cause
      this.#deframer.end()
    }
    if (this.#waiting.length >= MOST_WAITING) this.#stream.pause()
    this.#awake()
  }

  #end(): void {
    if (this.#deframer.isWithin) this.#failed ??= new GrpcError(CODE.internal, 'a message ends too early')
    this.#deframer.end()
    this.#isOver = true
    this.#awake()
  }

  #awake(): void {
    this.#wake?.()
    this.#wake = undefined
  }
}
