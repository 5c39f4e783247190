/** What the route table says of an endpoint, and the decoders that many endpoints share. */
import type { Finding } from '../fields.ts'
import type { Json } from '../json.ts'
import type { Operation } from '../operation.ts'
import { noQuery } from '../operations/container.ts'
import { containerReference, type Parts } from '../parts.ts'
import { pruneQuery, type Prunable, type Prune } from '../operations/prune.ts'

/**
 * `json`: read whole and decoded. `stream`: passed on as it comes. `hijack`: the connection is taken over. `none`: must say nothing that the query does not.
 * `unread`: of no meaning, since the endpoint is refused.
 */
type BodyKind = 'none' | 'json' | 'stream' | 'hijack' | 'unread'

export interface Route {
  /** `GET /containers/{id}/json`, with the engine's own placeholders. */
  readonly endpoint: string
  /** The engine's name of the operation. */
  readonly id: string
  readonly body: BodyKind
  /** The query parameter that makes the body a stream. */
  readonly streamsWith: string | undefined
  /** The protocol to which the connection is taken over where the client asks for it by Upgrade. */
  readonly takesOver: 'tcp' | 'websocket' | undefined
  /** Query parameters that may be repeated. */
  readonly repeatable: readonly string[]
  /** Headers, in small letters, that are known here alone. */
  readonly headers: readonly string[]
  readonly decode: (parts: Parts) => Operation
}

export type Decode = Route['decode']

export function route(
  endpoint: string,
  id: string,
  decode: Decode,
  options: Partial<Omit<Route, 'endpoint' | 'id' | 'decode'>> = {},
): Route {
  return { ...STANDARD, endpoint, id, decode, ...options }
}

const STANDARD = {
  body: 'none',
  streamsWith: undefined,
  takesOver: undefined,
  repeatable: [],
  headers: [],
} as const

export const JSON_BODY = { body: 'json' } as const

/** What becomes of the body of a request with this query. */
export function bodyKindOf({ body, streamsWith }: Route, query: string): BodyKind {
  if (streamsWith === undefined) return body
  return (new URLSearchParams(query).get(streamsWith) ?? '') === '' ? body : 'stream'
}

/** A decoder for an endpoint that has no query. */
export function withoutQuery(decode: Decode): Decode {
  return (parts) => {
    noQuery.read(parts.query, '', parts.findings)
    return decode(parts)
  }
}

/** A decoder for an operation on a container that has nothing but a query. */
export function onContainer<const K extends string, P>(
  kind: K,
  query: { readonly read: (value: Json, path: string, findings: Finding[]) => P },
): (parts: Parts) => { readonly kind: K; readonly container: string; readonly parameters: P } {
  return ({ name, query: given, findings }) => ({
    kind,
    container: containerReference(name),
    parameters: query.read(given, '', findings),
  })
}

export function prune(of: Prunable, kind: Prune['kind']): Decode {
  const query = pruneQuery(of)
  return (parts) => ({ kind, parameters: query.read(parts.query, '', parts.findings) })
}
