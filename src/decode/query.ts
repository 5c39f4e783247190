/** Query strings: read once, each name once, then by the same field language as bodies. */
import { FieldError } from './fields.ts'
import { JsonError, parseJson, type Json, type JsonObject } from './json.ts'

const NO_QUERY: JsonObject = new Map()
/** Parameters of one query: a save of many images names each. */
const MOST_PAIRS = 1_000

/**
 * The parameters of a query string.
 * @param repeatable names that may be there several times; their values come as a list
 * @param echoed names that are passed over: the request says them in its body
 * @throws {FieldError} for bad escapes
 */
export function parseQuery(
  query: string,
  repeatable: readonly string[] = [],
  echoed: readonly string[] = [],
): JsonObject {
  if (query === '') return NO_QUERY
  const parameters: JsonObject = new Map()
  const repeated = new Map<string, string[]>()
  const passedOver = new Set(echoed)
  const pairs = query.split('&')
  if (pairs.length > MOST_PAIRS) throw new FieldError(`the query has more than ${MOST_PAIRS} parameters`)
  for (const pair of pairs) {
    if (pair === '') continue
    const sign = pair.indexOf('=')
    const name = unescape(sign === -1 ? pair : pair.slice(0, sign))
    const value = unescape(sign === -1 ? '' : pair.slice(sign + 1))
    if (passedOver.has(name)) continue
    if (repeatable.includes(name)) {
      const values = repeated.get(name) ?? []
      values.push(value)
      parameters.set(name, values)
      repeated.set(name, values)
      continue
    }
    // An engine takes the first (Go, url.Values.Get).
    if (!parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

function unescape(text: string): string {
  // Go refuses or drops a pair with a semicolon, depending on its version (golang/go#25192).
  if (text.includes(';')) throw new FieldError('the query has a semicolon that is not escaped')
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new FieldError('the query has an escape that is not UTF-8', { cause })
  }
}

/** A flag as engines read one: everything but the empty string, 0, no, false and none is true (moby, httputils.BoolValue). */
export function queryFlag(value: Json, path: string): boolean {
  const word = queryText(value, path).trim().toLowerCase()
  return !['', '0', 'no', 'false', 'none'].includes(word)
}

/** A whole number, in digits; undefined where it is empty. */
export function queryInteger(value: Json, path: string): number | undefined {
  const digits = queryText(value, path)
  if (digits === '') return undefined
  if (!/^-?[0-9]{1,15}$/.test(digits)) throw new FieldError(`${path} must be a whole number`)
  return Number(digits)
}

/** A text without control characters. */
export function queryText(value: Json, path: string): string {
  if (typeof value !== 'string') throw new FieldError(`${path} must be a text`)
  if (/[\u0000-\u001f\u007f]/.test(value)) throw new FieldError(`${path} has a control character`)
  return value
}

/** A text, or those of a parameter that is repeated, without the empty ones. */
export function queryTexts(value: Json, path: string): readonly string[] {
  return (Array.isArray(value) ? value : [value])
    .map((item: Json) => queryText(item, path))
    .filter((text) => text !== '')
}

/** Filters by key: what clients send as JSON in the parameter `filters`. */
export type Filters = ReadonlyMap<string, readonly string[]>

/** A list that is asked for by names and labels, which the gate looks at itself where the engine has others (resolve/own-names.ts). */
export interface ByWords {
  readonly byWords?: Filters
}

/**
 * A reader of `filters` in both forms that clients send, {"name":["web"]} and {"name":{"web":true}}.
 * @param known the keys that the endpoint has; any other is refused
 */
export function queryFilters(known: readonly string[]): (value: Json, path: string) => Filters | undefined {
  return (value, path) => {
    const json = queryText(value, path)
    if (json === '') return undefined
    const filters = new Map<string, readonly string[]>()
    for (const [key, values] of parseFilters(json, path)) {
      if (!known.includes(key))
        throw new FieldError(`${path} has a key that is not known here: ${JSON.stringify(key)}`)
      filters.set(key, filterValues(values, `${path}.${key}`))
    }
    return filters
  }
}

function parseFilters(json: string, path: string): JsonObject {
  try {
    const parsed = parseJson(Buffer.from(json))
    if (parsed instanceof Map) return parsed
  } catch (cause) {
    if (cause instanceof JsonError) throw new FieldError(`${path}: ${cause.message}`, { cause })
    throw cause
  }
  throw new FieldError(`${path} must be a JSON object`)
}

function filterValues(values: Json, path: string): readonly string[] {
  if (Array.isArray(values)) return values.map((value: Json) => queryText(value, path))
  if (values instanceof Map && [...values.values()].every((on) => on === true)) return [...values.keys()]
  throw new FieldError(`${path} must be a list of texts`)
}
