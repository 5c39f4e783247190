/** All workers' sockets together: opened, changed and closed as policies come and go. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { OwnRecord } from '../audit/own.ts'
import type { Gate } from '../gate.ts'
import type { Policy, SocketPolicy, WorkerPolicy } from '../policy/policy.ts'
import { createEngineDoor } from './engine-socket.ts'
import { isSocket, listenOn, ownerOf, SocketError } from './listen.ts'
import { removeStaleSessions, Sessions } from './surface/sessions.ts'
import { Surface } from './surface/surface.ts'

interface OpenDoor {
  readonly server: Server
  readonly socket: SocketPolicy
  readonly connections: Set<Duplex>
  readonly sessions: Sessions
}

export class Doors {
  readonly #gate: Gate
  readonly #own: OwnRecord
  readonly #open = new Map<string, OpenDoor>()
  /** Doors that take no more connections, until their last one has ended. */
  readonly #closing = new Map<OpenDoor, Promise<void>>()

  constructor(gate: Gate, own: OwnRecord) {
    this.#gate = gate
    this.#own = own
  }

  /**
   * Opens a door for each worker that has none, and closes those of workers that are gone, or whose socket is another or gone.
   * Connections of a closed door go on until they end. What one worker, or a program of its, puts in the place of its socket keeps
   * no other from being served: what can't be opened is returned, by the worker's name.
   */
  async open({ workers }: Policy): Promise<ReadonlyMap<string, SocketError>> {
    for (const [name, door] of this.#open) {
      const worker = workers.find((candidate) => candidate.name === name)
      if (
        worker !== undefined &&
        sameSocket(worker.socket, door.socket) &&
        (await isSocket(door.socket.path))
      ) {
        door.server.maxConnections = worker.docker.connections
        continue
      }
      this.#close(name, door)
    }
    const failed = new Map<string, SocketError>()
    for (const worker of workers) {
      if (this.#open.has(worker.name)) continue
      try {
        await this.#openOne(worker)
      } catch (cause) {
        if (!(cause instanceof SocketError)) throw cause
        failed.set(worker.name, cause)
      }
    }
    return failed
  }

  /** Takes no more connections and waits for the calls under way. @param limit milliseconds, after which they are cut */
  async close(limit: number): Promise<void> {
    const timer = setTimeout(() => this.cut(), limit)
    for (const [name, door] of this.#open) this.#close(name, door)
    for (const { server } of this.#closing.keys()) server.closeIdleConnections()
    await Promise.all(this.#closing.values())
    clearTimeout(timer)
  }

  /** Cuts every connection. */
  cut(): void {
    for (const { connections, sessions } of [...this.#open.values(), ...this.#closing.keys()]) {
      sessions.cut()
      for (const connection of connections) connection.destroy()
    }
  }

  #close(name: string, door: OpenDoor): void {
    this.#open.delete(name)
    const over = closed(door).then(() => {
      this.#closing.delete(door)
    })
    this.#closing.set(door, over)
  }

  async #openOne({ name, socket, docker }: WorkerPolicy): Promise<void> {
    const owner = await ownerOf(socket)
    const sessions = new Sessions(this.#gate, socket, owner)
    const surface = new Surface(this.#gate, name, sessions, this.#own)
    const caller = { worker: name, door: 'socket' } as const
    const server = createEngineDoor(this.#gate, caller, docker.connections, surface)
    const connections = new Set<Duplex>()
    server.on('connection', (connection) => {
      connections.add(connection)
      connection.once('close', () => connections.delete(connection))
    })
    await removeStaleSessions(socket)
    await listenOn(server, socket, owner)
    this.#open.set(name, { server, socket, connections, sessions })
  }
}

function closed({ server, connections, sessions }: OpenDoor): Promise<void> {
  // Whoever holds a session lets go of it when its calls have ended.
  sessions.close()
  const done = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  // Taken-over connections are no longer the server's, which would wait for none of them.
  const upgraded = [...connections].map((connection) =>
    connection.destroyed ? undefined : new Promise((resolve) => connection.once('close', resolve)),
  )
  return Promise.all([done, ...upgraded]).then(() => undefined)
}

function sameSocket(one: SocketPolicy, other: SocketPolicy): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
