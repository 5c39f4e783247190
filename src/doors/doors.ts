/** All workers' sockets together: opened, changed and closed as policies come and go. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gate } from '../gate.ts'
import type { Identity } from '../workers/identity.ts'
import type { Policy, SocketPolicy, WorkerPolicy } from '../policy/policy.ts'
import type { LiveRecord } from '../record/live.ts'
import { warnOf } from '../shared/warn.ts'
import { ContainerDoor } from './container-door.ts'
import { connectionsOf, endServer } from './end-server.ts'
import { createEngineDoor } from './engine-socket.ts'
import type { Owner } from '../files/descriptor.ts'
import type { Listening, SocketDirectory } from '../files/sockets.ts'
import { listenOn, openSocketDirectory, ownerOf, SocketError } from './listen.ts'
import { listenOnGiven, ownerOfGiven } from './listen-given.ts'
import { StoreUnavailable } from '../record/errors.ts'
import { GivenSockets } from '../systemd/given-sockets.ts'
import { Sessions } from './surface/sessions.ts'
import { Surface } from './surface/surface.ts'

interface OpenDoor {
  readonly identity: Identity
  readonly account: string
  readonly server: Server
  readonly socket: SocketPolicy
  readonly directory: SocketDirectory
  readonly listening: Listening
  readonly owner: Owner
  readonly connections: ReadonlySet<Duplex>
  readonly sessions: Sessions
  readonly containers: ContainerDoor
  /** No connection of it is to be cut any more. */
  readonly takeBack: () => void
}

/** What there is to tell of sockets after a policy has come into force. */
export interface Opened {
  /** Why a worker is not served, by its name. */
  readonly failed: ReadonlyMap<string, SocketError>
  /** Why the containers of a worker get no socket where its policy gives them one, by its name. */
  readonly withoutSocket: ReadonlyMap<string, SocketError>
  /** Workers that are others than those that had their names before. */
  readonly others: readonly Other[]
  /** Paths of sockets that systemd gave, and on which no worker is served: who connects there is sent away. */
  readonly unserved: readonly string[]
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
  readonly #given: GivenSockets
  readonly #open = new Map<string, OpenDoor>()
  /** Doors that take no more connections, until their last one has ended. */
  readonly #closing = new Map<OpenDoor, Promise<void>>()

  /** @param given sockets that are there already; all others are made */
  constructor(gate: Gate, record: LiveRecord, given: GivenSockets = new GivenSockets([], () => undefined)) {
    this.#gate = gate
    this.#record = record
    this.#given = given
  }

