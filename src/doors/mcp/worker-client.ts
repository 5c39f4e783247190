/** Requests to the worker's surface over its socket. */
import type { IncomingMessage } from 'node:http'
import { request } from '../../shared/http.ts'

/** Bytes of one answer. */
const LARGEST = 4 * 2 ** 20
/** Milliseconds until an answer begins: a diagnostic runs before it. */
const TIMEOUT = 60_000

/** The gate did not do it. The message is for the caller. */
class SurfaceError extends Error {
  override readonly name = 'SurfaceError'
}

export interface Posted {
  /** The answer's first line, as JSON. */
  readonly first: unknown
  /** Lets go of the response, which may still be open. */
  readonly end: () => void
}

export class WorkerClient {
  readonly #socket: string

  constructor(socket: string) {
    this.#socket = socket
  }

  /** @throws {SurfaceError} */
  async get(path: string): Promise<unknown> {
    const response = await this.#ask('GET', path, undefined, undefined)
    const text = await read(response, (all) => all.length > LARGEST)
    return parse(response, text)
  }

  /** Posts, and reads the first line of the answer, which may stay open. @throws {SurfaceError} */
  async post(path: string, body: object, signal: AbortSignal): Promise<Posted> {
    const response = await this.#ask('POST', path, JSON.stringify(body), signal)
    const text = await read(response, (all) => all.includes('\n') || all.length > LARGEST)
    response.resume()
    return { first: parse(response, text), end: () => response.destroy() }
  }

  #ask(
    method: string,
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers =
        body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
      const fail = (cause: Error): void =>
        reject(new SurfaceError(`the gate does not answer at ${this.#socket}: ${cause.message}`, { cause }))
      const asked = request({
        socketPath: this.#socket,
        method,
        path,
        headers: { Host: 'dockgate', ...headers },
        agent: false,
      })
      const stop = (): void => void asked.destroy(new Error('cancelled'))
      signal?.addEventListener('abort', stop, { once: true })
      asked.setTimeout(TIMEOUT, () => asked.destroy(new Error('it takes too long')))
      asked.once('error', fail)
      asked.once('response', (response) => {
        signal?.removeEventListener('abort', stop)
        // What is held open may be silent for as long as its command runs.
        asked.setTimeout(0)
        resolve(response)
      })
      asked.end(body)
    })
  }
}

function read(response: IncomingMessage, isEnough: (all: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let all = ''
    response.setEncoding('utf8')
    const take = (chunk: string): void => {
      all += chunk
      if (isEnough(all)) finish()
    }
    const finish = (): void => {
      response.removeListener('data', take)
      resolve(all)
    }
    response.on('data', take)
    response.once('end', finish)
    response.on('error', (cause) =>
      reject(new SurfaceError(`the gate broke off: ${cause.message}`, { cause })),
    )
  })
}

function parse({ statusCode = 0 }: IncomingMessage, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text.split('\n')[0] ?? '')
    if (statusCode === 200) return value
    const message =
      typeof value === 'object' && value !== null && 'message' in value ? String(value.message) : text
    throw new SurfaceError(message)
  } catch (cause) {
    if (cause instanceof SurfaceError) throw cause
    throw new SurfaceError(`the gate answered ${statusCode}, and nothing that can be read`, { cause })
  }
}
