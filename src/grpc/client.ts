/** The side of a connection that calls. */
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { SETTINGS, WINDOW } from './settings.ts'
import type { Budget } from './framing.ts'
import { CODE, endOf, GrpcError } from './status.ts'
import { MessageStream } from './stream.ts'

/** Names and values, in order, as they stand on the wire: a name may be there more than once. */
export type Metadata = readonly (readonly [string, string])[]

/** A call under way. */
export interface OutgoingCall {
  readonly messages: MessageStream
  /** Nothing more is said. */
  end(): void
  /** Gives it up. */
  cancel(): void
  /** How it ended: undefined for a good end. To be asked once its messages are read to the end. */
  ended(): Promise<GrpcError | undefined>
}

/** What answers calls at the other end of a connection. */
export class GrpcClient {
  readonly #session: ClientHttp2Session

  readonly #budget: Budget | undefined

  /** @param budget of what the other side says; default an engine's */
  constructor(connection: Duplex, budget?: Budget) {
    this.#budget = budget
    this.#session = connect('http://localhost', { createConnection: () => connection, settings: SETTINGS })
    this.#session.on('error', () => this.#session.destroy())
    this.#session.once('connect', () => {
      if (!this.isClosed) this.#session.setLocalWindowSize(WINDOW)
    })
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed
  }

  whenClosed(then: () => void): void {
    if (this.isClosed) then()
    else this.#session.once('close', then)
  }

  /** @param path `/moby.buildkit.v1.Control/Solve` @throws {GrpcError} where the connection is gone */
  call(path: string, metadata: Metadata = []): OutgoingCall {
    if (this.isClosed) throw new GrpcError(CODE.unavailable, 'the other side has gone')
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headersOf(metadata),
    })
    const ended = endOfStream(stream)
    return {
      messages: new MessageStream(stream, this.#budget),
      end: () => void stream.end(),
      cancel: () => stream.close(CANCEL),
      ended: () => ended,
    }
  }

  close(): void {
    this.#session.destroy()
  }
}

/** Error code of a stream that is not wanted any more (RFC 9113, 7). */
const CANCEL = 8

function headersOf(metadata: Metadata): Readonly<Record<string, readonly string[]>> {
  const headers = new Map<string, string[]>()
  for (const [name, value] of metadata) headers.set(name, [...(headers.get(name) ?? []), value])
  return Object.fromEntries(headers)
}

function endOfStream(stream: ClientHttp2Stream): Promise<GrpcError | undefined> {
  return new Promise((resolve) => {
    // An answer without messages has all in its head.
    stream.once('response', (headers) => {
      if ('grpc-status' in headers) resolve(endOf(headers))
      else if (headers[':status'] !== 200)
        resolve(new GrpcError(CODE.unavailable, `the other side answers ${headers[':status']}`))
    })
    stream.once('trailers', (trailers) => resolve(endOf(trailers)))
    // What comes after trailers counts for nothing any more.
    stream.once('error', (cause) => resolve(new GrpcError(CODE.unavailable, cause.message)))
    stream.once('close', () => resolve(new GrpcError(CODE.unavailable, 'the other side broke off')))
  })
}

/** The one message of an answer. @throws {GrpcError} by how the call ended */
export async function answerOf(call: OutgoingCall): Promise<Buffer> {
  const message = await call.messages.next()
  call.messages.drain()
  const failed = await call.ended()
  if (failed !== undefined) throw failed
  if (message === undefined) throw new GrpcError(CODE.internal, 'the other side answered nothing')
  return message
}
