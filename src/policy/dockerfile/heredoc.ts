/** Here-documents, which engines since 23 look for in RUN, COPY and ADD, also where they then refuse them. */

/**
 * Whether an engine could find one. It looks at words out of quotes, for digits and `<<` at their start (moby,
 * frontend/dockerfile/parser): a `<<` in the midst of arithmetic, `$((1<<3))`, begins none.
 */
export function hasHeredoc(rest: string): boolean {
  // Three are a shell's own.
  for (const { index } of rest.matchAll(/(?<!<)<<(?!<)/g)) {
    const before = /[^\s]*$/.exec(rest.slice(Math.max(0, index - LONGEST_START), index))?.[0] ?? ''
    if (!/^[^{}`]*\([^{}`]*$/.test(before)) return true
  }
  return false
}

/** Characters of a word that are looked at: what is longer counts as the start of a here-document, or holds its parenthesis there. */
const LONGEST_START = 200
