/** Reading of request bodies that are decoded: whole, within limits. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Bytes of a JSON body. None that is larger could be let through: of all that a container may be told, 320 KiB are kept. */
const LARGEST = 2 ** 20
/** Milliseconds for all of it. */
const LONGEST = 30_000
/** Milliseconds that the rest of an unread body is thrown away, so that its sender sees the answer. */
const DRAIN_TIME = 10_000

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

export class BodyTooSlow extends Error {
  override readonly name = 'BodyTooSlow'
}

/**
 * The body of a request. Where it is not read to its end, nothing more of it comes until somebody drains it.
 * @param largest bytes
 * @param longest milliseconds
 * @throws {BodyTooLarge | BodyTooSlow} and what the connection throws when it breaks
 */
export function readBody(
  request: IncomingMessage,
  largest = LARGEST,
  longest = LONGEST,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const body = new Gathered()
    const timer = setTimeout(
      () => finish(() => reject(new BodyTooSlow(`the body did not arrive within ${longest / 1000} s`))),
      longest,
    )
    const finish = (done: () => void): void => {
      clearTimeout(timer)
      request.removeListener('data', take)
      request.pause()
      done()
    }
    const take = (chunk: Buffer): void => {
      if (body.size + chunk.length <= largest) body.add(chunk)
      else finish(() => reject(new BodyTooLarge(`the body is larger than ${largest} bytes`)))
    }
    request.on('data', take)
    request.once('end', () => finish(() => resolve(body.whole())))
    request.once('error', (cause) => finish(() => reject(cause)))
    request.once('close', () => {
      // An error is made only where there is one: it costs more than reading a short body.
      if (!request.readableEnded) finish(() => reject(new Error('the client went away')))
    })
  })
}

/** Chunks put together as they come: each is an object, and a body may come in as many as it has bytes. */
class Gathered {
  size = 0
  #room: Buffer = NOTHING

  add(chunk: Buffer): void {
    // A body that comes in one chunk, as nearly all do, is taken as it is.
    if (this.size === 0) this.#room = chunk
    else {
      const size = this.size + chunk.length
      if (size > this.#room.length) this.#room = grown(this.#room, size)
      chunk.copy(this.#room, this.size)
    }
    this.size += chunk.length
  }

  whole(): Buffer {
    return this.#room.subarray(0, this.size)
  }
}

function grown(room: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(2 * size)
  room.copy(larger)
  return larger
}

const NOTHING = Buffer.alloc(0)

/** What follows a head on a connection, until there is enough of it. @throws {BodyTooSlow} or that the client went away */
export function readStart(connection: Duplex, head: Buffer, length: number): Promise<Buffer> {
  if (head.length >= length) return Promise.resolve(head)
  return new Promise((resolve, reject) => {
    let start = head
    const finish = (done: () => void): void => {
      clearTimeout(timer)
      connection.removeListener('data', take)
      connection.removeListener('close', leave)
      connection.pause()
      done()
    }
    const take = (chunk: Buffer): void => {
      start = Buffer.concat([start, chunk])
      if (start.length >= length) finish(() => resolve(start))
    }
    const leave = (): void => finish(() => reject(new Error('the client went away')))
    const timer = setTimeout(() => finish(() => reject(new BodyTooSlow('the body did not arrive'))), LONGEST)
    connection.on('data', take)
    connection.once('close', leave)
  })
}

/**
 * Throws away what is left of a body that nobody reads any more; then the connection is cut.
 * @param time milliseconds
 */
export function drain(request: IncomingMessage, time = DRAIN_TIME): void {
  if (request.readableEnded || request.destroyed) return
  request.unpipe().resume()
  const timer = setTimeout(() => request.destroy(), time)
  timer.unref()
  request.once('end', () => clearTimeout(timer))
  request.once('close', () => clearTimeout(timer))
}
