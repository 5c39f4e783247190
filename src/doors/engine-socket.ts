/** The Engine API door: one HTTP server for each worker's socket. It identifies by the socket, and decides nothing. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { routeOf, type Routed } from '../decode/decode.ts'
import type { IncomingRequest } from '../decode/incoming.ts'
import { bodyKindOf } from '../decode/routes/route.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import type { Gate } from '../gate.ts'
import type { Caller } from '../workers/caller.ts'
import { FailedUnderway, handle } from '../pipeline.ts'
import { Ending } from '../shared/ending.ts'
import { createServer } from '../http/http.ts'
import { BodyTooLarge, BodyTooSlow, drain, readBody, readStart } from '../http/body.ts'
import { warnOf } from '../shared/warn.ts'
import { takeOver } from './buildkit/connection.ts'
import { closeWhenLeft } from './left.ts'
import { readInTurns, shareOf } from './paced.ts'
import { isSurface, type WorkerSurface } from './surface/prefix.ts'
import { Turns } from './pipelining.ts'
import { refuseConnection, sendHijacked, sendReply, sendUpgraded } from './send.ts'

/** Bytes of a request's line and headers. */
const HEAD_SIZE = 64 * 2 ** 10
/** Milliseconds for a request's line and headers. */
const HEAD_TIME = 10_000
/** Milliseconds that a connection may lie idle between requests. */
const IDLE_TIME = 5 * 60_000
const CHECK_INTERVAL = 1_000

/**
 * An HTTP server for a worker. It listens nowhere yet.
 * @param connections the most at once
 * @param surface what answers below /dockgate/; without it nothing does
 */
export function createEngineDoor(
  gate: Gate,
  caller: Caller,
  connections: number,
  surface?: WorkerSurface,
): Server {
  const server = createServer({
    maxHeaderSize: HEAD_SIZE,
    headersTimeout: HEAD_TIME,
    // Bodies and answers take what they take: streams go on for hours. JSON bodies have a limit of their own.
    requestTimeout: 0,
    keepAliveTimeout: IDLE_TIME,
    connectionsCheckingInterval: CHECK_INTERVAL,
    // Any other request with an Upgrade header is an ordinary one, whose body is read as such.
    shouldUpgradeCallback: (request) => mayHijack(request),
  })
  server.maxConnections = connections
  readInTurns(server, () => gate.scheduler.share(caller.identity.name))
  server.on('connection', closeWhenLeft)
  const turns = new Turns()
  server.on('request', (request, response) => {
    turns.take(request, response, () => {
      const isOurs = surface !== undefined && isSurface(request.url)
      const served = isOurs ? surface.serve(request, response) : serve(gate, caller, request, response)
      return served.catch((cause: unknown) => {
        fail(response, cause)
        drain(request)
      })
    })
  })
  server.on('upgrade', (request, socket, head) => {
    serveUpgrade(gate, caller, request, socket, head).catch((cause: unknown) => failUpgrade(socket, cause))
  })
  server.on('clientError', (error, socket) => refuseConnection(socket, error))
  return server
}

function mayHijack(request: IncomingMessage): boolean {
  const protocol = request.headers.upgrade?.toLowerCase()
  if (protocol !== 'tcp' && protocol !== 'websocket' && protocol !== 'h2c') return false
  const routed = routeOf(request.method ?? '', request.url ?? '')
  return routed.found && routed.match.route.takesOver === protocol
}

async function serve(
  gate: Gate,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const routed = routeOf(request.method ?? '', request.url ?? '')
  const gone = new Ending()
  response.once('close', () => {
    if (!response.writableFinished) gone.end()
  })
  const body = await bodyOf(routed, request)
  const reply =
    body instanceof Uint8Array
      ? await handle({ gate, caller, gone, share: shareOf(request.socket) }, routed, incoming(request, body))
      : body
  if (reply.kind === 'hijacked') {
    sendHijacked(reply.connection, request, response)
    return
  }
  sendReply(reply, response)
  // What the engine reads may go on for as long as its answer does.
  if (reply.kind === 'stream' && bodyOfRoute(routed) === 'stream')
    response.once('finish', () => drain(request))
  else drain(request)
}

