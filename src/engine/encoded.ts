/** A request to the engine: every byte of it made here. */
export interface EncodedRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Path with version and query, percent-encoded. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** `stream`: what the client sends after its head, passed on as opaque bytes. */
  readonly body: Buffer | 'stream' | undefined
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
  return { method, path, headers, body: bytes }
}

/** A request without a body. */
export function plainRequest(method: 'GET' | 'HEAD' | 'POST' | 'DELETE', path: string): EncodedRequest {
  return { method, path, headers: method === 'POST' ? NO_CONTENT : {}, body: undefined }
}

const NO_CONTENT = { 'Content-Length': '0' }

function mapsAsObjects(_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}
