/** All workers' sockets together: opened, changed and closed as policies come and go. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gate } from '../gate.ts'
import type { Policy, SocketPolicy, WorkerPolicy } from '../policy/policy.ts'
import { createEngineDoor } from './engine-socket.ts'
import { listenOn } from './listen.ts'

interface OpenDoor {
  readonly server: Server
  readonly socket: SocketPolicy
  readonly connections: Set<Duplex>
}

export class Doors {
  readonly #gate: Gate
  readonly #open = new Map<string, OpenDoor>()

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /**
   * Opens a door for each worker that has none, and closes those of workers that are gone or have another socket.
   * Connections of a closed door go on until they end. @throws {SocketError}
   */
  async open({ workers }: Policy): Promise<void> {
    for (const [name, door] of this.#open) {
      const worker = workers.find((candidate) => candidate.name === name)
      if (worker !== undefined && sameSocket(worker.socket, door.socket)) {
        door.server.maxConnections = worker.docker.connections
        continue
      }
      this.#open.delete(name)
      door.server.close()
      door.server.closeIdleConnections()
    }
    for (const worker of workers) if (!this.#open.has(worker.name)) await this.#openOne(worker)
  }

  /** How many connections each worker has. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#open].map(([name, door]) => [name, door.connections.size]))
  }

  /** Takes no more connections and waits for the calls under way. @param limit milliseconds, after which they are cut */
  async close(limit: number): Promise<void> {
    const timer = setTimeout(() => this.cut(), limit)
    await Promise.all([...this.#open.values()].map((door) => closed(door)))
    clearTimeout(timer)
  }

  /** Cuts every connection. */
  cut(): void {
    for (const { connections } of this.#open.values())
      for (const connection of connections) connection.destroy()
  }

  async #openOne({ name, socket, docker }: WorkerPolicy): Promise<void> {
    const server = createEngineDoor(this.#gate, { worker: name, door: 'socket' }, docker.connections)
    const connections = new Set<Duplex>()
    server.on('connection', (connection) => {
      connections.add(connection)
      connection.once('close', () => connections.delete(connection))
    })
    await listenOn(server, socket)
    this.#open.set(name, { server, socket, connections })
  }
}

function closed({ server, connections }: OpenDoor): Promise<void> {
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
