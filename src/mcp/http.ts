/** MCP over HTTP, in the worker's own process: Node's requests to the SDK's handler, behind the guard. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  createMcpHandler,
  isInitializeRequest,
  isJsonContentType,
  isLegacyRequest,
} from '@modelcontextprotocol/server'
import { createServer } from '../http/http.ts'
import { BodyTooLarge, BodyTooSlow, drain, readBody } from '../http/body.ts'
import type { Door } from './call.ts'
import { reject, type Lock } from './guard.ts'
import { createMcpServer } from './server.ts'
import { Sessions } from './sessions.ts'

const LARGEST_BODY = 2 ** 20
/** Milliseconds for all of a request. */
const REQUEST_TIME = 30_000
const HEAD_TIME = 10_000
const HEAD_SIZE = 16 * 2 ** 10
const MOST_CONNECTIONS = 64

/** An HTTP server that listens nowhere yet. @param lock what opens it */
export function createMcpHttp(door: Door, version: string, lock: Lock): Server {
  const handler = createMcpHandler(() => createMcpServer(door, version), { maxRequestBodySize: LARGEST_BODY })
  const sessions = new Sessions(() => createMcpServer(door, version), LARGEST_BODY)
  const handle = async (web: Request): Promise<Response> =>
    (await opensSession(web)) ? sessions.handle(web) : handler.fetch(web)
  const server = createServer({
    maxHeaderSize: HEAD_SIZE,
    headersTimeout: HEAD_TIME,
    requestTimeout: REQUEST_TIME,
    connectionsCheckingInterval: 1_000,
  })
  server.maxConnections = MOST_CONNECTIONS
  server.on('request', (request, response) => {
    serve(handle, lock, request, response).catch((cause: unknown) => {
      // Who went away needs no answer. (A request that was read to its end counts as destroyed.)
      if (response.destroyed) return
      process.emitWarning(cause instanceof Error ? cause : new Error(String(cause)))
      if (response.headersSent) response.destroy()
      else answer(response, 500, 'dockgate failed at this request')
    })
  })
  return server
}

async function serve(
  handle: (request: Request) => Promise<Response>,
  lock: Lock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host, origin, authorization } = request.headers
  const rejected = reject({ host, origin, authorization }, lock)
  if (rejected !== undefined) {
    if (rejected.challenge !== undefined) response.setHeader('WWW-Authenticate', rejected.challenge)
    answer(response, rejected.status, rejected.message)
    return
  }
  if (request.url !== '/mcp') {
    answer(response, 404, 'there is /mcp')
    return
  }
  const body = await readBody(request, LARGEST_BODY).catch((cause: unknown) => {
    if (!(cause instanceof BodyTooLarge || cause instanceof BodyTooSlow)) throw cause
    answer(response, cause instanceof BodyTooLarge ? 413 : 408, cause.message)
    drain(request)
  })
  if (body === undefined) return
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  await send(await handle(asWeb(request, body, gone.signal)), response)
}

/** True for a request in a session, or for one. What else clients of before 2026 send is answered by itself. */
async function opensSession(web: Request): Promise<boolean> {
  if (web.headers.has('mcp-session-id')) return true
  if (
    web.method !== 'POST' ||
    !isJsonContentType(web.headers.get('content-type')) ||
    !(await isLegacyRequest(web.clone()))
  )
    return false
  return isInitializeRequest(
    await web
      .clone()
      .json()
      .catch(() => undefined),
  )
}

function asWeb({ method = '', headers }: IncomingMessage, body: Uint8Array, signal: AbortSignal): Request {
  const pairs = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined || name === 'authorization' ? [] : [[name, String(value)]],
  )
  const init = { method, headers: pairs, signal }
  const hasNone = method === 'GET' || method === 'HEAD'
  return new Request('http://127.0.0.1/mcp', hasNone ? init : { ...init, body: Uint8Array.from(body) })
}

async function send(from: Response, response: ServerResponse): Promise<void> {
  response.writeHead(from.status, Object.fromEntries(from.headers))
  if (from.body === null) {
    response.end()
    return
  }
  response.flushHeaders()
  await pipeline(Readable.fromWeb(from.body), response)
}

function answer(response: ServerResponse, status: number, message: string): void {
  const error = { jsonrpc: '2.0', id: null, error: { code: -32_000, message } }
  response
    .writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' })
    .end(JSON.stringify(error))
}
