/**
 * A stand-in for Docker 29.7 (API 1.40 to 1.55): the real 28.5.2 with containerd's store, whose answers are changed to those that 29 gives by its
 * API description and source (moby, docker-v29.7.2). It was never compared with a real 29. Its `version` says what it is.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders, Server, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline, type Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { parseExact } from '../../src/filter/json-steps.ts'
import { textOf } from '../../src/shared/json-value.ts'
import { answeredAlone, rewriteOf, type Asked, type Rewrite } from './engine-29-answers.ts'
import { engineSocket } from './engine.ts'

const NEWEST = 55
/** What the real engine behind it speaks. */
const BEHIND = 51

export interface Engine29 extends AsyncDisposable {
  /** `unix:///…`, what a gate takes for the engine's address. */
  readonly url: string
  readonly socket: string
  /** Methods and targets of the requests that came. */
  readonly requests: () => readonly string[]
}

/** Starts one. @param oldest minor API version that it takes: 40 since 29.3, 44 before */
export async function startEngine29(oldest: 40 | 44 = 40): Promise<Engine29> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-engine-29-'))
  const socket = join(directory, 'docker.sock')
  const requests: string[] = []
  const open = new Set<Duplex>()
  // An engine takes longer heads than Node, and waits for a body as long as it comes.
  const server = createServer({ maxHeaderSize: 2 ** 20, requestTimeout: 0 }, (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    serve(request, response, oldest).catch((cause: unknown) =>
      response.destroy(new Error('failed', { cause })),
    )
  })
  server.on('upgrade', (request, client, head) => {
    requests.push(`${request.method} ${request.url}`)
    joined(request, client, head)
  })
  server.on('connection', (connection) => {
    open.add(connection)
    connection.once('close', () => open.delete(connection))
  })
  await listening(server, socket)
  return {
    url: `unix://${socket}`,
    socket,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      for (const connection of open) connection.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function listening(server: Server, socket: string): Promise<void> {
  return new Promise((resolve) => server.listen(socket, resolve))
}

/** What was asked for, by the newest version where the path has none. */
function askedOf({ method = '', url = '', headers }: IncomingMessage): Asked {
  const [, version, rest = ''] = /^(?:\/v([0-9.]+))?(\/.*)$/.exec(url) ?? []
  const { pathname, searchParams } = new URL(rest, 'http://engine')
  const minor = version === undefined ? NEWEST : Number(version.replace(/^1\./, ''))
  return {
    ...{ method, version: version ?? `1.${NEWEST}`, minor, path: pathname, query: searchParams },
    accept: headers.accept ?? '',
  }
}

/** Why a version is not spoken (daemon/server/middleware/version.go). */
function misfitOf({ minor, version }: Asked, oldest: number): string | undefined {
  if (minor < oldest)
    return `client version ${version} is too old. Minimum supported API version is 1.${oldest}, please upgrade your client to a newer version`
  return minor > NEWEST
    ? `client version ${version} is too new. Maximum supported API version is 1.${NEWEST}`
    : undefined
}

const HEADERS = {
  'Api-Version': `1.${NEWEST}`,
  Server: 'Docker/29.7.2 (linux)',
  Ostype: 'linux',
  'Docker-Experimental': 'false',
}

/** The target for the engine behind. */
function targetOf({ minor, path, query }: Asked): string {
  const rest = query.size === 0 ? path : `${path}?${query.toString()}`
  return `/v1.${Math.min(minor, BEHIND)}${rest}`
}

async function serve(request: IncomingMessage, response: ServerResponse, oldest: number): Promise<void> {
  const asked = askedOf(request)
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  const misfit = misfitOf(asked, oldest)
  // Below 1.24 an engine tells it as plain text (daemon/server/server.go).
  if (misfit !== undefined && asked.minor < 24) return void response.writeHead(400).end(`${misfit}\n`)
  const alone = misfit === undefined ? await answeredAlone(asked, behind) : errorOf(misfit)
  if (alone !== undefined) return send(response, alone.status, alone.body)
  const rewrite = rewriteOf(asked, behind, oldest)
  const answer = await forwarded(request, targetOf({ ...asked, query: rewrite.query ?? asked.query }))
  response.once('close', () => answer.destroy())
  await told(answer, response, answer.statusCode === 200 ? rewrite : {})
}

function errorOf(message: string): { readonly status: number; readonly body: unknown } {
  return { status: 400, body: { message } }
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}

/** The engine's answer, in the form that 29 has. */
async function told(answer: IncomingMessage, response: ServerResponse, rewrite: Rewrite): Promise<void> {
  const status = answer.statusCode ?? 502
  const { 'content-length': length, 'transfer-encoding': _coding, ...others } = answer.headers
  const kept = Object.fromEntries(Object.entries(others).filter(([name]) => !(name in LOWER)))
  if (rewrite.whole !== undefined) {
    const body = await rewrite.whole(parseExact(await text(answer)))
    return send(response, status, body, kept)
  }
  const type = rewrite.type === undefined ? {} : { 'Content-Type': rewrite.type }
  const sized = rewrite.stream === undefined && length !== undefined ? { 'Content-Length': length } : {}
  response.writeHead(status, { ...kept, ...type, ...sized })
  response.flushHeaders()
  const ended = (): void => undefined
  if (rewrite.stream === undefined) pipeline(answer, response, ended)
  else pipeline(answer, rewrite.stream(textOf(answer.headers['content-type'])), response, ended)
}

const LOWER = Object.fromEntries(Object.keys(HEADERS).map((name) => [name.toLowerCase(), true]))

function forwarded(request: IncomingMessage, path: string): Promise<IncomingMessage> {
  const { method, headers } = request
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath: engineSocket('new'), method, path, headers, agent: false })
    outgoing.once('response', resolve)
    outgoing.once('error', reject)
    request.once('close', () => {
      if (!request.complete) outgoing.destroy()
    })
    request.pipe(outgoing)
  })
}

/** What the engine behind answers to a question of the stand-in's own. */
async function behind(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const target = { socketPath: engineSocket('new'), path: `/v1.${BEHIND}${path}`, agent: false }
    httpRequest(target, resolve).once('error', reject).end()
  })
  return { status: answer.statusCode ?? 502, body: parseExact(await text(answer)) }
}

/** A connection that is taken over goes through as it is. */
function joined(request: IncomingMessage, client: Duplex, head: Buffer): void {
  const engineSide = connect({ path: engineSocket('new'), allowHalfOpen: true })
  const headers = request.rawHeaders.map((part, index) => (index % 2 === 0 ? `${part}: ` : `${part}\r\n`))
  engineSide.write(`${request.method} ${targetOf(askedOf(request))} HTTP/1.1\r\n${headers.join('')}\r\n`)
  engineSide.write(head)
  for (const [one, other] of [
    [client, engineSide],
    [engineSide, client],
  ] as const) {
    one.pipe(other)
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
}
