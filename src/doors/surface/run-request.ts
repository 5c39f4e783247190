/** What requests of the surface say, read strictly. */
import { hash } from 'node:crypto'
import type { OwnFilter } from './own-record.ts'
import type { Json } from '../../decode/json.ts'
import type { Written } from '../../decode/line/command.ts'
import type { Caller, Door } from '../../workers/caller.ts'
import { isRecordId } from '../../record/id.ts'
import { printable } from '../../shared/refusal.ts'

/** Characters of the text about a key. */
const LONGEST_KEY = 1024
/** Entries of the record in one answer. */
const MOST_ENTRIES = 200

/** A request that is none of this surface's. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

const KEYS = ['line', 'words', 'door', 'key']

/**
 * The body of a run. Door and key are what the caller says: they are recorded, and count for nothing.
 * @throws {BadRequest}
 */
export function readRun(body: Json): { readonly written: Written } & Pick<Caller, 'door' | 'key'> {
  if (!(body instanceof Map)) throw new BadRequest('the body must be an object')
  const unknown = [...body.keys()].find((key) => !KEYS.includes(key))
  if (unknown !== undefined) {
    throw new BadRequest(`there are ${KEYS.join(', ')}, and no ${printable(unknown)}`)
  }
  const key = body.get('key') ?? null
  if (key !== null && (typeof key !== 'string' || key.length > LONGEST_KEY)) {
    throw new BadRequest(`key must be a text of at most ${LONGEST_KEY} characters`)
  }
  return {
    written: writtenOf(body.get('line'), body.get('words')),
    door: doorOf(body.get('door')),
    key: key === null ? undefined : keyText(key),
  }
}

/** A public key as its fingerprint, as `ssh-keygen -l` and sshd's own log show it; any other text as it is. */
function keyText(key: string): string {
  const [, type, blob] = /^([a-z0-9@.-]{1,64}) ([A-Za-z0-9+/]{40,}={0,2})$/.exec(key) ?? []
  if (type === undefined || blob === undefined) return printable(key)
  return `${type} SHA256:${hash('sha256', Buffer.from(blob, 'base64'), 'base64').replace(/=+$/, '')}`
}

function writtenOf(line: Json | undefined, words: Json | undefined): Written {
  if (typeof line === 'string' && words === undefined) return { line }
  if (Array.isArray(words) && line === undefined) {
    const texts = words.filter((word: Json) => typeof word === 'string')
    if (texts.length === words.length) return { words: texts }
  }
  throw new BadRequest('there must be a line, a text, or words, a list of texts')
}

function doorOf(value: Json | undefined): Door {
  if (value === 'ssh' || value === 'mcp') return value
  throw new BadRequest('door must be ssh or mcp')
}

/** The same command, to be tried only. */
export function asTried(written: Written): Written {
  return 'line' in written ? { line: `can ${written.line}` } : { words: ['can', ...written.words] }
}

/** The query of an audit. @throws {BadRequest} */
export function readAudit(query: URLSearchParams): OwnFilter {
  const limit = Number(query.get('limit') ?? '50')
  const after = query.get('after') ?? undefined
  const decision = query.get('decision')
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MOST_ENTRIES)) {
    throw new BadRequest(`limit must be 1 to ${MOST_ENTRIES}`)
  }
  if (after !== undefined && !isRecordId(after)) throw new BadRequest('after must be the id of an entry')
  if (decision !== null && decision !== 'allow' && decision !== 'refuse' && decision !== 'outcome') {
    throw new BadRequest('decision must be allow, refuse or outcome')
  }
  return { count: limit, after, decision: decision ?? undefined }
}
