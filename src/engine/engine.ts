/** The engine behind the gate: sends encoded requests over its socket and hands back answers as they arrive. */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { pipeline, type Duplex, type Readable } from 'node:stream'
import { requireEncoded, type EncodedRequest } from './encoded.ts'
import type { Until } from '../shared/ending.ts'
import { Agent, request as httpRequest } from '../http/http.ts'

/** The engine can't be reached, or broke off before it answered. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable'
}

/** A request was given up before any of it went out. */
export class NotSent extends Error {
  override readonly name = 'NotSent'
}

/** A connection that the engine has handed over. */
export interface Hijacked {
  readonly socket: Duplex
  /** What had already arrived behind the head. */
  readonly head: Buffer
  readonly contentType: string | undefined
}

export type Upgraded = { readonly hijacked: Hijacked } | { readonly refused: IncomingMessage }

const CONNECT_LIMIT = 5_000
/** For the body of an answer that is read whole: engines send one when it is ready. */
const WHOLE_LIMIT = 60_000
const IDLE_CONNECTIONS = 32

export class Engine {
  readonly #socketPath: string
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS, scheduling: 'lifo' })

  /** @param url `unix:///var/run/docker.sock` */
  constructor(url: string) {
    this.#socketPath = socketPathOf(url)
  }

  /**
   * Sends a request; resolves with the head of the answer, whose body is then read from it.
   * @param limit milliseconds until the head must have come; undefined for calls that wait for something
   * @param until ends the request, for a client that went away
   * @param content the body where it is a stream
   * @param mayGo is asked at the moment in which the request is put on the wire
   * @throws {EngineUnavailable | NotSent}
   */
  send(
    encoded: EncodedRequest,
    limit: number | undefined,
    until?: Until,
    content?: Readable,
    mayGo: () => boolean = always,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = this.#request(encoded, until, reject, mayGo, () => {
        if (encoded.body !== 'stream') request.end(encoded.body)
        // An engine may answer before it has read everything; what is left is then nobody's.
        else if (content !== undefined) pipeline(content, request, () => undefined)
      })
      if (limit !== undefined) {
        const timer = setTimeout(
          () => request.destroy(new Error(`no answer within ${limit / 1000} s`)),
          limit,
        )
        request.once('close', () => clearTimeout(timer))
        request.once('response', () => clearTimeout(timer))
      }
      onAnswer(request, resolve)
    })
  }

  /** Sends a request that asks for the connection itself. @param mayGo as of `send` @throws {EngineUnavailable | NotSent} */
  upgrade(encoded: EncodedRequest, until?: Until, mayGo: () => boolean = always): Promise<Upgraded> {
    return new Promise((resolve, reject) => {
      const request = this.#request(encoded, until, reject, mayGo, () =>
        request.end(encoded.body === 'stream' ? undefined : encoded.body),
      )
      request.once('upgrade', (response, socket, head) => {
        resolve({ hijacked: { socket, head, contentType: response.headers['content-type'] } })
      })
      onAnswer(request, (refused) => resolve({ refused }))
    })
  }

  /** @param write sends head and body; called in the very step in which `mayGo` said yes */
  #request(
    encoded: EncodedRequest,
    until: Until | undefined,
    reject: (error: Error) => void,
    mayGo: () => boolean,
    write: () => void,
  ): ClientRequest {
    requireEncoded(encoded)
    const request = httpRequest({
      agent: this.#agent,
      socketPath: this.#socketPath,
      method: encoded.method,
      path: encoded.path,
      headers: { Host: 'docker', ...encoded.headers },
    })
    if (until !== undefined) {
      const end = (): void => void request.destroy(new Error('the client went away'))
      if (until.isOver) end()
      request.once('close', until.whenOver(end))
    }
    const go = (): void => {
      if (mayGo()) write()
      else request.destroy(new NotSent('it was given up'))
    }
    request.once('socket', (socket) => {
      if (!socket.connecting) return go()
      socket.setTimeout(
        CONNECT_LIMIT,
        () => socket.connecting && socket.destroy(new Error('no connection within 5 s')),
      )
      socket.once('connect', () => {
        socket.setTimeout(0)
        go()
      })
    })
    // Where the engine's socket lies is no worker's business.
    const fail = (cause?: unknown): void => {
      if (cause instanceof NotSent) return reject(cause)
      reject(
        new EngineUnavailable('the Docker engine behind dockgate does not answer, or broke off', { cause }),
      )
    }
    request.on('error', fail)
    let isAnswered = false
    request.once('response', ({ statusCode }) => (isAnswered = statusCode !== SWITCHING))
    // Also without an error: so Node ends a request that is answered by a 101 which it did not ask for.
    request.once('close', () => {
      if (!isAnswered) fail()
    })
    return request
  }

  /** Closes the connections that are kept for later. */
  close(): void {
    this.#agent.destroy()
  }
}

function always(): boolean {
  return true
}

/** Switching Protocols (RFC 9110, 15.2.2). */
const SWITCHING = 101

/** Node passes over interim answers (1xx) but takes a 101 without its headers for the answer itself. */
function onAnswer(request: ClientRequest, take: (answer: IncomingMessage) => void): void {
  request.once('response', (answer) => {
    if (answer.statusCode === SWITCHING) request.destroy()
    else take(answer)
  })
}

/** The path in `unix:///path`. @throws {RangeError} for any other address */
function socketPathOf(url: string): string {
  const path = /^unix:\/\/(\/[^?#]+)$/.exec(url)?.[1]
  if (path === undefined)
    throw new RangeError(`${url} is not an engine address; write unix:///var/run/docker.sock`)
  return path
}

/**
 * Reads an answer whole.
 * @param most bytes that it may have
 * @param limit milliseconds until it must have come
 * @throws {EngineUnavailable} if it breaks off, is larger or takes longer
 */
export function readWhole(stream: IncomingMessage, most: number, limit = WHOLE_LIMIT): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => stream.destroy(new Error(`it took more than ${limit / 1000} s`)), limit)
    const fail = (why: string): void => reject(new EngineUnavailable(`the engine's answer broke off: ${why}`))
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= most) chunks.push(chunk)
      else stream.destroy(new Error(`it is larger than ${most} bytes`))
    })
    stream.once('end', () => resolve(Buffer.concat(chunks)))
    stream.once('error', (cause) => fail(cause.message))
    stream.once('close', () => {
      clearTimeout(timer)
      if (!stream.readableEnded) fail('the connection was closed')
    })
  })
}
