/**
 * The language in which bodies and queries are described: one description gives the reader, its type, and the row of the
 * reference table that says what happens to each field. Descriptions name every field that the API has; what none names can do
 * nothing, and is left out.
 */
import { shorten } from '../shared/refusal.ts'
import { foldKey, type Json } from './json.ts'
import { withoutLogin } from './line/secrets.ts'
import { Secret, type Told } from './secret.ts'

/** What happens to a field that is not empty. */
export type Treatment = 'forwarded' | 'limited' | 'rewritten' | 'refused'

/** Something in a request that the gate does not let through, whatever the policy says. */
export interface Finding {
  /** `HostConfig.Privileged = true` */
  readonly what: string
  readonly why: string
  readonly instead?: string
  /** Whether the request goes on without it: what no version of the API has can do nothing. */
  readonly leftOut?: true
}

/** A value of the wrong type, or out of the range of its type. */
export class FieldError extends Error {
  override readonly name = 'FieldError'
}

export interface Field<T> {
  readonly treatment: Treatment
  /** Why it is limited, rewritten or refused; what a limit is. */
  readonly why: string
  /** Whether it reads to a `Secret`. */
  readonly secret?: true
  /** Of a refused field: values that mean the same as none. */
  readonly harmless?: readonly Json[]
  /** Of a refused field: what to do instead. */
  readonly instead?: string | undefined
  /** Children by name, for the reference table; `[]` an element, `{*}` any key. */
  readonly children: Readonly<Record<string, Field<unknown>>>
  /**
   * Reads a value that is present and not null. Findings are collected, so that one answer names them all.
   * @throws {FieldError} where the type is wrong
   */
  readonly read: (value: Json, path: string, findings: Finding[]) => T
}

/** The type that a field reads to. */
export type Read<F> = F extends Field<infer T> ? T : never

/** A field as a scalar reader, before its treatment is stated. */
type Reader<T> = (value: Json, path: string, findings: Finding[]) => T

const NO_CHILDREN = {}

/** A field whose value is sent as it was read. */
export function forwarded<T>(read: Reader<T>): Field<T> {
  return { treatment: 'forwarded', why: '', children: NO_CHILDREN, read }
}

/** A field whose value must keep to a limit, or is brought to it. */
export function limited<T>(read: Reader<T>, why: string): Field<T> {
  return { treatment: 'limited', why, children: NO_CHILDREN, read }
}

/** A field that is sent in another form or with another value. */
export function rewritten<T>(read: Reader<T>, why: string): Field<T> {
  return { treatment: 'rewritten', why, children: NO_CHILDREN, read }
}

/** A field that must be empty, or hold one of the values that mean the same as empty. It is never sent. */
export function refused(why: string, harmless: readonly Json[] = [], instead?: string): Field<undefined> {
  const read: Reader<undefined> = (value, path, findings) => {
    if (isEmpty(value) || harmless.includes(value)) return undefined
    findings.push({ what: `${path} = ${show(value)}`, why, ...(instead === undefined ? {} : { instead }) })
    return undefined
  }
  return { treatment: 'refused', why, harmless, instead, children: NO_CHILDREN, read }
}

/** A field whose value may be a secret, and is recorded as `told` says. */
export function secret<T extends string | object>(
  field: Field<T | undefined>,
  told: Told<T>,
): Field<Secret<T> | undefined> {
  return {
    ...field,
    secret: true,
    read: (value, path, findings) => {
      const read = field.read(value, path, findings)
      return read === undefined ? undefined : new Secret(read, told)
    },
  }
}

type Fields = Readonly<Record<string, Field<unknown>>>
type RecordOf<F extends Fields> = { readonly [K in keyof F]?: Read<F[K]> | undefined }

/**
 * An object of known fields, each of which may be absent or null. Unknown fields are findings unless they are empty: an engine takes one
 * that is misspelt in capital letters for the known one, and no notice of any other.
 */
