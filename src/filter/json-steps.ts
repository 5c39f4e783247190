/** JSON of an engine's, as long as its lists are, read and written in steps. */
import type { Steps } from '../schedule/scheduler.ts'

declare global {
  /** JSON.parse source text access (ES2026), which Node 24 has. */
  interface JSON {
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
    rawJSON(text: string): object
    isRawJSON(value: unknown): boolean
  }
}

/** Characters that are read in one step, but for a single object that has more. */
const STEP = 64 * 2 ** 10

/** More digits than a number of ours holds for sure, where a number begins: ids have as many in their midst. */
const MANY_DIGITS = /(?:^|[\s:,[-])\d{16}/

/** Reads JSON as JSON.parse does, but for whole numbers that ours can't hold: they stay as they are written. @throws {SyntaxError} */
export function parseExact(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text)
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    source !== undefined &&
    /^-?\d+$/.test(source)
      ? JSON.rawJSON(source)
      : value,
  )
}

/** Reads JSON as `parseExact` does. @throws {SyntaxError} */
export function* parseSteps(text: string): Steps<unknown> {
  if (text.length <= STEP) return parseExact(text)
  const start = /\S/.exec(text)?.index ?? 0
  if (text[start] === '[') return yield* elementsOf(text, start)
  return text[start] === '{' ? yield* fieldsOf(text, start) : parseExact(text)
}

function* elementsOf(text: string, start: number): Steps<readonly unknown[]> {
  const elements: unknown[] = []
  let end = start
  for (let from = start + 1; text[end] !== ']'; from = end + 1) {
    end = endOfValue(text, from)
    while (text[end] === ',' && end - from < STEP) end = endOfValue(text, end + 1)
    yield
    const part = parseExact(`[${text.slice(from, end)}]`)
    if (Array.isArray(part)) elements.push(...part)
  }
  requireEnd(text, end + 1)
  return elements
}

function* fieldsOf(text: string, start: number): Steps<unknown> {
  const fields: [string, unknown][] = []
  let end = start
  for (let from = start + 1; text[end] !== '}'; from = end + 1) {
    end = endOfValue(text, from)
    const field = text.slice(from, end)
    if (text[end] === '}' && fields.length === 0 && field.trim() === '') break
    const key = endOfString(field, field.indexOf('"')) + 1
    const value = field.indexOf(':', key) + 1
    fields.push([String(JSON.parse(field.slice(0, key))), yield* parseSteps(field.slice(value))])
  }
  requireEnd(text, end + 1)
  return Object.fromEntries(fields)
}

function requireEnd(text: string, from: number): void {
  if (/\S/.test(text.slice(from))) throw new SyntaxError('something stands behind the JSON')
}

/** Where the sign is that ends a value or a field of an object. @throws {SyntaxError} where there is none */
function endOfValue(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '"') at = endOfString(text, at)
    else if (sign === '{' || sign === '[') depth += 1
    else if (sign === '}' || sign === ']') depth -= 1
    if (depth < 0 || (depth === 0 && sign === ',')) return at
  }
  throw new SyntaxError('the JSON is cut off')
}

/** Where the quote is that ends a string. @throws {SyntaxError} */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return at
  }
  throw new SyntaxError('the JSON is cut off')
}

/** Writes what JSON.stringify does of an object or a list, an element of a list in each step. */
export function* stringifySteps(value: unknown): Steps<string> {
  if (Array.isArray(value)) {
    const elements: string[] = []
    for (const element of value) {
      yield
      elements.push(textOf(element) ?? 'null')
    }
    return `[${elements.join(',')}]`
  }
  if (typeof value !== 'object' || value === null) return textOf(value) ?? 'null'
  const fields: string[] = []
  for (const [key, field] of Object.entries(value)) {
    const text = Array.isArray(field) ? yield* stringifySteps(field) : textOf(field)
    if (text !== undefined) fields.push(`${JSON.stringify(key)}:${text}`)
  }
  return `{${fields.join(',')}}`
}

/** There is no text of what JSON can't have. */
function textOf(value: unknown): string | undefined {
  return JSON.stringify(value)
}
