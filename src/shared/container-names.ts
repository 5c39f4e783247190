/** Names that an engine lists of a container: its own, and those by which others link to it, which have the other's before them: `/web/db`. */

/** The container that links to it by a name; undefined for its own name. */
export function linkedBy(name: string): string | undefined {
  const end = name.indexOf('/', 1)
  return end === -1 ? undefined : name.slice(1, end)
}

/** Its own name, with the slash before it; empty where there is none. */
export function nameAmong(names: readonly string[]): string {
  return names.find((name) => linkedBy(name) === undefined) ?? ''
}
