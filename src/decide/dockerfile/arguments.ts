/** Arguments of a Dockerfile, as far as FROM can be written with them: those before the first stage. */

/** Values by name. */
export type Variables = ReadonlyMap<string, string>

/** `NAME` or `NAME=VALUE`, quoted as a whole or not at all. */
const ARGUMENT = /^([A-Za-z_][A-Za-z0-9_]*)(=(?:[^\s"'\\]*|"[^"\\]*"|'[^'\\]*'))?(?:\s+|$)/
/** Characters of what an image or a platform is written with; no name of an image is that long. */
const LONGEST_NAME = 1024

/**
 * Notes the arguments of one ARG as the engine will know them.
 * @param given by the client. @returns whether all of it could be read
 */
export function readArguments(rest: string, given: Variables, variables: Map<string, string>): boolean {
  // Of several in one instruction, an engine puts none into the others.
  const known = /\s/.test(rest) ? NONE : variables
  for (let left = rest; left !== '';) {
    const [whole, name, value] = ARGUMENT.exec(left) ?? []
    if (whole === undefined || name === undefined) return false
    left = left.slice(whole.length)
    const meant = given.get(name) ?? (value === undefined ? undefined : defaultOf(value.slice(1), known))
    // One without a value takes away what it was before.
    if (meant === undefined) variables.delete(name)
    else variables.set(name, meant)
  }
  return true
}

/** A default with the arguments before it in their places; what stays unknown in it is refused where it is used. */
function defaultOf(written: string, known: Variables): string {
  const value = /^(["'])(.*)\1$/.exec(written)?.[2] ?? written
  return written.startsWith("'") ? value : (substitute(value, known) ?? value)
}

const NONE: Variables = new Map()

/** `$NAME` and `${NAME}` of arguments; undefined where there is anything else to be substituted. */
export function substitute(text: string, variables: Variables): string | undefined {
  if (text.length > LONGEST_NAME) return undefined
  const result = text.replace(
    /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g,
    (whole, braced: string, bare: string) => {
      const value = variables.get(braced ?? bare) ?? whole
      return value.length > LONGEST_NAME ? whole : value
    },
  )
  return /[$\\"'`]/.test(result) ? undefined : result
}
