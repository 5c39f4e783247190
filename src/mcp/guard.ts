/** What a request over HTTP must bring before anybody reads it: the SDK checks none of this. */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Presented {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
}

export interface Lock {
  readonly port: number
  /** SHA-256 of the token. */
  readonly digest: Uint8Array
}

export interface Rejected {
  readonly status: 401 | 403
  readonly message: string
  readonly challenge?: string
}

/**
 * Why a request is turned away, or undefined where it may come in. A web page in a browser of this host can send requests here, under
 * a name of its own that leads to 127.0.0.1 (DNS rebinding): its Host or Origin gives it away.
 */
export function reject(
  { host, origin, authorization }: Presented,
  { port, digest }: Lock,
): Rejected | undefined {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  if (!names.some((name) => host?.toLowerCase() === `${name}:${port}`))
    return { status: 403, message: `the Host header must name this server: ${names[0]}:${port}` }
  if (origin !== undefined && !isLoopback(origin, names))
    return { status: 403, message: 'web pages of other hosts can not use this server (Origin header)' }
  const token = /^Bearer +([!-~]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined)
    return { status: 401, message: 'a bearer token is needed', challenge: 'Bearer realm="dockgate"' }
  if (!timingSafeEqual(digestOf(token), digest))
    return {
      status: 401,
      message: 'this token is not the one',
      challenge: 'Bearer realm="dockgate", error="invalid_token"',
    }
  return undefined
}

/** SHA-256 of a token: what is compared has one length, and the token itself is nowhere. */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

function isLoopback(origin: string, names: readonly string[]): boolean {
  const [, host] = /^https?:\/\/([^/:@]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$/i.exec(origin) ?? []
  return host !== undefined && names.includes(host.toLowerCase())
}
