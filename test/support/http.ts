/** HTTP over a unix socket: well formed by node:http, and raw bytes for what no client would send. */
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Socket } from 'node:net'

export interface Request {
  /** Default GET. */
  readonly method?: string
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  /** Text and bytes are sent as they are; anything else as JSON, with that content type. */
  readonly body?: unknown
}

export interface Response {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends one request to the socket at that path and reads the whole answer. */
export async function request(
  socket: string,
  { method = 'GET', path, headers, body }: Request,
): Promise<Response> {
  const isPlain = typeof body === 'string' || body instanceof Uint8Array || body === undefined
  const sent = isPlain ? body : JSON.stringify(body)
  const type = sent === body ? {} : { 'content-type': 'application/json' }
  const length = sent === undefined ? {} : { 'content-length': Buffer.byteLength(sent) }
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const outgoing = httpRequest({
    socketPath: socket,
    method,
    path,
    headers: { host: 'docker', ...type, ...length, ...headers },
    agent: false,
  })
  outgoing.on('error', reject)
  outgoing.on('response', (incoming) => {
    text(incoming).then(
      (answer) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: answer }),
      reject,
    )
  })
  outgoing.end(sent)
  return promise
}

/** Writes the bytes as they are and gives what came back (one character for each byte) until the end, or after `ms`. */
export async function raw(socket: string, bytes: string | Uint8Array, ms: number): Promise<string> {
  const connection = connect(socket)
  const received: Buffer[] = []
  connection.on('data', (chunk: Buffer) => received.push(chunk))
  connection.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  await endOf(connection, ms)
  return Buffer.concat(received).toString('latin1')
}

/** A connection that is reset while we write is an answer too: what came before it counts. */
async function endOf(connection: Socket, ms: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  connection.on('end', resolve)
  connection.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve()
    else reject(error)
  })
  try {
    await promise
  } finally {
    clearTimeout(timer)
    connection.destroy()
  }
}
