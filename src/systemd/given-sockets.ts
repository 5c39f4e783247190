/**
 * Workers' sockets that systemd made, and listens on as long as their units do. The gate makes, changes and removes nothing of them: while no gate runs,
 * or before one is ready, who connects waits in the socket's queue.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { placeOf, type Given, type Place } from './descriptors.ts'

/**
 * One of them. Its descriptor is here once, and closing a server closes it: so one server has it for as long as the gate runs, and hands its connections to
 * whoever serves the worker now.
 */
export class GivenSocket {
  readonly #server: Server
  readonly #descriptor: number
  /** How many connections each server has of it. */
  readonly #connections = new WeakMap<Server, number>()
  #serving: Server | undefined
  #isBegun = false

  /** @param failed is told why nobody can connect */
  constructor(descriptor: number, failed: (cause: Error) => void) {
    this.#descriptor = descriptor
    // As node:http does: a client that has said all may still read.
    this.#server = createServer({ allowHalfOpen: true }, (connection) => this.#take(connection))
    this.#server.on('error', failed)
  }

  get isServed(): boolean {
    return this.#serving !== undefined
  }

  /** Hands connections to a server that itself listens nowhere. Returns what ends that. */
  serve(server: Server): () => void {
    this.#serving = server
    // By this a server of node:http begins to watch how long its connections take to say what they want.
    server.emit('listening')
    this.begin()
    return () => {
      if (this.#serving === server) this.#serving = undefined
    }
  }

  /** Takes connections from now on, and ends them at once while nobody serves them. */
  begin(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    this.#server.listen({ fd: this.#descriptor })
  }

  /** Takes none any more: who connects from now on is the next gate's. */
  end(): void {
    if (this.#isBegun) this.#server.close()
  }

  #take(connection: Socket): void {
    const serving = this.#serving
    if (serving === undefined || this.#open(serving) >= serving.maxConnections) {
      connection.destroy()
      return
    }
    this.#connections.set(serving, this.#open(serving) + 1)
    connection.once('close', () => this.#connections.set(serving, this.#open(serving) - 1))
    serving.emit('connection', connection)
  }

  #open(server: Server): number {
    return this.#connections.get(server) ?? 0
  }
}

export class GivenSockets {
  readonly #sockets = new Map<string, GivenSocket>()

  /** @param tell is told of what is not used */
  constructor(
    given: readonly Given[],
    tell: (message: string) => void,
    find: (given: Given) => Place = placeOf,
  ) {
    for (const each of given) {
      const place = find(each)
      if ('unknown' in place) tell(`socket ${each.name} that systemd gave is not served: ${place.unknown}`)
      else if (this.#sockets.has(place.path)) tell(`systemd gave ${place.path} twice; the first is served`)
      else this.#sockets.set(place.path, socketOf(each, place.path, tell))
    }
  }

  /** The one that is bound to the path of a worker's socket. */
  at(path: string): GivenSocket | undefined {
    return this.#sockets.get(path)
  }

  /** Ends connections to those that nobody serves, which would wait for ever, and gives the paths of these. */
  refuse(): readonly string[] {
    const unserved = [...this.#sockets].filter(([, socket]) => !socket.isServed)
    for (const [, socket] of unserved) socket.begin()
    return unserved.map(([path]) => path)
  }

  end(): void {
    for (const socket of this.#sockets.values()) socket.end()
  }
}

function socketOf({ descriptor }: Given, path: string, tell: (message: string) => void): GivenSocket {
  return new GivenSocket(descriptor, ({ message }) =>
    tell(`nobody can connect to ${path} that systemd gave: ${message}`),
  )
}
