/** All workers' sockets together: opened, changed and closed as policies come and go. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { OwnRecord } from '../audit/own.ts'
import type { Gate } from '../gate.ts'
import type { Policy, SocketPolicy, WorkerPolicy } from '../policy/policy.ts'
import { warnOf } from '../shared/warn.ts'
import { createEngineDoor } from './engine-socket.ts'
import type { Owner } from '../host/files/descriptor.ts'
import type { Listening, SocketDirectory } from '../host/files/sockets.ts'
import { listenOn, openSocketDirectory, ownerOf, SocketError } from './listen.ts'
import { Sessions } from './surface/sessions.ts'
import { Surface } from './surface/surface.ts'

interface OpenDoor {
  readonly server: Server
  readonly socket: SocketPolicy
  readonly directory: SocketDirectory
  readonly listening: Listening
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
        (await door.listening.isThere())
      ) {
        door.server.maxConnections = worker.docker.connections
        continue
      }
      await this.#close(name, door)
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
    await Promise.all([...this.#open].map(([name, door]) => this.#close(name, door)))
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

  /** Resolves when its socket is gone; its connections may go on. */
  async #close(name: string, door: OpenDoor): Promise<void> {
    this.#open.delete(name)
    const isRemoved = door.listening.remove().catch(warnOf('removing the socket of a worker'))
    const over = closed(door)
      .then(() => isRemoved)
      .then(() => door.directory.close())
      .then(() => {
        this.#closing.delete(door)
      })
    this.#closing.set(door, over)
    await isRemoved
  }

  async #openOne(worker: WorkerPolicy): Promise<void> {
    const owner = await ownerOf(worker.socket)
    const directory = await openSocketDirectory(worker.socket, owner)
    try {
      this.#open.set(worker.name, await this.#serve(worker, directory, owner))
    } catch (cause) {
      await directory.close()
      throw cause
    }
  }

  async #serve(
    { name, socket, docker }: WorkerPolicy,
    directory: SocketDirectory,
    owner: Owner,
  ): Promise<OpenDoor> {
    const sessions = new Sessions(this.#gate, directory, socket, owner)
    const surface = new Surface(this.#gate, name, sessions, this.#own)
    const caller = { worker: name, door: 'socket' } as const
    const server = createEngineDoor(this.#gate, caller, docker.connections, surface)
    const connections = new Set<Duplex>()
    server.on('connection', (connection) => {
      connections.add(connection)
      connection.once('close', () => connections.delete(connection))
    })
    const listening = await listenOn(directory, server, socket, owner)
    return { server, socket, directory, listening, connections, sessions }
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
