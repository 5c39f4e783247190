/** How a call of gRPC ends (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md and statuscodes.md). */

export const CODE = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalid: 3,
  notFound: 5,
  refused: 7,
  exhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const

/** A call that did not end well. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly code: number
  /** What goes along for programs (`grpc-status-details-bin`). */
  readonly details: Buffer | undefined

  constructor(code: number, message: string, details?: Buffer) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** Characters of a message that are told. */
const LONGEST = 8_000

export type Trailers = Readonly<Record<string, string>>

/** The trailers of an end; of a good one without a cause. */
export function trailersOf(cause?: GrpcError): Trailers {
  if (cause === undefined) return { 'grpc-status': '0' }
  const { code, message, details } = cause
  return {
    'grpc-status': String(code),
    'grpc-message': encodeMessage(message.slice(0, LONGEST)),
    ...(details === undefined ? {} : { 'grpc-status-details-bin': details.toString('base64') }),
  }
}

/** The end that trailers tell of; undefined for a good one. */
export function endOf(trailers: Readonly<Record<string, unknown>>): GrpcError | undefined {
  const code = Number(trailers['grpc-status'] ?? CODE.unknown)
  if (code === CODE.ok) return undefined
  const details = trailers['grpc-status-details-bin']
  const message = trailers['grpc-message']
  return new GrpcError(
    code,
    typeof message === 'string' ? decodeMessage(message) : 'the other side broke off',
    typeof details === 'string' ? Buffer.from(details, 'base64') : undefined,
  )
}

/** Percent-encoding of what is not printable ASCII, and of the percent sign. */
function encodeMessage(message: string): string {
  return [...Buffer.from(message.toWellFormed())]
    .map((byte) =>
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

function decodeMessage(message: string): string {
  const bytes: number[] = []
  for (let at = 0; at < message.length; at += 1) {
    const code = /^%[0-9a-fA-F]{2}/.exec(message.slice(at, at + 3))?.[0]
    bytes.push(code === undefined ? message.charCodeAt(at) & 0xff : Number.parseInt(code.slice(1), 16))
    if (code !== undefined) at += 2
  }
  return Buffer.from(bytes).toString()
}
