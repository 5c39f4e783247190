/**
 * The socket that a worker's containers get: served beside the worker's own, as the same worker, where its policy says
 * `run.docker_socket: own`.
 */
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { reasonOf, type Owner } from '../files/descriptor.ts'
import { OWN } from '../files/directory.ts'
import { SocketDirectory } from '../files/sockets.ts'
import type { Gate } from '../gate.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import { newRecordId } from '../record/id.ts'
import { warnOf } from '../shared/warn.ts'
import type { Identity } from '../workers/identity.ts'
import { connectionsOf, endServer } from './end-server.ts'
import { createEngineDoor } from './engine-socket.ts'
import { listenOn, SocketError } from './listen.ts'
import type { WorkerSurface } from './surface/prefix.ts'

interface Served {
  readonly server: Server
  readonly directory: SocketDirectory
  readonly connections: ReadonlySet<Duplex>
}

export class ContainerDoor {
  readonly #gate: Gate
  readonly #identity: Identity
  readonly #surface: WorkerSurface
  #served: Served | undefined

  constructor(gate: Gate, identity: Identity, surface: WorkerSurface) {
    this.#gate = gate
    this.#identity = identity
    this.#surface = surface
  }

  /** Serves it or not, as a policy says. @param owner of the socket @throws {SocketError} */
  async follow({ docker, socket }: WorkerPolicy, owner: Owner): Promise<void> {
    if (docker.run.dockerSocket !== 'own') {
      this.cut()
      await this.close()
      return
    }
    this.#served ??= await this.#serve(docker.connections, socket.mode, owner).catch((cause: unknown) => {
      throw new SocketError(reasonOf(cause), { cause })
    })
    this.#served.server.maxConnections = docker.connections
  }

  /** Takes no more connections. Resolves when the last one has ended. */
  async close(): Promise<void> {
    const served = this.#served
    if (served === undefined) return
    this.#served = undefined
    this.#gate.sockets.hide(this.#identity.name)
    await endServer(served.server, served.connections)
    await this.#tidy(served.directory).catch(warnOf('taking away a socket that containers of a worker had'))
    await served.directory.close()
  }

  /** Cuts every connection. */
  cut(): void {
    for (const connection of this.#served?.connections ?? []) connection.destroy()
  }

  /** Where no container has it, nothing that lies in the place is needed. */
  async #tidy(directory: SocketDirectory): Promise<void> {
    const { name } = this.#identity
    if (this.#gate.mayHaveSocket(name)) return
    await this.#gate.sockets.clear(name)
    await directory.removeLeft()
  }

  async #serve(most: number, mode: number, owner: Owner): Promise<Served> {
    const { sockets } = this.#gate
    const { name } = this.#identity
    const making = { owner: OWN, mode: 0o700, above: 0o700 }
    const directory = await SocketDirectory.open(sockets.directoryOf(name), making)
    const caller = { identity: this.#identity, door: 'socket' } as const
    const server = createEngineDoor(this.#gate, caller, most, this.#surface)
    const connections = connectionsOf(server)
    try {
      await this.#tidy(directory)
      const socket = `${newRecordId()}.sock`
      // Its name stays when it is served no more: what is mounted of it has to be mounted on again.
      await listenOn(directory, server, { path: join(sockets.directoryOf(name), socket), mode }, owner)
      await sockets.show(name, socket)
      return { server, directory, connections }
    } catch (cause) {
      server.close()
      await directory.close()
      throw cause
    }
  }
}