  /**
   * Opens a door for each worker that has none, and closes those of workers that are gone, or whose socket is another or gone.
   * What one worker, or a program of its, puts in the place of its socket keeps no other from being served. The policy is in force.
   */
  async open({ workers }: Policy): Promise<Opened> {
    const withoutSocket = new Map<string, SocketError>()
    for (const [name, door] of this.#open) {
      const worker = workers.find((candidate) => candidate.name === name)
      if (worker !== undefined && (await this.#stays(door, worker))) {
        door.server.maxConnections = worker.docker.connections
        await follow(door, worker, withoutSocket)
        continue
      }
      await this.#close(name, door)
    }
    const failed = new Map<string, SocketError>()
    const others: Other[] = []
    for (const worker of workers) {
      if (this.#open.has(worker.name)) continue
      try {
        const other = await this.#openOne(worker, withoutSocket)
        if (other !== undefined) others.push(other)
      } catch (cause) {
        if (cause instanceof StoreUnavailable) failed.set(worker.name, new SocketError(cause.message))
        else if (cause instanceof SocketError) failed.set(worker.name, cause)
        else throw cause
      }
    }
    return { failed, others, withoutSocket, unserved: this.#given.refuse() }
  }

  /** Takes no more connections and waits for the calls under way. @param limit milliseconds, after which they are cut */
  async close(limit: number): Promise<void> {
    const timer = setTimeout(() => this.cut(), limit)
    this.#given.end()
    await Promise.all([...this.#open].map(([name, door]) => this.#close(name, door)))
    for (const { server } of this.#closing.keys()) server.closeIdleConnections()
    await Promise.all(this.#closing.values())
    clearTimeout(timer)
  }

  /** Cuts every connection. */
  cut(): void {
    for (const door of [...this.#open.values(), ...this.#closing.keys()]) cutAll(door)
  }

  /** Whether a door may stay as it is: the name of an account can be another account's by now. */
  async #stays({ identity, account, listening }: OpenDoor, worker: WorkerPolicy): Promise<boolean> {
    if (identity.rights === undefined) return false
    const now = await this.#ownerOf(worker.socket).then(accountOf, () => undefined)
    if (now === account) return listening.isThere()
    this.#gate.end(identity)
    return false
  }

  #ownerOf(socket: SocketPolicy): Promise<Owner> {
    return this.#given.at(socket.path) === undefined ? ownerOf(socket) : ownerOfGiven(socket)
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

  async #openOne(worker: WorkerPolicy, withoutSocket: Map<string, SocketError>): Promise<Other | undefined> {
    const owner = await this.#ownerOf(worker.socket)
    const { identity, another, left } = await this.#gate.admit(worker, accountOf(owner))
    const directory = await openSocketDirectory(worker.socket, owner)
    try {
      this.#open.set(worker.name, await this.#serve(worker, identity, directory, owner, withoutSocket))
    } catch (cause) {
      await directory.close()
      throw cause
    }
    return another === undefined ? undefined : { name: worker.name, why: another, left }
  }

  async #serve(
    worker: WorkerPolicy,
    identity: Identity,
    directory: SocketDirectory,
    owner: Owner,
    withoutSocket: Map<string, SocketError>,
  ): Promise<OpenDoor> {
    const { socket, docker } = worker
    const sessions = new Sessions(this.#gate, identity, directory, socket, owner)
    const surface = new Surface(this.#gate, identity, sessions, this.#record)
    const server = createEngineDoor(this.#gate, { identity, door: 'socket' }, docker.connections, surface)
    const connections = connectionsOf(server)
    const containers = new ContainerDoor(this.#gate, identity, surface)
    // Before it can ask for a container that has it.
    await follow({ containers, owner }, worker, withoutSocket)
    const given = this.#given.at(socket.path)
    const listening =
      given === undefined
        ? await listenOn(directory, server, socket, owner).catch(async (cause: unknown) => {
            await containers.close()
            throw cause
          })
        : listenOnGiven(given, server)
    const takeBack = identity.onCut(() => cutAll({ connections, sessions, containers }))
    const account = accountOf(owner)
    const serving = { server, socket, directory, listening, connections, sessions, containers }
    return { identity, owner, account, ...serving, takeBack }
  }
}

/** Serves the socket for a worker's containers as its policy says. @param failed takes why it can't be served: the worker is, all the same */
async function follow(
  { containers, owner }: Pick<OpenDoor, 'containers' | 'owner'>,
  worker: WorkerPolicy,
  failed: Map<string, SocketError>,
): Promise<void> {
  await containers.follow(worker, owner).catch((cause: unknown) => {
    if (!(cause instanceof SocketError)) throw cause
    failed.set(worker.name, cause)
  })
}

/** Whose a socket is, as the store keeps it: numbers of account and group, -1 for the gate's own. */
function accountOf({ user, group }: Owner): string {
  return `${user}:${group}`
}

function cutAll({
  connections,
  sessions,
  containers,
}: Pick<OpenDoor, 'connections' | 'sessions' | 'containers'>): void {
  sessions.cut()
  containers.cut()
  for (const connection of connections) connection.destroy()
}

async function closed({ server, connections, sessions, containers }: OpenDoor): Promise<void> {
  // Whoever holds a session lets go of it when its calls have ended.
  sessions.close()
  await Promise.all([endServer(server, connections), containers.close()])
}
