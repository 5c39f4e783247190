/** A relay in front of an engine, which can be cut off, be silent, hold single requests, and count its connections. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { engineSocket } from './engine.ts'
import type { EngineName } from './engine.ts'

export interface Relay extends AsyncDisposable {
  /** `unix:///…`, what a gate takes for the engine's address. */
  readonly url: string
  /** Open connections. */
  readonly connections: () => number
  /** First lines of the requests that came, one for each time that a connection was written to. */
  readonly requests: () => readonly string[]
  /** Breaks every connection and takes no more, as an engine that was killed. */
  readonly cut: () => Promise<void>
  /** Passes nothing on any more in either direction, as an engine that hangs. */
  readonly hang: () => void
  /** Keeps the next request whose first line matches until it is let go. */
  readonly hold: (line: RegExp) => Held
  /** Passes the next request on whose first line matches, and nothing of its answer. */
  readonly mute: (line: RegExp) => void
  /** Takes connections, and passes on, as before. */
  readonly resume: () => Promise<void>
}

export interface Held {
  /** Settles when the request has come. */
  readonly came: Promise<void>
  readonly letGo: () => void
}

interface Holding {
  readonly line: RegExp
  readonly came: PromiseWithResolvers<void>
  readonly go: PromiseWithResolvers<void>
}

/** Starts a relay in front of an engine. */
export async function startRelay(engine: EngineName): Promise<Relay> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-relay-'))
  const path = join(directory, 'docker.sock')
  const pairs = new Map<Socket, Pair>()
  const requests: string[] = []
  const holdings = new Set<Holding>()
  const muted = new Set<RegExp>()
  let hanging = false
  let server = await listen()

  async function listen(): Promise<Server> {
    const opened = createServer({ allowHalfOpen: true }, take)
    await new Promise<void>((resolve) => opened.listen(path, resolve))
    return opened
  }

  function take(client: Socket): void {
    const engineSide = connect({ path: engineSocket(engine), allowHalfOpen: true })
    const inlet = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        const line = chunk.toString('latin1').split('\r\n')[0] ?? ''
        if (line.endsWith(' HTTP/1.1')) requests.push(line)
        const mute = [...muted].find((one) => one.test(line))
        if (mute !== undefined) {
          muted.delete(mute)
          engineSide.unpipe(client)
        }
        const holding = [...holdings].find((one) => one.line.test(line))
        if (holding === undefined) return done(null, chunk)
        holdings.delete(holding)
        holding.came.resolve()
        void holding.go.promise.then(() => done(null, chunk))
      },
    })
    const pair = { inlet, engineSide }
    pairs.set(client, pair)
    inlet.pipe(engineSide)
    connectPair(client, pair)
    for (const [one, other] of [
      [client, engineSide],
      [engineSide, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => {
        other.destroy()
        pairs.delete(client)
      })
    }
    if (hanging) silence(client, pair)
  }

  async function cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const client of pairs.keys()) client.destroy()
    await closed
  }

  return {
    url: `unix://${path}`,
    connections: () => pairs.size,
    requests: () => requests,
    cut,
    hang: () => {
      hanging = true
      for (const [client, pair] of pairs) silence(client, pair)
    },
    hold: (line) => {
      const holding = { line, came: Promise.withResolvers<void>(), go: Promise.withResolvers<void>() }
      holdings.add(holding)
      return { came: holding.came.promise, letGo: holding.go.resolve }
    },
    mute: (line) => {
      muted.add(line)
    },
    resume: async () => {
      hanging = false
      for (const [client, pair] of pairs) connectPair(client, pair)
      if (!server.listening) server = await listen()
    },
    [Symbol.asyncDispose]: async () => {
      await cut()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What stands between a client and the engine. */
interface Pair {
  readonly inlet: Transform
  readonly engineSide: Socket
}

function connectPair(client: Socket, { inlet, engineSide }: Pair): void {
  client.pipe(inlet)
  engineSide.pipe(client)
}

function silence(client: Socket, { inlet, engineSide }: Pair): void {
  client.unpipe(inlet)
  engineSide.unpipe(client)
  client.pause()
  engineSide.pause()
}
