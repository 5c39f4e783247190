/** Reading of JSON that the engine sent: trusted to be JSON, not to have any shape. */

export type Unknown = Readonly<Record<string, unknown>>

/** The value as an object; an empty one where it is none. */
export function objectOf(value: unknown): Unknown {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as a list; an empty one where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value as a text; empty where it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The strings of a list. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}
