/**
 * The language in which answers are described: a table names every field that is told, down to the last, and what is read of it.
 * A field that no table names is not told, whatever an engine puts there.
 */
import { objectOf, type Unknown } from '../shared/json-value.ts'

/** What is told of a value that is there and not null; undefined where nothing is. */
export type Reader<T = unknown> = (value: unknown) => T | undefined

export const text: Reader<string> = (value) => (typeof value === 'string' ? value : undefined)
export const number: Reader<number> = (value) => (typeof value === 'number' ? value : undefined)
export const flag: Reader<boolean> = (value) => (typeof value === 'boolean' ? value : undefined)

/** A text that may be told, or else nothing. */
export function textIf(isTold: (value: string) => boolean): Reader<string> {
  return (value) => (typeof value === 'string' && isTold(value) ? value : undefined)
}

/** A list; of an element of which nothing is told, nothing. */
export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined
    const told: T[] = []
    for (const element of value) {
      const read = element === null ? undefined : item(element)
      if (read !== undefined) told.push(read)
    }
    return told
  }
}

/** What is told of an object, if this field of it is. */
export function having(name: string, reader: Reader<Unknown>): Reader<Unknown> {
  return (value) => {
    const told = reader(value)
    return told !== undefined && name in told ? told : undefined
  }
}

/** An object of any keys for which `isTold` holds. */
export function dictionary<T>(
  item: Reader<T>,
  isTold: (key: string) => boolean = () => true,
): Reader<Unknown> {
  return (value) => {
    if (!isRecord(value)) return undefined
    const told = Object.entries(value).flatMap(([key, element]) => {
      const read = isTold(key) ? item(element) : undefined
      return read === undefined ? [] : [[key, read] as const]
    })
    return Object.fromEntries(told)
  }
}

/** An object of known fields; those that are null stay so. @param always what is told in any case */
export function fields(known: Readonly<Record<string, Reader>>, always: Unknown = {}): Reader<Unknown> {
  const table = Object.entries(known)
  return (value) => {
    if (!isRecord(value)) return undefined
    const from = objectOf(value)
    const told: Record<string, unknown> = { ...always }
    for (const [name, reader] of table) {
      const field = Object.hasOwn(from, name) ? from[name] : undefined
      const read = field === null ? null : field === undefined ? undefined : reader(field)
      if (read !== undefined) told[name] = read
    }
    return told
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
