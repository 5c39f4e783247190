/** Replies onto the worker's connection: whole, streamed, or the connection itself. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, type Duplex } from 'node:stream'
import type { Hijacked } from '../engine/engine.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import { STATUS_CODES } from '../http/http.ts'
import { relieve } from '../schedule/collect-garbage.ts'

/** Sends a reply that is not a connection. */
export function sendReply(reply: Reply, response: ServerResponse): void {
  if (reply.kind === 'hijacked') throw new TypeError('a connection is not sent as a response')
  if (response.destroyed) {
    if (reply.kind === 'stream') reply.body.destroy()
    return
  }
  response.sendDate = false
  if (reply.kind === 'whole') {
    const length =
      reply.status === 204 || reply.status === 304 ? {} : { 'Content-Length': Buffer.byteLength(reply.body) }
    response.writeHead(reply.status, { ...reply.headers, ...length }).end(reply.body)
    return
  }
  response.writeHead(reply.status, reply.headers)
  // `wait` and `logs -f` say that they have begun long before there is anything to say.
  response.flushHeaders()
  // Either side may go away at any time; both are closed then, and nobody is left to be told.
  relieve(reply.body)
  pipeline(reply.body, response, () => undefined)
}

/** Answers a request for the connection: with the connection, or with why not. @param head what came behind the request */
export function sendUpgraded(reply: Reply, head: Buffer, client: Duplex): void {
  if (reply.kind === 'hijacked') {
    const { connection } = reply
    client.write(handshake(reply))
    if (connection.head.length > 0) client.write(connection.head)
    if (head.length > 0) connection.socket.write(head)
    join(client, connection.socket)
    return
  }
  if (reply.kind === 'stream') reply.body.destroy()
  const { status, headers, body } = reply.kind === 'whole' ? reply : unexpected()
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const start = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  client.end(
    Buffer.concat([
      Buffer.from(
        `${start}${lines.join('')}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`,
      ),
      Buffer.from(body),
    ]),
  )
  // Nobody reads from it any more: what it says is thrown away, so that its end is seen.
  client.resume()
}

/** The head that gives the connection away, made here. */
function handshake({ connection, webSocketKey }: Extract<Reply, { kind: 'hijacked' }>): string {
  const lines =
    webSocketKey === undefined
      ? ['HTTP/1.1 101 UPGRADED', `Content-Type: ${contentType(connection)}`, 'Upgrade: tcp']
      : [
          'HTTP/1.1 101 Switching Protocols',
          'Upgrade: websocket',
          `Sec-WebSocket-Accept: ${acceptOf(webSocketKey)}`,
        ]
  return `${[...lines, 'Connection: Upgrade'].join('\r\n')}\r\n\r\n`
}

/** What proves that a key was read as one of a WebSocket (RFC 6455, 4.2.2). */
function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
}

function unexpected(): Extract<Reply, { kind: 'whole' }> {
  const reply = errorReply(502, 'the engine did not hand over the connection')
  if (reply.kind !== 'whole') throw new TypeError('an error is a whole reply')
  return reply
}

/** A connection for a client that did not ask for it by Upgrade: the answer goes on until the container ends. */
export function sendHijacked(connection: Hijacked, request: IncomingMessage, response: ServerResponse): void {
  const { socket, head } = connection
  // Unframed, as engines answer: readers take the raw bytes until the end.
  response.useChunkedEncodingByDefault = false
  response.shouldKeepAlive = false
  response.sendDate = false
  response.writeHead(200, { 'Content-Type': contentType(connection) })
  response.flushHeaders()
  if (head.length > 0) response.write(head)
  if (request.headers['transfer-encoding'] !== undefined) pipeline(request, socket, () => undefined)
  relieve(socket)
  pipeline(socket, response, () => socket.destroy())
}

/** Joins two connections, each side's end passed on by itself, so that stdin can end before stdout does. */
function join(client: Duplex, engine: Duplex): void {
  // It may have been ended while the answer was on its way here.
  if (engine.destroyed) client.end()
  engine.on('error', () => engine.destroy())
  client.on('close', () => engine.destroy())
  engine.on('close', () => client.end())
  relieve(client)
  relieve(engine)
  client.pipe(engine)
  engine.pipe(client)
}

function contentType({ contentType: type }: Hijacked): string {
  return type ?? 'application/vnd.docker.raw-stream'
}

/** Answers what is not HTTP, too large or too slow, and closes. */
export function refuseConnection(socket: Duplex, error: Error): void {
  const code = 'code' in error ? String(error.code) : ''
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[code] ?? 400
  if (!socket.writable || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const body = JSON.stringify({
    message: `dockgate: ${STATUS_CODES[status]}: this is not a request that it can read`,
  })
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  socket.end(`${head}Connection: close\r\n\r\n${body}`)
  // A client that keeps sending is cut off.
  setTimeout(() => socket.destroy(), 1_000).unref()
}
