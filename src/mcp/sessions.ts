/**
 * Sessions of clients of the protocol of 2025-11-25 and before: there a request is cancelled by another one, so both must come to the
 * same server. Newer clients cancel by closing, and need none.
 */
import { randomUUID } from 'node:crypto'
import { WebStandardStreamableHTTPServerTransport, type McpServer } from '@modelcontextprotocol/server'

/** Sessions at once; the one that was used longest ago goes. */
const MOST = 32
/** Milliseconds that one lies idle. */
const IDLE = 30 * 60_000

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport
  used: number
}

export class Sessions {
  readonly #open = new Map<string, Session>()
  readonly #create: () => Promise<McpServer>
  readonly #largest: number

  /** @param largest bytes of a body */
  constructor(create: () => Promise<McpServer>, largest: number) {
    this.#create = create
    this.#largest = largest
  }

  /** Answers a request that opens a session or names one. */
  async handle(request: Request): Promise<Response> {
    const id = request.headers.get('mcp-session-id')
    if (id === null) return this.#begin(request)
    const session = this.#open.get(id)
    if (session === undefined) return NOT_THERE()
    session.used = performance.now()
    return session.transport.handleRequest(request)
  }

  async #begin(request: Request): Promise<Response> {
    await this.#makeRoom()
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: this.#largest,
      onsessioninitialized: (id) => void this.#open.set(id, { transport, used: performance.now() }),
      onsessionclosed: (id) => void this.#open.delete(id),
    })
    const server = await this.#create()
    await server.connect(transport)
    return transport.handleRequest(request)
  }

  async #makeRoom(): Promise<void> {
    const oldest = [...this.#open].toSorted(([, one], [, other]) => one.used - other.used)
    const now = performance.now()
    for (const [id, { transport, used }] of oldest) {
      if (this.#open.size < MOST && now - used < IDLE) return
      this.#open.delete(id)
      await transport.close()
    }
  }
}

/** By which a client knows that it must begin anew. */
const NOT_THERE = (): Response =>
  Response.json(
    { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } },
    { status: 404 },
  )
