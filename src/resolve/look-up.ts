/** Ways to look up what is called something. */
import type { Space } from '../policy/space.ts'

interface Called {
  readonly id: string
  readonly name: string
  readonly word: string
}

/**
 * What a reference means, as engines look one up: its full id, the worker's word for it, or the start of its id. Of a word that is meant for
 * two it is the one that the engine has by the name for it, before one that was there before there were such names.
 */
export function byReference<T extends Called>(
  all: readonly T[],
  reference: string,
  space: Space,
): T | undefined {
  const called = all.filter(({ word }) => word === reference)
  const exact =
    all.find(({ id }) => id === reference) ??
    called.find(({ name }) => name === space.nameOf(reference)) ??
    called[0]
  if (exact !== undefined || !/^[0-9a-f]{1,64}$/.test(reference)) return exact
  const starting = all.filter(({ id }) => id.startsWith(reference))
  return starting.length === 1 ? starting[0] : undefined
}

/** What is found by name; names that lead nowhere are left out. */
export function lookUp<T>(
  names: readonly string[],
  find: (name: string) => T | undefined,
): ReadonlyMap<string, T> {
  const map = new Map<string, T>()
  for (const name of names) {
    const value = find(name)
    if (value !== undefined) map.set(name, value)
  }
  return map
}
