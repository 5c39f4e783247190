/** What a door sends back to the worker. */
import type { Readable } from 'node:stream'
import type { Hijacked } from './engine.ts'

export type ReplyHeaders = Readonly<Record<string, string>>

export type Reply =
  | { readonly kind: 'whole'; readonly status: number; readonly headers: ReplyHeaders; readonly body: Buffer }
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: ReplyHeaders
      readonly body: Readable
    }
  /**
   * The connection itself, to be joined to the client's. `isOver`: nothing more can come of it, though the engine holds it
   * open; asked once the client has ended its side, which over a socket may mean that it is gone.
   */
  | {
      readonly kind: 'hijacked'
      readonly connection: Hijacked
      readonly isOver: () => boolean
      /** The client's key, where the connection is a WebSocket. */
      readonly webSocketKey?: string
    }

/** A reply with a JSON body. */
export function jsonReply(status: number, value: unknown, headers: ReplyHeaders = {}): Reply {
  const body = Buffer.from(JSON.stringify(value))
  return { kind: 'whole', status, headers: { 'Content-Type': 'application/json', ...headers }, body }
}

/** An error as engines send one. */
export function errorReply(status: number, message: string, more: object = {}): Reply {
  return jsonReply(status, { message, ...more })
}

/** A reply without a body. */
export function emptyReply(status: number, headers: ReplyHeaders = {}): Reply {
  return { kind: 'whole', status, headers, body: EMPTY }
}

const EMPTY = Buffer.alloc(0)
