/** An engine of containers and their names alone, whose answers and events come when a test says so. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { objectOf } from '../../src/shared/json-value.ts'

/** What becomes of the next request that changes something. */
export type Fate =
  /** Done, and answered. */
  | 'answered'
  /** Done when it is let go, and answered then. */
  | 'held'
  /** Done; answered when it is let go. */
  | 'late'
  /** Done, or not; the connection breaks. */
  | 'lost'
  | 'broken'

export class NamingEngine {
  /** Names by id. */
  readonly names = new Map<string, string>()
  /** Is told of each container that was renamed by a request. */
  renamed: (id: string) => void = () => undefined
  readonly #labels = new Map<string, Readonly<Record<string, unknown>>>()
  readonly #directory = mkdtempSync(join(tmpdir(), 'dockgate-naming-'))
  readonly #server = createServer((request, response) => {
    void this.#serve(request, response)
  })
  #events: string[] = []
  #stream: ServerResponse | undefined
  #fate: Fate = 'answered'
  #waiting: (() => void)[] = []
  #marks = 0

  static async start(): Promise<NamingEngine> {
    const engine = new NamingEngine()
    await new Promise<void>((resolve) => engine.#server.listen(engine.#path, resolve))
    return engine
  }

  get url(): string {
    return `unix://${this.#path}`
  }

  get #path(): string {
    return join(this.#directory, 'docker.sock')
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections()
    this.#server.close()
    rmSync(this.#directory, { recursive: true })
  }

  /** Whether anybody follows the events. */
  get isFollowed(): boolean {
    return this.#stream !== undefined
  }

  /** Settles what becomes of the next change that is asked for. */
  next(fate: Fate): void {
    this.#fate = fate
  }

  isFree(name: string): boolean {
    return ![...this.names.values()].includes(name)
  }

  /** Makes a container. Returns its id. */
  create(name: string, labels: Readonly<Record<string, unknown>> = {}): string {
    const id = randomBytes(32).toString('hex')
    this.names.set(id, name)
    this.#labels.set(id, labels)
    this.#tell('create', id, name)
    return id
  }

  /** Whether it could be done. */
  rename(id: string, name: string): boolean {
    if (!this.names.has(id) || !this.isFree(name)) return false
    this.names.set(id, name)
    this.#tell('rename', id, name)
    return true
  }

  remove(id: string): void {
    const name = this.names.get(id) ?? ''
    this.names.delete(id)
    this.#tell('destroy', id, name)
  }

  /** Sends events that wait, the oldest first. @returns a volume that is made behind them, by which they can be waited for */
  deliver(most = Infinity): string {
    for (const event of this.#events.splice(0, most)) this.#stream?.write(event)
    this.#marks += 1
    const mark = `mark-${this.#marks}`
    this.#stream?.write(eventOf('volume', 'create', mark, {}))
    return mark
  }

  /** Lets the oldest request go that waits. */
  letGo(): void {
    this.#waiting.shift()?.()
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Breaks the stream of events, with those that wait. */
  cut(): void {
    this.#stream?.destroy()
    this.#stream = undefined
    this.#events = []
  }

  #tell(action: string, id: string, name: string): void {
    if (this.#stream !== undefined)
      this.#events.push(eventOf('container', action, id, { ...this.#labels.get(id), name }))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://engine')
    const path = url.pathname.replace(/^\/v1\.[0-9]+/, '')
    response.setHeader('Api-Version', '1.45')
    const body = await text(request)
    if (path === '/events') return this.#follow(response)
    if (request.method === 'POST')
      return this.#change(path, url.searchParams.get('name') ?? '', body, response)
    const answers: Readonly<Record<string, unknown>> = {
      '/containers/json': [...this.names].map(([Id, name]) => ({
        ...{ Id, Names: [`/${name}`], State: 'running', Labels: this.#labels.get(Id), Mounts: [] },
      })),
      '/images/json': [{ Id: `sha256:${'a'.repeat(64)}`, RepoTags: ['alpine:latest'] }],
      '/volumes': { Volumes: [] },
      '/version': { Version: '26.0.0' },
      '/info': { NCPU: 8 },
    }
    response.end(JSON.stringify(answers[path] ?? []))
  }

  #follow(response: ServerResponse): void {
    this.#events = []
    this.#stream = response
    response.flushHeaders()
    response.once('close', () => {
      if (this.#stream === response) this.#stream = undefined
    })
  }

  #change(path: string, name: string, body: string, response: ServerResponse): void {
    const fate = this.#fate
    this.#fate = 'answered'
    const act = (): readonly [number, unknown] => {
      if (path === '/containers/create') {
        const labels = objectOf(objectOf(JSON.parse(body))['Labels'])
        return this.isFree(name) ? [201, { Id: this.create(name, labels) }] : [409, { message: 'taken' }]
      }
      const id = path.split('/')[2] ?? ''
      if (!this.rename(id, name)) return [409, { message: 'taken, or not there' }]
      this.renamed(id)
      return [204, undefined]
    }
    const answer = ([status, said]: readonly [number, unknown]): void => {
      response.writeHead(status).end(said === undefined ? undefined : JSON.stringify(said))
    }
    if (fate === 'held') this.#waiting.push(() => answer(act()))
    else if (fate === 'late') {
      const done = act()
      this.#waiting.push(() => answer(done))
    } else if (fate === 'answered') answer(act())
    else {
      if (fate === 'lost') act()
      response.destroy()
    }
  }
}

function eventOf(Type: string, Action: string, ID: string, Attributes: object): string {
  return `${JSON.stringify({ Type, Action, Actor: { ID, Attributes }, timeNano: Date.now() * 1e6 })}\n`
}
