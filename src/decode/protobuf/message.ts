/**
 * The language in which messages are described, as fields of JSON are (decode/fields.ts): one description gives the reader, the
 * writer, the type, and the row of the reference table. A message is built from what was read, and never passed on.
 */
import type { Finding, Treatment } from '../fields.ts'
import { isNothing, rawFields, WireError, WireWriter, type Raw } from './wire.ts'

/** How a message is read. */
export interface Reading {
  /** Fields that are refused whatever the policy says, and are not empty. */
  readonly findings: Finding[]
  /** A field that no table has: in what a client sends it is an error, in what an engine answers it is left out. */
  readonly unknown: 'error' | 'left out'
}

/** A type of values. */
export interface Kind<T> {
  /** @throws {WireError} */
  read(raw: Raw, path: string, reading: Reading): T
  /** What is written for it: a number, unsigned, or bytes. */
  write(value: T): bigint | Buffer
  /** Of a message, for the reference table. */
  readonly table?: Table
}

/** A kind that is something also where it is not there. */
export interface Scalar<T> extends Kind<T> {
  readonly none: T
}

export interface Field<T> {
  readonly number: number
  readonly treatment: Treatment
  /** Why it is limited, rewritten or refused. */
  readonly why: string
  /** Of messages, for the reference table. */
  readonly table: Table | undefined
  /** Of those that name the same group one is there at most. */
  readonly group: string | undefined
  /** Whether it may stand there more than once. */
  readonly repeated: boolean
  /** Reads what stands there under its number, in order; nothing where it is not there. @throws {WireError} */
  read(found: readonly Raw[], path: string, reading: Reading): T
  write(writer: WireWriter, value: T): void
}

/** A message's fields, and what it is called. */
export interface Table {
  readonly name: string
  readonly fields: Fields
}

export type Fields = Readonly<Record<string, Field<unknown>>>
export type MessageOf<F> = { readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never }

/** A message of known fields. */
export interface Message<T> extends Kind<T> {
  readonly table: Table
  /** What one reads to that is empty. */
  readonly empty: T
  /** @throws {WireError} */
  decode(bytes: Buffer, reading: Reading): T
  encode(value: T): Buffer
}

/** The type that a message reads to. */
export type Said<M> = M extends Message<infer T> ? T : never

/** Messages in messages. */
const DEEPEST = 12
/** Fields of one message. Nobody says so many, and each costs time. */
const MOST_FIELDS = 20_000

export function message<const F extends Fields>(name: string, fields: F): Message<MessageOf<F>> {
  const keys = new Map(Object.entries(fields).map(([key, { number }]) => [number, key]))
  const built = (found: ReadonlyMap<string, readonly Raw[]>, path: string, reading: Reading) => {
    const values = Object.fromEntries(
      Object.entries(fields).map(([key, field]) => [
        key,
        field.read(found.get(key) ?? [], `${path}.${key}`, reading),
      ]),
    )
    if (isMessage(values, fields)) return values
    throw new TypeError(`${name} was not read whole`)
  }
  const decode = (bytes: Buffer, reading: Reading, path = name): MessageOf<F> => {
    if (path.split('.').length > DEEPEST) throw new WireError(`${path}: too many messages in messages`)
    const found = new Map<string, Raw[]>()
    let count = 0
    for (const { number, raw } of rawFields(bytes)) {
      count += 1
      if (count > MOST_FIELDS) throw new WireError(`${path} has more than ${MOST_FIELDS} fields`)
      const key = keys.get(number)
      const before = key === undefined ? undefined : found.get(key)
      if (before !== undefined && key !== undefined && fields[key]?.repeated !== true)
        throw new WireError(`${path}.${key} stands there twice`)
      if (before !== undefined) before.push(raw)
      else if (key !== undefined) found.set(key, [raw])
      else if (reading.unknown === 'error')
        throw new WireError(`${path} has a field ${number}, which is not known here`)
    }
    requireOneOfEach(fields, found, path)
    return built(found, path, reading)
  }
  const encode = (value: MessageOf<F>): Buffer => {
    const writer = new WireWriter()
    for (const [key, field] of Object.entries(fields)) field.write(writer, Reflect.get(value, key))
    return writer.whole()
  }
  return {
    table: { name, fields },
    empty: built(new Map(), name, { findings: [], unknown: 'error' }),
    decode: (bytes, reading) => decode(bytes, reading),
    encode,
    read: (raw, path, reading) => decode(bytesOf(raw, path), reading, path),
    write: encode,
  }
}

function isMessage<F extends Fields>(values: object, fields: F): values is MessageOf<F> {
  return Object.keys(fields).every((key) => key in values)
}

/** @throws {WireError} */
function requireOneOfEach(fields: Fields, found: ReadonlyMap<string, unknown>, path: string): void {
  const groups = new Map<string, string>()
  for (const key of found.keys()) {
    const group = fields[key]?.group
    if (group === undefined) continue
    const other = groups.get(group)
    if (other !== undefined) throw new WireError(`${path} has both ${other} and ${key}`)
    groups.set(group, key)
  }
}

