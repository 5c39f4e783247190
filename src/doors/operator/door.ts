/** The operator's own socket, in the state directory: HTTP for whoever may open it, which is the gate's own account. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { EngineUnavailable } from '../../engine/engine.ts'
import { OWN } from '../../files/directory.ts'
import type { Listening } from '../../files/sockets.ts'
import { PolicyError } from '../../policy-file/load.ts'
import { StoreError } from '../../record/errors.ts'
import { controlSocket } from '../../record/state-directory.ts'
import { createServer } from '../../http/http.ts'
import { listenOn, openSocketDirectory } from '../listen.ts'
import { BadRequest, Query } from './query.ts'
import { Followers } from './record.ts'
import { Refused, ROUTES, type Operated, type Route } from './routes.ts'

/** The version that every path begins with. */
const VERSION = '/v1'
/** Whose turns its work takes: no worker can be called so. */
const OPERATOR = ''
const MOST_CONNECTIONS = 128

/** A server of the endpoints in routes.ts. */
export function createOperatorDoor(on: Omit<Operated, 'followers'>): {
  listen(): Promise<void>
  close(): Promise<void>
} {
  const operated = { ...on, followers: new Followers(on.record) }
  const server = createServer((request, response) => {
    answer(operated, request, response).catch((cause: unknown) => {
      if (response.destroyed || response.headersSent) return void response.destroy()
      const status = statusOfFailure(cause)
      if (status === 500) process.emitWarning(cause instanceof Error ? cause : String(cause))
      send(response, status, { message: cause instanceof Error ? cause.message : 'dockgate failed at it' })
    })
  })
  server.maxConnections = MOST_CONNECTIONS
  const { directory: state } = on.setting
  const socket = { path: controlSocket(state), mode: 0o600, directoryMode: 0o700 }
  let listening: Listening | undefined
  return {
    listen: async () => {
      const directory = await openSocketDirectory(socket, OWN)
      try {
        listening = await listenOn(directory, server, socket, OWN)
      } finally {
        await directory.close()
      }
    },
    close: async () => {
      await listening?.remove()
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(on: Operated, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const { signal } = gone
  const share = on.gate.scheduler.share(OPERATOR, signal)
  await share.turn()
  const [path = '', ...rest] = (request.url ?? '').split('?')
  const { route, id } = routeOf(request.method, path)
  requireNoBody(request)
  const query = new Query(new URLSearchParams(rest.join('?')), route.parameters)
  const value = await route.answer(on, { query, id, share, signal, response })
  if (value !== undefined) send(response, 200, value)
}

/** @throws {Refused} where there is none */
function routeOf(method: string | undefined, path: string): { readonly route: Route; readonly id: string } {
  const fitting = ROUTES.flatMap((route) => {
    const id = idIn(`${VERSION}${route.path}`, path)
    return id === undefined ? [] : [{ route, id }]
  })
  const found = fitting.find(({ route }) => route.method === method)
  if (found !== undefined) return found
  const [other] = fitting
  if (other !== undefined) throw new Refused(405, `this is answered to ${other.route.method}`)
  const there = ROUTES.map((route) => `${route.method} ${VERSION}${route.path}`)
  throw new Refused(404, `there are ${there.join(', ')}`)
}

/** What a path has in the place of ID; empty where the form has none, undefined where the path is of another form. */
function idIn(form: string, path: string): string | undefined {
  const given = path.split('/')
  const segments = form.split('/')
  if (segments.length !== given.length) return undefined
  let id = ''
  for (const [at, segment] of segments.entries()) {
    const own = given[at] ?? ''
    if (segment === 'ID') id = own
    else if (segment !== own) return undefined
  }
  return id
}

function requireNoBody({ headers }: IncomingMessage): void {
  const length = headers['content-length'] ?? '0'
  if (length === '0' && headers['transfer-encoding'] === undefined) return
  throw new BadRequest('no endpoint takes a body')
}

function statusOfFailure(cause: unknown): number {
  if (cause instanceof Refused) return cause.status
  if (cause instanceof BadRequest) return 400
  if (cause instanceof PolicyError) return 422
  return cause instanceof EngineUnavailable || cause instanceof StoreError ? 503 : 500
}

function send(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}
