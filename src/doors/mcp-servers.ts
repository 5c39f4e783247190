/**
 * The processes that serve MCP over HTTP, one for each worker whose policy has it, under the account of the worker's socket. They are
 * started again when they end, and changed with the policy.
 */
import { mcpUrl } from '../policy/mcp-url.ts'
import type { McpPolicy, Policy, WorkerPolicy } from '../policy/policy.ts'
import { self } from '../programs/self.ts'
import { startPiped, type Account, type Piped } from '../programs/start.ts'
import { printable, shorten } from '../shared/refusal.ts'
import { VERSION } from '../shared/version.ts'
import { accountOf } from './mcp-account.ts'
import { lineTeller } from './mcp-said.ts'
import { readToken } from './mcp-token.ts'

/** Milliseconds until an ended process is started again, at first and at most. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 30_000
/** Milliseconds after which one counts as well. */
const WELL = 60_000
/** Milliseconds to end in. */
const GRACE = 5_000
/** Milliseconds for what one that has ended, or was made to, still says. */
const REST = 500

interface Wanted {
  readonly worker: string
  readonly socket: string
  readonly mcp: McpPolicy
  readonly account: Account | undefined
  /** SHA-256 of the token, hexadecimal. */
  readonly digest: string
}

/** The docker CLI that they run, where it is not the usual one. */
export interface Cli {
  readonly docker?: string
  readonly dockerConfig?: string
}

interface Server {
  readonly wanted: Wanted
  readonly end: () => Promise<void>
}

export class McpServers {
  readonly #cli: Cli
  readonly #tell: (message: string) => void
  readonly #servers = new Map<string, Server>()

  /** @param tell says what happens to them, to the operator */
  constructor(cli: Cli, tell: (message: string) => void) {
    this.#cli = cli
    this.#tell = tell
  }

  /** Serves what a policy wants, from now on. A worker that can't be served is told, and the others go on. */
  async open({ workers }: Policy): Promise<void> {
    const wanted = new Map<string, Wanted>()
    for (const worker of workers) {
      const one = await this.#want(worker)
      if (one !== undefined) wanted.set(worker.name, one)
    }
    const old = [...this.#servers].filter(([name, server]) => !same(server.wanted, wanted.get(name)))
    for (const [name] of old) this.#servers.delete(name)
    // A port is free only when the process before has ended.
    await Promise.all(old.map(([, server]) => server.end()))
    for (const [name, one] of wanted) if (!this.#servers.has(name)) this.#servers.set(name, this.#serve(one))
  }

  async close(): Promise<void> {
    const servers = [...this.#servers.values()]
    this.#servers.clear()
    await Promise.all(servers.map((server) => server.end()))
  }

  async #want({ name, socket, mcp }: WorkerPolicy): Promise<Wanted | undefined> {
    if (mcp === undefined) return undefined
    try {
      const account = await accountOf(socket)
      const digest = await readToken(mcp.token, account)
      return { worker: name, socket: socket.path, mcp, account, digest }
    } catch (cause) {
      this.#tell(
        `worker ${name} has no MCP over HTTP: ${cause instanceof Error ? cause.message : String(cause)}`,
      )
      return undefined
    }
  }

  #serve(wanted: Wanted): Server {
    let child: Piped | undefined
    let timer: NodeJS.Timeout | undefined
    let pause = FIRST_PAUSE
    let isEnding = false
    const tell = (message: string): void => this.#tell(message)
    // One for all that come after each other, however many of their streams are held open.
    const tellSaid = lineTeller((line) => tell(`MCP of worker ${wanted.worker}: ${line}`))
    const begin = (): void => {
      const began = performance.now()
      child = start(wanted, this.#cli, tell)
      tellSaid(child.stderr)
      const over = (how: string): void => {
        child = undefined
        if (isEnding) return
        pause = performance.now() - began > WELL ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE)
        this.#tell(`MCP of worker ${wanted.worker} ended (${how}); starting it again in ${pause / 1000} s`)
        timer = setTimeout(begin, pause)
      }
      const own = child
      own.once('exit', (code, signal) => {
        // The worker may have taken their other ends, and would keep these open.
        setTimeout(() => letGo(own), REST).unref()
        over(String(signal ?? code))
      })
      // One that could not be started ends by this alone.
      own.on('error', (cause) => (own.pid === undefined ? over(cause.message) : undefined))
    }
    begin()
    return {
      wanted,
      end: () => {
        isEnding = true
        clearTimeout(timer)
        return child === undefined ? Promise.resolve() : ended(child)
      },
    }
  }
}

function start(
  { worker, socket, mcp, account, digest }: Wanted,
  { docker, dockerConfig }: Cli,
  tell: (message: string) => void,
): Piped {
  // Plain pipes: Node's own channel between processes would read whatever the worker's account can make this one send.
  const child = startPiped({
    ...self('@mcp-http', [], FLAGS),
    account,
    streams: ['pipe', 'pipe', 'pipe'],
  })
  const { address, port } = mcp
  // It may be gone before it has read it.
  child.stdin?.on('error', () => undefined)
  child.stdin?.write(
    `${JSON.stringify({ socket, address, port, digest, docker, dockerConfig, version: VERSION })}\n`,
  )
  // What it tells is only printed, and never believed.
  child.stdout.setEncoding('latin1').once('data', (said: string) => {
    const problem = said.trim()
    tell(
      problem === ''
        ? `MCP of worker ${worker} at ${mcpUrl(mcp)}`
        : `MCP of worker ${worker} is not served: ${shorten(printable(problem), 200)}`,
    )
    // It tells no more, and nobody else is listened to.
    child.stdout.destroy()
  })
  return child
}

const FLAGS = [
  '--disable-proto=delete',
  '--disallow-code-generation-from-strings',
  '--max-semi-space-size=4',
  '--max-old-space-size=256',
]

/**
 * Closes its input, by which it ends; makes it end after a while. That it has is told first to who traces it (ptrace(2)), as the worker's
 * account can, and perhaps never here: so it is not waited for without end.
 */
function ended(child: Piped): Promise<void> {
  return new Promise((resolve) => {
    let timer = setTimeout(() => {
      child.kill('SIGKILL')
      timer = setTimeout(() => {
        letGo(child)
        resolve()
      }, REST)
    }, GRACE)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.stdin?.end()
  })
}

/** Keeps nothing of it open, and this process not from ending. */
function letGo(child: Piped): void {
  child.stdin?.destroy()
  child.stdout.destroy()
  child.stderr.destroy()
  child.unref()
}

function same(one: Wanted, other: Wanted | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
