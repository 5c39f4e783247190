/** The engine behind the gate: sends encoded requests over its socket and hands back answers as they arrive. */
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { pipeline, type Duplex, type Readable } from 'node:stream'
import type { EncodedRequest } from '../rewrite/encoded.ts'

/** The engine can't be reached, or broke off before it answered. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable'
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
   * @param signal ends the request, for a client that went away
   * @param content the body where it is a stream
   * @throws {EngineUnavailable}
   */
  send(
    encoded: EncodedRequest,
    limit: number | undefined,
    signal?: AbortSignal,
    content?: Readable,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = this.#request(encoded, signal, reject)
      if (limit !== undefined) {
        const timer = setTimeout(
          () => request.destroy(new Error(`no answer within ${limit / 1000} s`)),
          limit,
        )
        request.once('close', () => clearTimeout(timer))
        request.once('response', () => clearTimeout(timer))
      }
      request.once('response', resolve)
      if (encoded.body !== 'stream') request.end(encoded.body)
      // An engine may answer before it has read everything; what is left is then nobody's.
      else if (content !== undefined) pipeline(content, request, () => undefined)
    })
  }

  /** Sends a request that asks for the connection itself. @throws {EngineUnavailable} */
  upgrade(encoded: EncodedRequest, signal?: AbortSignal): Promise<Upgraded> {
    return new Promise((resolve, reject) => {
      const request = this.#request(encoded, signal, reject)
      request.once('upgrade', (response, socket, head) => {
        resolve({ hijacked: { socket, head, contentType: response.headers['content-type'] } })
      })
      request.once('response', (response) => resolve({ refused: response }))
      request.end(encoded.body === 'stream' ? undefined : encoded.body)
    })
  }

  #request(
    encoded: EncodedRequest,
    signal: AbortSignal | undefined,
    reject: (error: Error) => void,
  ): ClientRequest {
    const request = httpRequest({
      agent: this.#agent,
      socketPath: this.#socketPath,
      method: encoded.method,
      path: encoded.path,
      headers: { Host: 'docker', ...encoded.headers },
      ...(signal === undefined ? {} : { signal }),
    })
    request.once('socket', (socket) => {
      if (!socket.connecting) return
      socket.setTimeout(
        CONNECT_LIMIT,
        () => socket.connecting && socket.destroy(new Error('no connection within 5 s')),
      )
      socket.once('connect', () => socket.setTimeout(0))
    })
    request.on('error', (cause) => {
      reject(
        new EngineUnavailable(`the engine at ${this.#socketPath} does not answer: ${cause.message}`, {
          cause,
        }),
      )
    })
    return request
  }

  /** Closes the connections that are kept for later. */
  close(): void {
    this.#agent.destroy()
  }
}

/** The path in `unix:///path`. @throws {RangeError} for any other address */
function socketPathOf(url: string): string {
  const path = /^unix:\/\/(\/[^?#]+)$/.exec(url)?.[1]
  if (path === undefined)
    throw new RangeError(`${url} is no engine address; write unix:///var/run/docker.sock`)
  return path
}

/** Reads an answer whole. @param most bytes that it may have. @throws {EngineUnavailable} if it breaks off or is larger */
export async function readWhole(stream: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Buffer)) throw new TypeError('an answer is read as bytes')
      size += chunk.length
      if (size > most) throw new Error(`the answer is larger than ${most} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new EngineUnavailable(
      `the engine's answer broke off: ${cause instanceof Error ? cause.message : 'unknown'}`,
      { cause },
    )
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
