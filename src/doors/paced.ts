/**
 * A worker's connection, whose bytes are handed on a piece at a time, each in a turn of the worker's: what a piece holds (thousands of
 * requests, or of chunks of a body with one byte each) is work on the one thread, and Node reads all of a piece in one go.
 */
import type { Socket, Server } from 'node:net'
import { Duplex } from 'node:stream'
import type { Share } from '../schedule/scheduler.ts'

/** Bytes of a piece: a few milliseconds of work at most, and nearly any request as a whole. */
const PIECE = 8 * 2 ** 10
/** Of one behind pieces that were no work, as those of a body are. */
const LARGEST_PIECE = 64 * 2 ** 10
/** Milliseconds from which on a piece was work. */
const WORK = 0.5

/** Has all connections of an HTTP server read in turns. To be called before anything else listens for its connections. */
export function readInTurns(server: Server, share: () => Share): void {
  const [serve] = server.listeners('connection')
  if (serve === undefined) throw new TypeError('an HTTP server listens for its connections')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => Reflect.apply(serve, server, [new Paced(socket, share())]))
}

/**
 * Whose turns the bytes of a connection are read in: what is asked for there goes on in the same.
 * @throws {TypeError} for one that is not read in turns
 */
export function shareOf(socket: Duplex): Share {
  if (socket instanceof Paced) return socket.share
  throw new TypeError('a connection is read in turns')
}

type Done = (cause?: Error | null) => void

interface Chunk {
  readonly chunk: Buffer | string
  readonly encoding: BufferEncoding
}

class Paced extends Duplex {
  readonly #socket: Socket
  readonly share: Share
  #held: Buffer = NOTHING
  /** Bytes of the next piece. */
  #size = PIECE
  /** Whether whoever reads has room for more. */
  #isWanted = false
  #isWaiting = false
  #isEnded = false
  readonly #goOnLater = (): void => this.#goOn()

  constructor(socket: Socket, share: Share) {
    // Of a body that nobody reads, as much is kept as this says (node:http takes it over), in chunks as small as they came.
    const writableHighWaterMark = socket.writableHighWaterMark
    super({ readableHighWaterMark: PIECE, writableHighWaterMark, decodeStrings: false })
    this.#socket = socket
    this.share = share
    socket.on('data', (bytes: Buffer) => {
      this.#held = bytes
      this.#handOn()
      if (this.#isFull()) socket.pause()
    })
    // It can come while a piece waits, as no more is to be read than what is held.
    socket.on('end', () => {
      this.#isEnded = true
      if (this.#held.length === 0) this.push(null)
    })
    socket.on('error', (cause) => this.destroy(cause))
    socket.on('close', () => this.destroy())
    socket.on('timeout', () => this.emit('timeout'))
  }

  /** For node:http, which lets idle connections go by it. */
  setTimeout(time: number): this {
    this.#socket.setTimeout(time)
    return this
  }

  /** For node:http: closes both directions once all is written, whether or not the client closes its own. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  override _read(): void {
    this.#isWanted = true
    // What is pushed within this call is handed on later, when the turn is over.
    process.nextTick(this.#goOnLater)
  }

  // The head of an answer comes as text, which a socket writes as it is.
  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    this.#socket.write(chunk, encoding, done)
  }

  override _writev(all: readonly Chunk[], done: Done): void {
    const last = all.length - 1
    this.#socket.cork()
    for (const [at, { chunk, encoding }] of all.entries())
      this.#socket.write(chunk, encoding, at === last ? done : undefined)
    this.#socket.uncork()
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(cause: Error | null, done: (cause: Error | null) => void): void {
    this.#socket.destroy()
    done(cause)
  }

  #isFull(): boolean {
    return !this.#isWanted || this.#held.length > 0
  }

  #goOn(): void {
    this.#handOn()
    if (!this.#isFull() && this.#socket.isPaused()) this.#socket.resume()
  }

  #handOn(): void {
    while (this.#isWanted && this.#held.length > 0 && !this.#isWaiting && !this.destroyed) {
      const turn = this.share.turn()
      if (turn === undefined) {
        this.#pushPiece()
        continue
      }
      this.#isWaiting = true
      void turn.then(() => {
        this.#isWaiting = false
        if (this.destroyed || !this.#isWanted) return
        this.#pushPiece()
        this.#goOn()
      })
    }
  }

  #pushPiece(): void {
    const piece = this.#held.subarray(0, this.#size)
    this.#held = this.#held.subarray(this.#size)
    const begun = performance.now()
    this.#isWanted = this.push(piece)
    const isWork = performance.now() - begun > WORK
    this.#size = isWork ? PIECE : Math.min(this.#size * 2, LARGEST_PIECE)
    if (this.#isEnded && this.#held.length === 0) this.push(null)
  }
}

const NOTHING = Buffer.alloc(0)
