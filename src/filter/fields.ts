/**
 * The language in which answers are described: a table names every field that is told, down to the last, and what is told of it.
 * A field that no table names is not told, whatever an engine puts there.
 */
import { objectOf, type Unknown } from '../shared/json-value.ts'
import type { View } from './view.ts'

/** What happens to a field that is there. */
export type Treatment = 'given' | 'cleaned' | 'replaced' | 'left out'

/** A field of an answer. */
export interface Field<T = unknown> {
  readonly treatment: Treatment
  /** Why it is not given as it is, or not whole; empty where it is. */
  readonly why: string
  /** Children by name; `[]` an element, `{*}` any key. */
  readonly children: Readonly<Record<string, Field>>
  /** What whoever has this view is told of a value that is there and not null; undefined where nothing is. */
  readonly read: (value: unknown, view: View) => T | undefined
}

const NO_CHILDREN = {}

/** A field that is told as it is read. */
export function given<T>(read: Field<T>['read'], children: Field['children'] = NO_CHILDREN): Field<T> {
  return { treatment: 'given', why: '', children, read }
}

export const text = given((value) => (typeof value === 'string' ? value : undefined))
export const flag = given((value) => (typeof value === 'boolean' ? value : undefined))
/** Where it has more digits than a number of ours, it is one that came so, and goes so (filter/json-steps.ts). */
export const number = given((value) => (typeof value === 'number' || isExact(value) ? value : undefined))

/** A text that may be told, or else nothing. @param why others are left out */
export function textIf(isTold: (value: string, view: View) => boolean, why: string): Field<string> {
  return cleaned(
    why,
    given((value, view) => (typeof value === 'string' && isTold(value, view) ? value : undefined)),
  )
}

/** A list; of an element of which nothing is told, nothing. */
export function list<T>(item: Field<T>): Field<readonly T[]> {
  return given(
    (value, view) => {
      if (!Array.isArray(value)) return undefined
      const told: T[] = []
      for (const element of value) {
        const read = element === null ? undefined : item.read(element, view)
        if (read !== undefined) told.push(read)
      }
      return told
    },
    { '[]': item },
  )
}

/** An object of any keys; keys whose value is null stay so. */
export function dictionary<T>(item: Field<T>): Field<Unknown> {
  return dictionaryOf(item, () => true)
}

type IsTold = (key: string, value: unknown, view: View) => boolean

/** An object of keys for which `isTold` holds. @param why others are left out */
export function dictionaryIf<T>(isTold: IsTold, why: string, item: Field<T>): Field<Unknown> {
  return cleaned(why, dictionaryOf(item, isTold))
}

function dictionaryOf(item: Field, isTold: IsTold): Field<Unknown> {
  return given(
    (value, view) => {
      if (!isRecord(value)) return undefined
      const told: [string, unknown][] = []
      for (const [key, element] of Object.entries(value)) {
        if (!isTold(key, element, view)) continue
        const read = element === null ? null : item.read(element, view)
        if (read !== undefined) told.push([key, read])
      }
      return Object.fromEntries(told)
    },
    { '{*}': item },
  )
}

/** An object of known fields; those that are null stay so. */
export function fields(known: Readonly<Record<string, Field>>): Field<Unknown> {
  const table = Object.entries(known).filter(([, { treatment }]) => treatment !== 'left out')
  const inherited = table.find(([name]) => name in Object.prototype)
  if (inherited !== undefined) throw new TypeError(`any object has ${inherited[0]}`)
  return given((value, view) => {
    if (!isRecord(value)) return undefined
    const from = objectOf(value)
    const told: Record<string, unknown> = {}
    for (const [name, field] of table) {
      const read = fieldOf(from[name], field, view)
      if (read !== undefined) told[name] = read
    }
    return told
  }, known)
}

function fieldOf(value: unknown, { treatment, read }: Field, view: View): unknown {
  if (treatment === 'replaced') return read(undefined, view)
  return value === undefined || value === null ? value : read(value, view)
}

/** What is told of an object, if this field of it is. */
export function having(name: string, field: Field<Unknown>): Field<Unknown> {
  return {
    ...field,
    read: (value, view) => {
      const told = field.read(value, view)
      return told !== undefined && name in told ? told : undefined
    },
  }
}

/** What is told by what a value is. @param choose gives nothing where nothing is told @param whole what is told at most */
export function chosen<T>(
  why: string,
  whole: Field<T>,
  choose: (value: Unknown, view: View) => Field<T> | undefined,
): Field<T> {
  return { ...cleaned(why, whole), read: (value, view) => choose(objectOf(value), view)?.read(value, view) }
}

/** A field of which a part is not told. */
export function cleaned<T>(why: string, field: Field<T>): Field<T> {
  return { ...field, treatment: 'cleaned', why }
}

/** What is told of an object in a list, if that was asked for. */
export function kept(field: Field<Unknown>): Field<Unknown> {
  return {
    ...field,
    read: (value, view) => {
      const told = field.read(value, view)
      return told !== undefined && view.keep(told) ? told : undefined
    },
  }
}

/** A field that has this value, whatever an engine says. */
export function replaced<T>(value: T, why: string): Field<T> {
  return { treatment: 'replaced', why, children: NO_CHILDREN, read: () => value }
}

/** A field that is known, and not told. */
export function leftOut(why: string): Field<never> {
  return { treatment: 'left out', why, children: NO_CHILDREN, read: () => undefined }
}

export const texts = list(text)
export const numbers = list(number)
/** Labels, options, annotations. */
export const textByName = dictionary(text)

/** Fields of one type. */
export function each(names: readonly string[], field: Field): Readonly<Record<string, Field>> {
  return Object.fromEntries(names.map((name) => [name, field]))
}

function isExact(value: unknown): value is object {
  return JSON.isRawJSON(value)
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
