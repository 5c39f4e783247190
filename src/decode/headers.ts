/** Request headers: a closed list. None is passed on; those that mean something are decoded into the operation. */
import { FieldError, type Finding } from './fields.ts'
import { wordsIn } from '../shared/words.ts'

export type Headers = ReadonlyMap<string, string>

/** Read by the gate itself. */
export const READ: readonly string[] = wordsIn(`
  connection content-length content-type expect host transfer-encoding upgrade x-registry-auth
  x-registry-config
`)

/** Known, without meaning for what is decided; left out. */
export const IGNORED: readonly string[] = wordsIn(`
  accept accept-charset accept-encoding accept-language baggage cache-control http2-settings keep-alive
  pragma te traceparent tracestate user-agent x-requested-with
`)

/** Those that may be there several times, each with a part of a list (RFC 9110, 5.3). */
const LISTS: readonly string[] = ['x-docker-expose-session-grpc-method']

const KNOWN: ReadonlySet<string> = new Set([...READ, ...IGNORED])

/**
 * Reads raw header pairs. A header that is not known is left out, which a finding tells unless it is empty.
 * @param more in small letters: headers that this endpoint reads beside those that all do
 * @throws {FieldError} for a header that is read and is there twice
 */
export function readHeaders(
  raw: readonly string[],
  findings: Finding[],
  more: readonly string[] = [],
): Headers {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase()
    const value = raw[index + 1] ?? ''
    if (!KNOWN.has(name) && !more.includes(name)) {
      if (value !== '')
        findings.push({ what: `header ${raw[index]}`, why: 'it means nothing to an engine', leftOut: true })
    } else if (headers.has(name) && LISTS.includes(name)) {
      headers.set(name, `${headers.get(name)},${value}`)
    } else if (headers.has(name) && !IGNORED.includes(name)) {
      throw new FieldError(`the header ${raw[index]} is there twice`)
    } else {
      headers.set(name, value)
    }
  }
  return headers
}
