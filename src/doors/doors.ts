/** All workers' sockets together: opened, changed and closed as policies come and go. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gate } from '../gate.ts'
import type { Identity } from '../workers/identity.ts'
import type { Policy, SocketPolicy, WorkerPolicy } from '../policy/policy.ts'
import type { LiveRecord } from '../record/live.ts'
import { warnOf } from '../shared/warn.ts'
import { createEngineDoor } from './engine-socket.ts'
import type { Owner } from '../files/descriptor.ts'
import type { Listening, SocketDirectory } from '../files/sockets.ts'
import { listenOn, openSocketDirectory, ownerOf, SocketError } from './listen.ts'
import { StoreUnavailable } from '../record/errors.ts'
import { Sessions } from './surface/sessions.ts'
import { Surface } from './surface/surface.ts'

interface OpenDoor {
  readonly identity: Identity
  readonly account: string
  readonly server: Server
  readonly socket: SocketPolicy
  readonly directory: SocketDirectory
  readonly listening: Listening
  readonly connections: Set<Duplex>
  readonly sessions: Sessions
  /** No connection of it is to be cut any more. */
  readonly takeBack: () => void
}

/** What there is to tell of sockets after a policy has come into force. */
export interface Opened {
  /** Why a worker is not served, by its name. */
  readonly failed: ReadonlyMap<string, SocketError>
  /** Workers that are others than those that had their names before. */
  readonly others: readonly Other[]
}

export interface Other {
  readonly name: string
  readonly why: string
  /** Things that are out of its reach. */
  readonly left: number
}

export class Doors {
  readonly #gate: Gate
  readonly #record: LiveRecord
  readonly #open = new Map<string, OpenDoor>()
  /** Doors that take no more connections, until their last one has ended. */
  readonly #closing = new Map<OpenDoor, Promise<void>>()

  constructor(gate: Gate, record: LiveRecord) {
    this.#gate = gate
    this.#record = record
  }

  /**
   * Opens a door for each worker that has none, and closes those of workers that are gone, or whose socket is another or gone.
   * What one worker, or a program of its, puts in the place of its socket keeps no other from being served. The policy is in force.
   */
  async open({ workers }: Policy): Promise<Opened> {
    for (const [name, door] of this.#open) {
      const worker = workers.find((candidate) => candidate.name === name)
      if (worker !== undefined && (await this.#stays(door, worker))) {
        door.server.maxConnections = worker.docker.connections
        continue
      }
      await this.#close(name, door)
    }
    const failed = new Map<string, SocketError>()
    const others: Other[] = []
    for (const worker of workers) {
      if (this.#open.has(worker.name)) continue
      try {
        const other = await this.#openOne(worker)
        if (other !== undefined) others.push(other)
      } catch (cause) {
        if (cause instanceof StoreUnavailable) failed.set(worker.name, new SocketError(cause.message))
        else if (cause instanceof SocketError) failed.set(worker.name, cause)
        else throw cause
      }
    }
    return { failed, others }
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
    for (const { connections, sessions } of [...this.#open.values(), ...this.#closing.keys()])
      cutAll(connections, sessions)
  }

  /** Whether a door may stay as it is: the name of an account can be another account's by now. */
  async #stays({ identity, account, listening }: OpenDoor, worker: WorkerPolicy): Promise<boolean> {
    if (identity.rights === undefined) return false
    const now = await ownerOf(worker.socket).then(accountOf, () => undefined)
    if (now === account) return listening.isThere()
    this.#gate.end(identity)
    return false
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
        door.takeBack()
      })
    this.#closing.set(door, over)
    await isRemoved
  }

  async #openOne(worker: WorkerPolicy): Promise<Other | undefined> {
    const owner = await ownerOf(worker.socket)
    const { identity, another, left } = await this.#gate.admit(worker, accountOf(owner))
    const directory = await openSocketDirectory(worker.socket, owner)
    try {
      this.#open.set(worker.name, await this.#serve(worker, identity, directory, owner))
    } catch (cause) {
      await directory.close()
      throw cause
    }
    return another === undefined ? undefined : { name: worker.name, why: another, left }
  }

  async #serve(
    { socket, docker }: WorkerPolicy,
    identity: Identity,
    directory: SocketDirectory,
    owner: Owner,
  ): Promise<OpenDoor> {
    const sessions = new Sessions(this.#gate, identity, directory, socket, owner)
    const surface = new Surface(this.#gate, identity, sessions, this.#record)
    const server = createEngineDoor(this.#gate, { identity, door: 'socket' }, docker.connections, surface)
    const connections = new Set<Duplex>()
    server.on('connection', (connection) => {
      connections.add(connection)
      connection.once('close', () => connections.delete(connection))
    })
    const listening = await listenOn(directory, server, socket, owner)
    const takeBack = identity.onCut(() => cutAll(connections, sessions))
    const account = accountOf(owner)
    return { identity, account, server, socket, directory, listening, connections, sessions, takeBack }
  }
}

/** Whose a socket is, as the store keeps it: numbers of account and group, -1 for the gate's own. */
function accountOf({ user, group }: Owner): string {
  return `${user}:${group}`
}

function cutAll(connections: ReadonlySet<Duplex>, sessions: Sessions): void {
  sessions.cut()
  for (const connection of connections) connection.destroy()
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
