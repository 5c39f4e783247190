/** What the route table says of an endpoint, and the operations that many endpoints have alike. */
import type { Field } from '../fields.ts'
import type { Operation } from '../operation.ts'
import { containerReference, noBody, noFields, type Given, type Parts } from '../parts.ts'
import { pruneQuery, type Prunable } from '../operations/prune.ts'

/**
 * `json`: read whole and decoded. `stream`: passed on as it comes. `hijack`: the connection is taken over. `none`: must say nothing that the query does not.
 * `unread`: of no meaning, since the endpoint is refused.
 */
type BodyKind = 'none' | 'json' | 'stream' | 'hijack' | 'unread'

/** What an operation takes of a request: the very fields that it is read by, for its decoder and for the reference. */
interface Takes<Query, Body, Headers> {
  readonly query: Field<Query>
  /** Of a JSON body. */
  readonly body: Field<Body>
  /** Headers that mean something here, as they are usually written. */
  readonly headers: Field<Headers>
}

/** One operation, what it takes, and how it is made of that. */
export interface Decoder extends Takes<unknown, unknown, unknown> {
  readonly kind: Operation['kind']
  readonly decode: (parts: Parts) => Operation
}

export interface Route extends Decoder {
  /** `GET /containers/{id}/json`, with the engine's own placeholders. */
  readonly endpoint: string
  /** The engine's name of the operation. */
  readonly id: string
  readonly content: BodyKind
  /** What it is instead where a query parameter says something: then the body is a stream. */
  readonly streamed: { readonly with: string; readonly decoder: Decoder } | undefined
  /** The protocol to which the connection is taken over where the client asks for it by Upgrade. */
  readonly takesOver: 'tcp' | 'websocket' | 'h2c' | undefined
  /** Query parameters that may be repeated. */
  readonly repeatable: readonly string[]
}

const STANDARD = { streamed: undefined, takesOver: undefined, repeatable: [] } as const

export function route(
  endpoint: string,
  id: string,
  decoder: Decoder,
  options: Partial<Omit<Route, 'endpoint' | 'id' | keyof Decoder>> = {},
): Route {
  const content = decoder.body === noBody ? 'none' : 'json'
  return { ...STANDARD, endpoint, id, content, ...decoder, ...options }
}

/** The operation that streams, where a request with this query is it. */
function streamedBy({ streamed }: Route, query: string): Decoder | undefined {
  if (streamed === undefined || (new URLSearchParams(query).get(streamed.with) ?? '') === '') return undefined
  return streamed.decoder
}

/** What becomes of the body of a request with this query. */
export function bodyKindOf(matched: Route, query: string): BodyKind {
  return streamedBy(matched, query) === undefined ? matched.content : 'stream'
}

/** What a request with this query is read by. */
export function decoderOf(matched: Route, query: string): Decoder {
  return streamedBy(matched, query) ?? matched
}

/** What takes nothing; what an operation does take is put over it. */
export const NOTHING = { query: noFields, body: noBody, headers: noFields }

/** An operation that is made of what it takes. */
export function takes<const K extends Operation['kind'], Query, Body, Headers>(
  kind: K,
  taken: Takes<Query, Body, Headers>,
  make: (given: Given<Query, Body, Headers>) => Operation & { readonly kind: K },
): Decoder {
  const { query, body, headers } = taken
  const written = Object.keys(headers.children)
  const headersOf = ({ header }: Parts) =>
    new Map(
      written.flatMap((name) => {
        const value = header(name.toLowerCase())
        return value === undefined ? [] : [[name, value] as const]
      }),
    )
  return {
    kind,
    query,
    body,
    headers,
    decode: (parts) => {
      const { name, header, findings } = parts
      const read = headers.read(headersOf(parts), '', findings)
      const parameters = query.read(parts.query, '', findings)
      return make({
        ...{ name, header, findings, headers: read, parameters },
        body: body.read(parts.body, '', findings),
      })
    },
  }
}

/** An operation that is its kind, its query and what `named` makes of the path's name. */
export function plain<const K extends string, Query, Named extends object>(
  kind: K,
  query: Field<Query>,
  named: (name: string) => Named,
) {
  const decode = ({ name, query: given, findings }: Parts) => ({
    kind,
    ...named(name),
    parameters: query.read(given, '', findings),
  })
  return { ...NOTHING, kind, query, decode }
}

/** An operation on nothing by name that has nothing but a query. */
export function unnamed<const K extends string, Query>(kind: K, query: Field<Query>) {
  return plain(kind, query, () => ({}))
}

/** An operation on a container that has nothing but a query. */
export function onContainer<const K extends string, Query>(kind: K, query: Field<Query>) {
  return plain(kind, query, (name) => ({ container: containerReference(name) }))
}

/** An operation on an image, likewise. */
export function onImage<const K extends string, Query>(kind: K, query: Field<Query>) {
  return plain(kind, query, (image) => ({ image }))
}

export function prune(of: Prunable) {
  return unnamed(`${of}.prune`, pruneQuery(of))
}
