/** A relay in front of an engine, which can be cut off, be silent, and count its connections. */
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  /** Takes connections, and passes on, as before. */
  readonly resume: () => Promise<void>
}

/** Starts a relay in front of an engine. */
export async function startRelay(engine: EngineName): Promise<Relay> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-relay-'))
  const path = join(directory, 'docker.sock')
  const pairs = new Map<Socket, Socket>()
  const requests: string[] = []
  let hanging = false
  let server = await listen()

  async function listen(): Promise<Server> {
    const opened = createServer({ allowHalfOpen: true }, take)
    await new Promise<void>((resolve) => opened.listen(path, resolve))
    return opened
  }

  function take(client: Socket): void {
    const engineSide = connect({ path: engineSocket(engine), allowHalfOpen: true })
    pairs.set(client, engineSide)
    client.on('data', (chunk: Buffer) => {
      const line = chunk.toString('latin1').split('\r\n')[0] ?? ''
      if (line.endsWith(' HTTP/1.1')) requests.push(line)
    })
    client.pipe(engineSide)
    engineSide.pipe(client)
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
    if (hanging) silence(client, engineSide)
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
      for (const [client, engineSide] of pairs) silence(client, engineSide)
    },
    resume: async () => {
      hanging = false
      for (const [client, engineSide] of pairs) {
        client.pipe(engineSide)
        engineSide.pipe(client)
      }
      if (!server.listening) server = await listen()
    },
    [Symbol.asyncDispose]: async () => {
      await cut()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function silence(client: Socket, engineSide: Socket): void {
  client.unpipe(engineSide)
  engineSide.unpipe(client)
  client.pause()
  engineSide.pause()
}
