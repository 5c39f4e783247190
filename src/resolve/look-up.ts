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
