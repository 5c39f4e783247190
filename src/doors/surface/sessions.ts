/**
 * Sessions: sockets of the same worker that live as long as the request that asked for them, so that the record shows of
 * each call through one which door and key it came by. Each is the Engine API and nothing else.
 */
import type { Server } from 'node:http'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { newRecordId } from '../../record/id.ts'
import type { Gate } from '../../gate.ts'
import type { Caller } from '../../workers/caller.ts'
import type { Identity } from '../../workers/identity.ts'
import type { SocketPolicy } from '../../policy/policy.ts'
import { warnOf } from '../../shared/warn.ts'
import type { Owner } from '../../files/descriptor.ts'
import type { Listening, SocketDirectory } from '../../files/sockets.ts'
import { createEngineDoor } from '../engine-socket.ts'
import { listenOn, SocketError } from '../listen.ts'

/** Sessions that a worker may have at once. */
const MOST = 32
/** Linux keeps a socket's path in 108 bytes, the last of them 0. */
const LONGEST_PATH = 107

export class TooManySessions extends Error {
  override readonly name = 'TooManySessions'
}

export interface Session {
  readonly socket: string
  /** Cuts its calls and removes its socket. */
  readonly end: () => void
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
}

interface Open {
  readonly server: Server
  listening?: Listening
  readonly connections: Set<Duplex>
}

export class Sessions {
  readonly #gate: Gate
  readonly #directory: SocketDirectory
  readonly #identity: Identity
  readonly #socket: SocketPolicy
  readonly #owner: Owner
  readonly #open = new Set<Open>()
  #count = 0

  /** @param directory that of the worker's socket */
  constructor(
    gate: Gate,
    identity: Identity,
    directory: SocketDirectory,
    socket: SocketPolicy,
    owner: Owner,
  ) {
    this.#gate = gate
    this.#identity = identity
    this.#directory = directory
    this.#socket = socket
    this.#owner = owner
  }

  /** Opens one. @param connections the most that all of the worker's sessions may have together @throws {TooManySessions | SocketError} */
  async open(caller: Caller, connections: number): Promise<Session> {
    if (this.#count >= MOST) throw new TooManySessions(`${MOST} commands of this worker run already`)
    this.#count += 1
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const server = createEngineDoor(this.#gate, caller, connections)
    const session: Open = { server, connections: new Set() }
    const path = join(dirname(this.#socket.path), `s-${newRecordId()}.sock`)
    server.on('connection', (connection) => this.#take(session, connection, connections))
    server.once('close', resolve)
    this.#open.add(session)
    try {
      if (Buffer.byteLength(path) > LONGEST_PATH) throw new SocketError(`${path} is too long for a socket`)
      session.listening = await listenOn(
        this.#directory,
        server,
        { path, mode: this.#socket.mode },
        this.#owner,
      )
    } catch (cause) {
      this.#count -= 1
      this.#open.delete(session)
      throw cause
    }
    const end = (): void => {
      takeBack()
      if (!this.#open.delete(session)) return
      this.#count -= 1
      stop(session)
      for (const connection of session.connections) connection.destroy()
    }
    const takeBack = this.#identity.onCut(end)
    // It may have ended while its socket was made.
    if (this.#identity.rights === undefined) end()
    return { socket: path, end, ended }
  }

  /** Takes no more connections; sessions end when their calls have. */
  close(): void {
    for (const session of this.#open) {
      stop(session)
      session.server.closeIdleConnections()
    }
  }

  /** Cuts every connection. */
  cut(): void {
    for (const { connections } of this.#open) for (const connection of connections) connection.destroy()
  }

  #take(session: Open, connection: Duplex, most: number): void {
    const all = [...this.#open].reduce((sum, { connections }) => sum + connections.size, 0)
    if (all >= most || !this.#open.has(session)) {
      connection.destroy()
      return
    }
    session.connections.add(connection)
    connection.once('close', () => session.connections.delete(connection))
  }
}

/** Takes no more connections. */
function stop({ server, listening }: Open): void {
  listening?.remove().catch(warnOf('removing the socket of a session'))
  server.close()
}
