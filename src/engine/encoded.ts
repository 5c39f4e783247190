import type { Metadata } from '../grpc/client.ts'

/**
 * A request to the engine: every byte of it made here. What encodes permits makes it (encode/), and the gate's own questions
 * (engine/questions/): `test/layers.test.ts` holds that, and a class is nothing that could be written as an object.
 */
class Encoded {
  readonly method: Method
  /** Path with version and query, percent-encoded. */
  readonly path: string
  readonly headers: Headers
  /** `stream`: what the client sends after its head, passed on as opaque bytes. */
  readonly body: Buffer | 'stream' | undefined
  /** No object has it that was not made here. */
  readonly #mark = true

  constructor(method: Method, path: string, headers: Headers, body: Encoded['body']) {
    this.method = method
    this.path = path
    this.headers = headers
    this.body = body
  }

  static wasMadeHere(request: object): boolean {
    return #mark in request && request.#mark
  }

  /** The same with further headers. */
  with(headers: Headers): Encoded {
    const { method, path, body } = this
    return new Encoded(method, path, { ...this.headers, ...headers }, body)
  }
}

/** A call of gRPC, likewise. */
class EncodedCall {
  /** `/moby.buildkit.v1.Control/Solve` */
  readonly path: string
  readonly metadata: Metadata
  readonly message: Buffer
  readonly #mark = true

  constructor(path: string, metadata: Metadata, message: Buffer) {
    this.path = path
    this.metadata = metadata
    this.message = message
  }

  static wasMadeHere(call: object): boolean {
    return #mark in call && call.#mark
  }
}

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
type Headers = Readonly<Record<string, string | readonly string[]>>

export type EncodedRequest = Encoded

/** @throws {TypeError} for what looks like one, and was not made here */
export function requireEncoded(request: EncodedRequest): void {
  if (!Encoded.wasMadeHere(request)) throw new TypeError('a request to the engine that nothing has encoded')
}

export type { EncodedCall }

/** @throws {TypeError} for what looks like one, and was not made here */
export function requireEncodedCall(call: EncodedCall): void {
  if (!EncodedCall.wasMadeHere(call)) throw new TypeError('a call to the engine that nothing has encoded')
}

/** A call with one message. */
export function grpcCall(path: string, metadata: Metadata, message: Buffer): EncodedCall {
  return new EncodedCall(path, metadata, message)
}

/** A path of the API with its query; parameters that are undefined are left out. */
export function apiPath(minor: number, segments: readonly string[], query: Parameters = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => encodeParameter(name, value))
  const path = `/v1.${minor}/${segments.join('/')}`
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

type Value =
  | string
  | number
  | boolean
  | readonly string[]
  | ReadonlyMap<string, readonly string[]>
  | undefined
export type Parameters = Readonly<Record<string, Value>>

function encodeParameter(name: string, value: Value): readonly string[] {
  const pair = (text: string): string => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`
  if (value === undefined) return []
  if (typeof value === 'boolean') return [pair(value ? '1' : '0')]
  if (typeof value === 'string' || typeof value === 'number') return [pair(String(value))]
  if (value instanceof Map) return [pair(JSON.stringify(Object.fromEntries(value)))]
  return Array.isArray(value) ? value.map((item: string) => pair(item)) : []
}

/** A request with a JSON body. */
export function jsonRequest(method: 'POST', path: string, body: unknown): EncodedRequest {
  const bytes = Buffer.from(JSON.stringify(body, mapsAsObjects))
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }
  return new Encoded(method, path, headers, bytes)
}

/** A request without a body. */
export function plainRequest(method: 'GET' | 'HEAD' | 'POST' | 'DELETE', path: string): EncodedRequest {
  return new Encoded(method, path, method === 'POST' ? NO_CONTENT : {}, undefined)
}

/** A request with an archive as its body, which comes as it comes. */
export function archiveRequest(method: 'POST' | 'PUT', path: string, headers: Headers = {}): EncodedRequest {
  return new Encoded(method, path, { 'Content-Type': 'application/x-tar', ...headers }, 'stream')
}

const NO_CONTENT = { 'Content-Length': '0' }

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}
