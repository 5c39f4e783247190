/** GET /containers/{id}/attach/ws: a container's streams over a WebSocket (RFC 6455). */
import { FieldError, record, refused, rewritten, text, type Field, type Read } from '../fields.ts'
import { attachParameters } from './container.ts'
import { containerReference, type Given } from '../parts.ts'

export const attachWebSocketQuery = record(attachParameters)

export interface ContainerAttachWebSocket {
  readonly kind: 'container.attach-ws'
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<typeof attachWebSocketQuery>
  /** The client's Sec-WebSocket-Key. */
  readonly key: string
}

const anew = rewritten(text, 'the handshake with the engine is made anew')

const FOREIGN = 'a web page is not to type into a container'
/** A browser says whose page it is: any page could open a WebSocket to an address that the browser reaches. */
const origin: Field<undefined> = {
  ...refused(FOREIGN),
  read: (value, _path, findings) => {
    if (value !== '') findings.push({ what: 'header Origin', why: FOREIGN, instead: 'docker attach' })
    return undefined
  },
}

/** Headers of the handshake. Extensions and subprotocols are offers, none of which is taken. */
export const handshakeHeaders = record({
  origin,
  'sec-websocket-extensions': anew,
  'sec-websocket-key': anew,
  'sec-websocket-protocol': anew,
  'sec-websocket-version': anew,
})

/** Base64 of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** @throws {FieldError} where it is not a handshake */
export function readAttachWebSocket({
  name,
  parameters,
  headers: { 'sec-websocket-key': key = '', 'sec-websocket-version': version },
  header,
}: Given<
  Read<typeof attachWebSocketQuery>,
  unknown,
  Read<typeof handshakeHeaders>
>): ContainerAttachWebSocket {
  const asksFor = (header('connection') ?? '')
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
  if (header('upgrade')?.toLowerCase() !== 'websocket' || !asksFor.includes('upgrade'))
    throw new FieldError(
      'this endpoint is a WebSocket: Connection: Upgrade and Upgrade: websocket are missing',
    )
  if (!KEY.test(key) || version !== '13')
    throw new FieldError('the WebSocket handshake has no key of 16 bytes, or is not of version 13')
  return {
    kind: 'container.attach-ws',
    container: containerReference(name),
    parameters,
    key,
  }
}
