/** A model that does what a script says, on loopback: no account and no traffic elsewhere. It keeps what it was given to read. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { dialectOf, type Dialect, type Event, type Move, type Turn } from './dialects.ts'

/** A line for the agent's own shell, or a call of a tool of Dockgate's. */
export type Step =
  | { readonly shell: string; readonly milliseconds?: number }
  | { readonly tool: string; readonly input: object }

/** What a model read of each step. */
export interface Reading {
  readonly asked: string
  readonly read: string
}

/** Names of shells, and what each takes. */
const SHELLS: readonly (readonly [string, (line: string, milliseconds: number) => object])[] = [
  ['Bash', (command, timeout) => ({ command, timeout, description: 'run it' })],
  ['bash', (command, timeout) => ({ command, timeout, description: 'run it' })],
  ['exec_command', (cmd, time) => ({ cmd, yield_time_ms: time })],
  ['shell_command', (command, time) => ({ command, timeout_ms: time })],
  ['exec', (command, time) => ({ command, timeoutSeconds: time / 1000 })],
]

/** Milliseconds that a line may take where a step does not say. */
const LONG = 100_000

export class ScriptedModel {
  readonly #server: Server = createServer((request, response) => {
    this.#serve(request, response).catch((cause: unknown) => {
      this.#faults.push(String(cause))
      response.destroy()
    })
  })
  readonly #faults: string[] = []
  #script: readonly Step[] = []
  /** Places of the results of searches for tools, which are no step. */
  readonly #searches = new Set<number>()
  #turn: Turn = { tools: [], results: [] }
  #count = 0

  /** Address for agents, without the path of a form. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a port has a number')
    return `http://127.0.0.1:${address.port}`
  }

  /** Begins a new conversation. */
  begin(script: readonly Step[]): void {
    this.#script = script
    this.#searches.clear()
    this.#turn = { tools: [], results: [] }
    this.#faults.length = 0
  }

  /** Names of the tools that the agent gave it. */
  get tools(): readonly string[] {
    return this.#turn.tools
  }

  /** What went wrong here. */
  get faults(): readonly string[] {
    return this.#faults
  }

  /** What was read so far. */
  get readings(): readonly Reading[] {
    return this.#turn.results
      .filter((_, place) => !this.#searches.has(place))
      .map((read, index) => ({ asked: askedOf(this.#script[index]), read }))
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const dialect = dialectOf(request.url ?? '')
    if (dialect === undefined || request.method !== 'POST') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"object":"list","data":[],"models":[]}')
      return
    }
    this.#count += 1
    const move = this.#next(dialect, JSON.parse(body.toString()))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of dialect.answer(move, String(this.#count))) response.write(written(event))
    response.end()
  }

  #next(dialect: Dialect, body: unknown): Move {
    const turn = dialect.read(body)
    // A request without tools is for a title or the like.
    if (turn.tools.length === 0) return { say: 'a title' }
    if (turn.results.length >= this.#turn.results.length) this.#turn = turn
    const step = this.#script[turn.results.length - this.#searches.size]
    return step === undefined ? { say: 'done' } : this.#move(step, turn)
  }

  #move(step: Step, { tools, results }: Turn): Move {
    if ('shell' in step) {
      const [name, input] = SHELLS.find(([one]) => tools.includes(one)) ?? []
      if (name === undefined || input === undefined) throw new Error(`no shell among ${tools.join(', ')}`)
      return { use: name, input: input(step.shell, step.milliseconds ?? LONG) }
    }
    const name = tools.find((one) => one.endsWith(step.tool))
    if (name !== undefined) return { use: name, input: step.input }
    // OpenClaw keeps the tools of servers in a catalog, and calls them by one of its own.
    if (tools.includes('tool_call'))
      return { use: 'tool_call', input: { id: `dockgate__${step.tool}`, args: step.input } }
    const search = tools.find((one) => /^(?:ToolSearch|tool_search)$/.test(one))
    if (search === undefined || this.#searches.has(results.length - 1))
      throw new Error(`no ${step.tool} among ${tools.join(', ')}`)
    this.#searches.add(results.length)
    return { use: search, input: { query: `select:mcp__dockgate__${step.tool}` } }
  }
}

function askedOf(step: Step | undefined): string {
  if (step === undefined) return '(nothing)'
  return 'shell' in step ? step.shell : `${step.tool} ${JSON.stringify(step.input)}`
}

function written([name, data]: Event): string {
  const text = data === '[DONE]' ? data : JSON.stringify(data)
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`
}
