/** Bytes to an operation: the route, the query, the body. Pure: the same request decodes to the same operation. */
import { FieldError, isEmpty, type Finding } from './fields.ts'
import { readHeaders } from './headers.ts'
import type { IncomingRequest } from './incoming.ts'
import { JsonError, parseJson, type Json, type JsonObject } from './json.ts'
import type { Decoded, Malformed } from './operation.ts'
import { parseQuery } from './query.ts'
import { decoderOf, type Route } from './routes/route.ts'
import { matchRoute, type Match } from './router.ts'
import { NEWEST_MINOR, OLDEST_MINOR, parseTarget, TargetError } from './target.ts'

const NO_QUERY: JsonObject = new Map()

/** Where a request goes, before its body is read. */
export type Routed =
  | { readonly found: true; readonly match: Match }
  | { readonly found: false; readonly malformed: Malformed; readonly minor: number | undefined }

/** Podman's own API, whose versions are its own. */
const LIBPOD = /^\/+(?:v[^/?]*\/+)?libpod(?:[/?]|$)/i
const NO_LIBPOD = "Podman's own API is not spoken here; the Docker CLI and compose speak the one that is"

/** Finds the route of a request, so that a door knows whether to read a body before it decodes. */
export function routeOf(method: string, target: string): Routed {
  try {
    if (LIBPOD.test(target))
      return { found: false, minor: undefined, malformed: malformed('libpod', NO_LIBPOD) }
    const parsed = parseTarget(target)
    const { minor } = parsed
    if (minor !== undefined && (minor < OLDEST_MINOR || minor > NEWEST_MINOR)) {
      // Which versions are spoken with this engine, the decision tells.
      const why = `API versions 1.${OLDEST_MINOR} to 1.${NEWEST_MINOR} are spoken here`
      return { found: false, minor, malformed: malformed(`API version 1.${minor}`, why) }
    }
    const match = matchRoute(method, parsed)
    if (match !== undefined) return { found: true, match }
    const why = 'there is no such endpoint'
    return {
      found: false,
      minor,
      malformed: { kind: 'malformed', what: 'page not found', why, status: 404 },
    }
  } catch (cause) {
    if (cause instanceof TargetError)
      return { found: false, minor: undefined, malformed: malformed(target, cause.message) }
    throw cause
  }
}

/** Decodes a request. Never throws for what a client sent: that is a malformed operation. */
export function decodeRouted(routed: Routed, request: IncomingRequest): Decoded {
  return routed.found
    ? decode(routed.match, request)
    : { operation: routed.malformed, minor: routed.minor, findings: [], leftOut: [] }
}

/** Decodes a request whose route was found. Never throws for what a client sent: that is a malformed operation. */
export function decode({ route, target, name }: Match, request: IncomingRequest): Decoded {
  const findings: Finding[] = []
  const minor = target.minor
  try {
    const headers = readHeaders(request.rawHeaders, findings, namesOf(route))
    const sent = parseBody(route, request.body, headers.get('content-type'))
    const query =
      route.content === 'unread'
        ? NO_QUERY
        : parseQuery(target.query, route.repeatable, fieldsOf(route, sent))
    const body = withoutEchoes(route, sent, query)
    const operation = decoderOf(route, target.query).decode({
      name,
      query,
      body,
      header: (wanted) => headers.get(wanted),
      findings,
    })
    return { operation, minor, ...sorted(findings) }
  } catch (cause) {
    if (!(cause instanceof FieldError || cause instanceof JsonError)) throw cause
    return { operation: malformed(route.endpoint, cause.message), minor, ...sorted(findings) }
  }
}

/** What is refused, and what is left out. */
function sorted(findings: readonly Finding[]): Pick<Decoded, 'findings' | 'leftOut'> {
  const leftOut = findings.filter((finding) => finding.leftOut === true).map(({ what }) => what)
  return { findings: findings.filter((finding) => finding.leftOut !== true), leftOut }
}

/** Headers that mean something to this endpoint. */
function namesOf({ headers }: Route): readonly string[] {
  return Object.keys(headers.children).map((name) => name.toLowerCase())
}

function parseBody(route: Route, body: Uint8Array, contentType: string | undefined): Json {
  // Of a commit the body may be missing; who needs one says so.
  if (body.length === 0 && (route.content !== 'json' || contentType === undefined)) return null
  if (!/^application\/json *(?:; *charset=utf-8)?$/i.test(contentType ?? '')) {
    throw new FieldError('the body must have Content-Type: application/json')
  }
  return parseJson(body)
}

// Some clients (dockerode) say a query's parameters in the body too, and a body's fields in the query. Engines read each
// in its own place alone: parameters begin with a small letter, fields with a capital.

/** Fields of a JSON body, as a query may repeat them. */
function fieldsOf(route: Route, body: Json): readonly string[] {
  return route.content === 'json' && body instanceof Map
    ? [...body.keys()].filter((name) => /^[A-Z]/.test(name))
    : []
}

/** A body without what the query says. @throws {FieldError} for an endpoint without a body if anything is left */
function withoutEchoes(route: Route, body: Json, query: JsonObject): Json {
  if (route.content !== 'json') {
    // Anything else in a body could mean something to an engine: a form in it, say, is read before the query.
    if (!echoes(body, query)) throw new FieldError('this endpoint takes no body')
    return body
  }
  if (!(body instanceof Map)) return body
  return new Map([...body].filter(([name]) => !(/^[a-z]/.test(name) && query.has(name))))
}

/** True for a body that says nothing which the query does not say. */
function echoes(body: Json, query: JsonObject): boolean {
  if (!(body instanceof Map)) return isEmpty(body)
  return [...body].every(([name, value]) => isEmpty(value) || query.has(name))
}

function malformed(what: string, why: string): Malformed {
  return { kind: 'malformed', what, why, status: 400 }
}
