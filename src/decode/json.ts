/**
 * A strict JSON reader (RFC 8259) for bodies that an engine would read more loosely.
 * Go's decoder merges equal keys, folds letters and takes the first of several values (escape corpus: js-*); this one
 * refuses whatever two readers could understand differently: equal keys, a byte order mark, bytes after the value, invalid UTF-8,
 * lone surrogates, integers that lose digits, deep nesting. Keys that are equal but for their case are two in what is a map to Go
 * (labels, build arguments); where they are fields, who reads them refuses the one that is not known (fields.ts), or has the reader do it.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = Map<string, Json>

/** What was wrong with a body, and at which byte. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
}

const DEPTH = 24
/** Values in one body. The largest honest bodies have some hundreds; each costs time in every stage behind. */
const MOST_VALUES = 10_000
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface Form {
  /** Whether numbers are whole ones, written so: Go reads no 2.0 where it expects one. */
  readonly integers?: boolean
  /** Whether keys that are equal but for their case are refused: of what is passed on as it came. */
  readonly folded?: boolean
}

/**
 * Reads one JSON value from UTF-8 bytes.
 * @throws {JsonError} where the bytes are not JSON, or are JSON that readers disagree about
 */
export function parseJson(bytes: Uint8Array, { integers = false, folded = false }: Form = {}): Json {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch (cause) {
    throw new JsonError('the body is not valid UTF-8', { cause })
  }
  const reader = new Reader(text, integers ? INTEGER : NUMBER, folded)
  const value = reader.value(0)
  reader.end()
  return value
}

/** A key as Go compares it: letters without case, and the two signs that fold to ASCII letters (U+212A is a k in small letters). */
export function foldKey(key: string): string {
  const lower = key.toLowerCase()
  return lower.includes('\u017f') ? lower.replaceAll('\u017f', 's') : lower
}

const INTEGER = /-?(?:0|[1-9][0-9]*)(?![.eE])/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** What stands in a string, up to a number of times: an engine of expressions keeps each in mind. */
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES = /(?:[^"\\\u0000-\u001f]*\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})){1,1000}/y

class Reader {
  readonly #text: string
  readonly #numbers: RegExp
  readonly #folded: boolean
  #at = 0
  #values = 0

  constructor(text: string, numbers: RegExp, folded: boolean) {
    this.#folded = folded
    this.#text = text
    this.#numbers = numbers
  }

  value(depth: number): Json {
    if (depth > DEPTH) this.#fail(`nested deeper than ${DEPTH}`)
    this.#values += 1
    if (this.#values > MOST_VALUES) this.#fail(`more than ${MOST_VALUES} values`)
    this.#space()
    switch (this.#text[this.#at] ?? '') {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      default:
        return this.#number()
    }
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) this.#fail('there is more after the value')
  }

  #object(depth: number): JsonObject {
    const object = new Map<string, Json>()
    const known = new Set<string>()
    this.#at++
    if (this.#next('}')) return object
    do {
      this.#space()
      const key = this.#string()
      const one = this.#folded ? foldKey(key) : key
      if (known.has(one)) this.#fail(`the key ${JSON.stringify(key)} is there twice`)
      known.add(one)
      if (!this.#next(':')) this.#fail('":" expected')
      object.set(key, this.value(depth + 1))
    } while (this.#next(','))
    if (!this.#next('}')) this.#fail('"," or "}" expected')
    return object
  }

  #array(depth: number): readonly Json[] {
    const array: Json[] = []
    this.#at++
    if (this.#next(']')) return array
    do array.push(this.value(depth + 1))
    while (this.#next(','))
    if (!this.#next(']')) this.#fail('"," or "]" expected')
    return array
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') this.#fail('a string expected')
    const start = this.#at++
    this.#skip(PLAIN)
    const isEscaped = this.#text[this.#at] === '\\'
    while (this.#text[this.#at] === '\\') {
      if (!this.#skip(ESCAPES)) this.#failEscape()
      this.#skip(PLAIN)
    }
    if (this.#text[this.#at] !== '"') this.#fail('an open string, or a control character in one')
    this.#at++
    const written = this.#text.slice(start, this.#at)
    const result = isEscaped ? String(JSON.parse(written)) : written.slice(1, -1)
    if (!result.isWellFormed()) this.#fail('half of a surrogate pair')
    return result
  }

  /** Skips what an expression finds here. */
  #skip(expression: RegExp): boolean {
    expression.lastIndex = this.#at
    const isFound = expression.test(this.#text)
    if (isFound) this.#at = expression.lastIndex
    return isFound
  }

  #failEscape(): never {
    this.#at++
    return this.#text[this.#at] === 'u'
      ? this.#fail('four hexadecimal digits expected')
      : this.#fail('an escape that JSON does not have')
  }

  #number(): number {
    this.#numbers.lastIndex = this.#at
    const digits = this.#numbers.exec(this.#text)?.[0] ?? this.#fail('a value expected')
    const number = Number(digits)
    // An engine reads 64-bit integers; a number that rounds here would be another one there.
    if (!Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER)
      this.#fail(`${digits} is out of range`)
    this.#at += digits.length
    return number
  }

  #word<T extends Json>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail('a value expected')
    this.#at += word.length
    return value
  }

  /** Skips space and takes the sign if it is next. */
  #next(sign: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }

  #fail(reason: string): never {
    throw new JsonError(`${reason}, at character ${this.#at + 1} of the body`)
  }
}