export function record<const F extends Fields>(fields: F): Field<RecordOf<F>> {
  const folded = new Map(Object.keys(fields).map((name) => [foldKey(name), name]))
  return {
    treatment: 'forwarded',
    why: '',
    children: fields,
    read: (value, path, findings) => {
      if (!(value instanceof Map)) throw new FieldError(`${path || 'the body'} must be an object`)
      const result: { [K in keyof F]?: Read<F[K]> | undefined } = {}
      // INVARIANT: the value under a name is what the field of that name read, so the result has the type it claims.
      const values: Record<string, unknown> = result
      for (const [name, item] of value) {
        if (item === null) continue
        const at = path === '' ? name : `${path}.${name}`
        const field = Object.hasOwn(fields, name) ? fields[name] : undefined
        if (field !== undefined) values[name] = field.read(item, at, findings)
        else if (!isEmpty(item)) findings.push(unknown(at, folded.get(foldKey(name))))
      }
      return result
    },
  }
}

// The value is not told: under a misspelt name it may be an environment, and refusals are recorded.
function unknown(path: string, near: string | undefined): Finding {
  return near === undefined
    ? { what: path, why: 'this field is not known here', leftOut: true }
    : { what: path, why: 'an engine takes it for another field', instead: `spell it ${near}` }
}

/** A list; every element is read by `item`. */
export function list<T>(item: Field<T>): Field<readonly T[]> {
  return {
    treatment: item.treatment,
    why: item.why,
    children: { '[]': item },
    read: (value, path, findings) => {
      if (!Array.isArray(value)) throw new FieldError(`${path} must be a list`)
      return value.map((element: Json, index) => item.read(element, `${path}[${index}]`, findings))
    },
  }
}

/** An object of any keys; every value is read by `item`. */
export function dictionary<T>(item: Field<T>): Field<ReadonlyMap<string, T>> {
  return {
    treatment: item.treatment,
    why: item.why,
    children: { '{*}': item },
    read: (value, path, findings) => {
      if (!(value instanceof Map)) throw new FieldError(`${path} must be an object`)
      const result = new Map<string, T>()
      for (const [key, element] of value) result.set(key, item.read(element, `${path}.${key}`, findings))
      return result
    },
  }
}

export function text(value: Json, path: string): string {
  if (typeof value !== 'string') throw new FieldError(`${path} must be a string`)
  if (value.includes('\0')) throw new FieldError(`${path} has a NUL character`)
  return value
}

export function flag(value: Json, path: string): boolean {
  if (typeof value !== 'boolean') throw new FieldError(`${path} must be true or false`)
  return value
}

export function integer(value: Json, path: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new FieldError(`${path} must be a whole number`)
  return value
}

/** A list of strings, or one string, which Docker reads as a list of one (`Cmd`, `Entrypoint`). */
export function words(value: Json, path: string): readonly string[] {
  if (typeof value === 'string') return [text(value, path)]
  if (!Array.isArray(value)) throw new FieldError(`${path} must be a list of strings`)
  return value.map((element: Json, index) => text(element, `${path}[${index}]`))
}

/** A value that is the same as none: null, false, 0, "", and lists and objects of nothing else. */
export function isEmpty(value: Json): boolean {
  if (value === null || value === false || value === 0 || value === '') return true
  if (Array.isArray(value)) return value.every(isEmpty)
  return value instanceof Map && [...value.values()].every(isEmpty)
}

/** Characters of a refused value that are told. */
const LONGEST_SHOWN = 200

/** A value as a refusal shows it: of an object its keys alone, of a list no texts, since refusals are recorded. */
function show(value: Json): string {
  return shorten(
    value instanceof Map || Array.isArray(value)
      ? outline(value)
      : withoutLogin(JSON.stringify(value), () => '...'),
    LONGEST_SHOWN,
  )
}

function outline(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(outline).join(', ')}]`
  return value instanceof Map ? `{${[...value.keys()].join(', ')}}` : '...'
}