/** @throws {WireError} */
export function bytesOf(raw: Raw, path: string): Buffer {
  if (raw.wire === 'bytes') return raw.value
  throw new WireError(`${path} is of another type`)
}

const SENT = { treatment: 'forwarded', why: '', table: undefined, group: undefined, repeated: false } as const

/** A value that is there once at most, and is sent as it was read. */
export function given<T>(number: number, kind: Scalar<T>): Field<T> {
  const none = written(kind.write(kind.none))
  return {
    ...SENT,
    number,
    read: (found, path, reading) => readOnce(kind, found, path, reading) ?? kind.none,
    write: (writer, value) => {
      const raw = kind.write(value)
      if (written(raw) !== none) write(writer, number, raw)
    },
  }
}

function written(value: bigint | Buffer): string {
  return typeof value === 'bigint' ? String(value) : value.length === 0 ? '' : 'something'
}

/** A value that may be missing: a message, or one of a group of which one is there at most. */
export function maybe<T>(number: number, kind: Kind<T>, group?: string): Field<T | undefined> {
  return {
    ...SENT,
    number,
    table: kind.table,
    group,
    read: (found, path, reading) => readOnce(kind, found, path, reading),
    write: (writer, value) => {
      if (value !== undefined) write(writer, number, kind.write(value))
    },
  }
}

/** Values that are there as often as they like. */
export function several<T>(number: number, kind: Kind<T>): Field<readonly T[]> {
  return {
    ...SENT,
    number,
    repeated: true,
    table: kind.table,
    read: (found, path, reading) => found.map((raw) => kind.read(raw, path, reading)),
    write: (writer, values) => {
      for (const value of values) write(writer, number, kind.write(value))
    },
  }
}

/** Values by names. They are written in the order of the names, so that what is equal has the same digest. */
export function dictionary<T>(number: number, kind: Kind<T> | Scalar<T>): Field<ReadonlyMap<string, T>> {
  return {
    ...SENT,
    number,
    repeated: true,
    table: kind.table,
    read: (found, path, reading) => {
      const values = new Map<string, T>()
      for (const raw of found) {
        const [key, value] = entryOf(kind, bytesOf(raw, path), path, reading)
        if (values.has(key)) throw new WireError(`${path} has ${JSON.stringify(key)} twice`)
        values.set(key, value)
      }
      return values
    },
    write: (writer, values) => {
      for (const [key, value] of [...values].toSorted(byKey)) {
        const entry = new WireWriter()
        write(entry, 1, Buffer.from(key))
        write(entry, 2, kind.write(value))
        writer.bytes(number, entry.whole())
      }
    },
  }
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}

/** @throws {WireError} */
function entryOf<T>(
  kind: Kind<T> | Scalar<T>,
  bytes: Buffer,
  path: string,
  reading: Reading,
): readonly [string, T] {
  const found = new Map<number, Raw>()
  for (const { number, raw } of rawFields(bytes)) {
    if (number > 2 || found.has(number)) throw new WireError(`${path} has an entry that is none`)
    found.set(number, raw)
  }
  const key = found.get(1)
  const value = found.get(2) ?? EMPTY
  const name = key === undefined ? '' : bytesOf(key, path).toString()
  return [name, 'none' in kind && value === EMPTY ? kind.none : kind.read(value, `${path}.${name}`, reading)]
}

const EMPTY: Raw = { wire: 'bytes', value: Buffer.alloc(0) }

/** A field that must be empty. It is never sent. */
export function refused(number: number, why: string, instead?: string): Field<undefined> {
  const more = instead === undefined ? {} : { instead }
  return {
    ...SENT,
    number,
    repeated: true,
    treatment: 'refused',
    why,
    read: (found, what, { findings }) => {
      if (!found.every(isNothing)) findings.push({ what, why, ...more })
      return undefined
    },
    write: () => undefined,
  }
}

/** A field that is read and not sent. */
export function leftOut(number: number, why: string): Field<undefined> {
  return {
    ...SENT,
    number,
    repeated: true,
    treatment: 'rewritten',
    why: `left out: ${why}`,
    read: () => undefined,
    write: () => undefined,
  }
}

/** The same field, which keeps to a limit, or is brought to it. */
export function limited<T>(field: Field<T>, why: string): Field<T> {
  return { ...field, treatment: 'limited', why }
}

/** The same field, which is sent in another form or with another value. */
export function rewritten<T>(field: Field<T>, why: string): Field<T> {
  return { ...field, treatment: 'rewritten', why }
}

function readOnce<T>(kind: Kind<T>, found: readonly Raw[], path: string, reading: Reading): T | undefined {
  const [raw] = found
  return raw === undefined ? undefined : kind.read(raw, path, reading)
}

function write(writer: WireWriter, number: number, raw: bigint | Buffer): void {
  if (typeof raw === 'bigint') writer.varint(number, raw)
  else writer.bytes(number, raw)
}
