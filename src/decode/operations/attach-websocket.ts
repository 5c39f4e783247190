/** GET /containers/{id}/attach/ws: a container's streams over a WebSocket (RFC 6455). */
import { FieldError, record, type Read } from '../fields.ts'
import { attachParameters } from './container.ts'
import { containerReference, type Parts } from '../parts.ts'

export const attachWebSocketQuery = record(attachParameters)

export interface ContainerAttachWebSocket {
  readonly kind: 'container.attach-ws'
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<typeof attachWebSocketQuery>
  /** The client's Sec-WebSocket-Key. */
  readonly key: string
}

/** Headers of the handshake. Extensions and subprotocols are offers, none of which is taken. */
export const HANDSHAKE_HEADERS = [
  'origin',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-protocol',
  'sec-websocket-version',
]

/** Base64 of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** Reads a handshake. @throws {FieldError} where it is none */
export function readAttachWebSocket({ name, query, header, findings }: Parts): ContainerAttachWebSocket {
  const asksFor = (header('connection') ?? '')
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
  if (header('upgrade')?.toLowerCase() !== 'websocket' || !asksFor.includes('upgrade'))
    throw new FieldError(
      'this endpoint is a WebSocket: Connection: Upgrade and Upgrade: websocket are missing',
    )
  const key = header('sec-websocket-key') ?? ''
  if (!KEY.test(key) || header('sec-websocket-version') !== '13')
    throw new FieldError('the WebSocket handshake has no key of 16 bytes, or is not of version 13')
  // A browser says whose page it is: any page could open a WebSocket to an address that the browser reaches.
  if ((header('origin') ?? '') !== '')
    findings.push({
      what: 'header Origin',
      why: 'a web page is not to type into a container',
      instead: 'docker attach',
    })
  return {
    kind: 'container.attach-ws',
    container: containerReference(name),
    parameters: attachWebSocketQuery.read(query, '', findings),
    key,
  }
}
