/** The side of a connection that answers calls. */
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Metadata } from './client.ts'
import type { Budget } from './framing.ts'
import { SETTINGS, WINDOW } from './settings.ts'
import { CODE, GrpcError, trailersOf } from './status.ts'
import { MessageStream } from './stream.ts'

/** Answers a call: it ends well, or by what is thrown. @throws {GrpcError} */
type Answer = (call: IncomingCall) => Promise<void>

/**
 * Answers the calls of a connection that the other side has opened.
 * @param failed is told of what is thrown else: the caller hears that the gate failed
 * @param budget of what the other side says; default an engine's
 */
export function serveGrpc(
  connection: Duplex,
  answer: Answer,
  failed: (cause: unknown) => void,
  budget?: Budget,
): ServerHttp2Session {
  const session = performServerHandshake(connection, { settings: SETTINGS })
  session.on('error', () => session.destroy())
  session.once('close', () => connection.destroy())
  if (!session.destroyed) session.setLocalWindowSize(WINDOW)
  session.on('stream', (stream, headers, _flags, rawHeaders) => {
    stream.on('error', () => stream.close())
    const path = headers[':path']
    if (headers[':method'] !== 'POST' || path === undefined || !isGrpc(headers['content-type'])) {
      if (isOpen(stream)) stream.respond({ ':status': 415 }, { endStream: true })
      return
    }
    const call = new IncomingCall(stream, path, metadataOf(rawHeaders), budget)
    answer(call).then(
      () => call.end(),
      (cause: unknown) => {
        if (cause instanceof GrpcError) return call.end(cause)
        failed(cause)
        call.end(
          new GrpcError(CODE.internal, 'dockgate failed at this call; whether it was done is not known'),
        )
      },
    )
  })
  return session
}

/** The caller can give up at any moment: then nothing can be said any more. */
function isOpen(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed
}

function isGrpc(type: string | undefined): boolean {
  return type === 'application/grpc' || type === 'application/grpc+proto'
}

/** What a call says beside its messages: what belongs to the connection is none of it. */
function metadataOf(rawHeaders: readonly string[]): Metadata {
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!name.startsWith(':') && !['te', 'content-type', 'user-agent'].includes(name))
      pairs.push([name, value])
  }
  return pairs
}

/** A call that came in. */
export class IncomingCall {
  /** `/moby.buildkit.v1.Control/Solve` */
  readonly path: string
  readonly metadata: Metadata
  readonly #stream: ServerHttp2Stream
  readonly #messages: MessageStream
  #outcome: GrpcError | undefined
  #hasBegun = false
  #hasEnded = false

  constructor(stream: ServerHttp2Stream, path: string, metadata: Metadata, budget?: Budget) {
    this.path = path
    this.metadata = metadata
    this.#stream = stream
    this.#messages = new MessageStream(stream, budget)
  }

  /** The next message; undefined where the caller says nothing more. @throws {GrpcError} for what is no message */
  next(): Promise<Buffer | undefined> {
    return this.#messages.next()
  }

  /** Sends a message; resolves when there is room for another. @throws {GrpcError} where the caller has gone */
  write(message: Buffer): Promise<void> {
    this.#begin()
    return this.#messages.write(message)
  }

  /** Is called once where the caller gives up, or goes away, before it is answered. */
  whenGone(then: () => void): void {
    if (this.#stream.destroyed) return then()
    this.#stream.once('close', () => {
      if (!this.#hasEnded) then()
    })
  }

  /** Ends it, by an error or well. */
  end(cause?: GrpcError): void {
    this.#hasEnded = true
    this.#messages.drain()
    if (!isOpen(this.#stream)) return
    if (!this.#hasBegun && cause !== undefined) {
      this.#stream.respond({ ...HEAD, ...trailersOf(cause) }, { endStream: true })
      return
    }
    this.#begin()
    this.#outcome = cause
    this.#stream.end()
  }

  #begin(): void {
    if (this.#hasBegun || !isOpen(this.#stream)) return
    this.#hasBegun = true
    this.#stream.respond(HEAD, { waitForTrailers: true })
    this.#stream.once('wantTrailers', () => {
      if (isOpen(this.#stream)) this.#stream.sendTrailers(trailersOf(this.#outcome))
    })
  }
}

const HEAD = { ':status': 200, 'content-type': 'application/grpc' }
