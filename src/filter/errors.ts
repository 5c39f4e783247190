/** What a worker is told of an engine's error: its message, without the ids of objects out of reach, and without where the engine keeps things. */
import { objectOf, textOf } from '../shared/json-value.ts'
import { shorten } from '../shared/refusal.ts'

/** Characters: engines quote what they were asked, however long. */
const LONGEST = 4_000
const ID = /\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g

/**
 * The engine's message, cleaned.
 * @param dataRoot where the engine keeps everything; empty where that is not known
 * @param inReach says whether an id, or its first 12 digits, is of an object that the worker may know of
 */
export function cleanMessage(body: Buffer, dataRoot: string, inReach: (id: string) => boolean): string {
  const message = dataRoot === '' ? messageOf(body) : messageOf(body).replaceAll(dataRoot, HIDDEN)
  return shorten(message, LONGEST).replace(ID, (id) => (inReach(id) ? id : '...'))
}

const HIDDEN = '...'

/** The same of what an engine tells in a stream as it works: what may be the beginning of that path is held back until it is none. */
export async function* withoutDataRoot(
  answer: AsyncIterable<unknown>,
  dataRoot: string,
): AsyncGenerator<Buffer> {
  const hidden = Buffer.from(dataRoot).toString('latin1')
  let rest = ''
  for await (const chunk of answer) {
    if (!(chunk instanceof Buffer)) throw new TypeError('an answer is read as bytes')
    const text = rest + chunk.toString('latin1')
    const clean = hidden === '' ? text : text.replaceAll(hidden, HIDDEN)
    rest = beginningAtEnd(clean, hidden)
    const known = clean.slice(0, clean.length - rest.length)
    if (known !== '') yield Buffer.from(known, 'latin1')
  }
  if (rest !== '') yield Buffer.from(rest, 'latin1')
}

/** What a text ends with that another begins with. */
function beginningAtEnd(text: string, other: string): string {
  for (let length = Math.min(text.length, other.length - 1); length > 0; length -= 1)
    if (text.endsWith(other.slice(0, length))) return other.slice(0, length)
  return ''
}

function messageOf(body: Buffer): string {
  const text = body.toString()
  try {
    return textOf(objectOf(JSON.parse(text))['message'])
  } catch (cause) {
    if (cause instanceof SyntaxError) return text.slice(0, 500)
    throw cause
  }
}
