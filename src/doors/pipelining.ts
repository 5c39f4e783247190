/** One request of a connection at a time: Node hands out pipelined ones at once, and each could wait for hours. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that a connection may have sent ahead. */
const MOST_AHEAD = 16

interface Queue {
  readonly waiting: (() => void)[]
}

export class Turns {
  readonly #queues = new WeakMap<Socket, Queue>()

  /** Serves a request when the ones before it on the same connection have been answered. */
  take(request: IncomingMessage, response: ServerResponse, serve: () => unknown): void {
    const { socket } = request
    // Node reads on in what has come already.
    if (socket.destroyed) return
    const queue = this.#queues.get(socket)
    response.once('close', () => this.#next(socket))
    if (queue === undefined) {
      this.#queues.set(socket, { waiting: [] })
      serve()
    } else if (queue.waiting.length < MOST_AHEAD) {
      queue.waiting.push(serve)
    } else {
      socket.destroy()
    }
  }

  #next(socket: Socket): void {
    const next = this.#queues.get(socket)?.waiting.shift()
    if (next === undefined) this.#queues.delete(socket)
    else if (!socket.destroyed) next()
  }
}