/** The body, as far as it has to be read before the decision; or the reply where it is too large or too slow. */
async function bodyOf(routed: Routed, request: IncomingMessage): Promise<Uint8Array | Reply> {
  const kind = bodyOfRoute(routed)
  // Of a plain attach, a body without a length is what the client types.
  const isStream = kind === 'hijack' && request.headers['transfer-encoding'] !== undefined
  if (kind === 'unread' || kind === 'stream' || isStream || !hasBody(request)) return NO_BODY
  try {
    return await readBody(request)
  } catch (cause) {
    if (cause instanceof BodyTooLarge) return errorReply(413, cause.message)
    if (cause instanceof BodyTooSlow) return errorReply(408, cause.message)
    throw cause
  }
}

function bodyOfRoute(routed: Routed) {
  return routed.found ? bodyKindOf(routed.match.route, routed.match.target.query) : 'unread'
}

const NO_BODY = new Uint8Array()

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

async function serveUpgrade(
  gate: Gate,
  caller: Caller,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const gone = new Ending()
  socket.once('close', () => gone.end())
  socket.on('error', () => socket.destroy())
  const routed = routeOf(request.method ?? '', request.url ?? '')
  // Node hands over a body as what follows the head, unread (its `upgrade` event): here it is cut off by its length.
  const length = Number(request.headers['content-length'] ?? '0')
  const isBuild = routed.found && routed.match.route.takesOver === 'h2c'
  // Node's own client says that a body comes in parts where there is none (dockerode).
  const isOpen = request.headers['transfer-encoding'] !== undefined && !isBuild
  if (isOpen || !(length <= LARGEST_HEAD)) {
    const why = 'an upgrade request needs a Content-Length of at most 64 KiB'
    sendUpgraded(errorReply(400, why), NO_HEAD, socket)
    return
  }
  const start = await readStart(socket, head, length)
  const asked = incoming(request, start.subarray(0, length))
  const rest = start.subarray(length)
  if (isBuild) {
    const refused = await takeOver({ gate, caller, gone }, routed, asked, socket, rest, warnOf('a build'))
    if (refused !== undefined) sendUpgraded(refused, NO_HEAD, socket)
    return
  }
  sendUpgraded(await handle({ gate, caller, gone, share: shareOf(socket) }, routed, asked), rest, socket)
}

/** Bytes of the body of an upgrade request. */
const LARGEST_HEAD = 64 * 2 ** 10
const NO_HEAD = Buffer.alloc(0)

function incoming(request: IncomingMessage, body: Uint8Array): IncomingRequest {
  return { rawHeaders: request.rawHeaders, body, content: request }
}

function fail(response: ServerResponse, cause: unknown): void {
  // A client that went away while its request was read is not a fault of anybody's.
  if (response.destroyed) return
  const reply = faultReply(cause)
  if (response.headersSent) response.destroy()
  else sendReply(reply, response)
}

function failUpgrade(socket: Duplex, cause: unknown): void {
  if (socket.destroyed) return
  const reply = cause instanceof BodyTooSlow ? errorReply(408, cause.message) : faultReply(cause)
  sendUpgraded(reply, NO_HEAD, socket)
}

/** Tells the operator of a fault of the gate, and makes the answer to it. */
function faultReply(cause: unknown): Reply {
  const isUnderway = cause instanceof FailedUnderway
  const fault = isUnderway ? cause.cause : cause
  process.emitWarning(fault instanceof Error ? fault : new Error(String(fault)))
  const done = isUnderway
    ? 'whether it was done is not known, so look before you ask again'
    : 'nothing was passed on'
  return errorReply(500, `dockgate failed at this request; ${done}`)
}
