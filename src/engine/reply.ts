/** What a door sends back to the worker. */
import type { Readable } from 'node:stream'
import type { Hijacked } from './engine.ts'

export type ReplyHeaders = Readonly<Record<string, string>>

export type Reply =
  /** A body of text goes out in one write with the head. */
  | {
      readonly kind: 'whole'
      readonly status: number
      readonly headers: ReplyHeaders
      readonly body: Buffer | string
    }
  | {
      readonly kind: 'stream'
      readonly status: number
      readonly headers: ReplyHeaders
      readonly body: Readable
    }
  /** The connection itself, to be joined to the client's. */
  | {
      readonly kind: 'hijacked'
      readonly connection: Hijacked
      /** The client's key, where the connection is a WebSocket. */
      readonly webSocketKey?: string
    }

/** A reply with a JSON body. */
export function jsonReply(status: number, value: unknown, headers: ReplyHeaders = {}): Reply {
  const body = JSON.stringify(value)
  return { kind: 'whole', status, headers: { 'Content-Type': 'application/json', ...headers }, body }
}

/** An error as engines send one. */
export function errorReply(status: number, message: string, more: object = {}): Reply {
  return jsonReply(status, { message, ...more })
}

/** A reply without a body. */
export function emptyReply(status: number, headers: ReplyHeaders = {}): Reply {
  return { kind: 'whole', status, headers, body: '' }
}
