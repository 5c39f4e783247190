/** Here-documents, which engines since 23 look for in RUN, COPY and ADD, also where they then refuse them. */

/**
 * Whether an engine could find one. It looks at words out of quotes, for digits and `<<` at their start (moby,
 * frontend/dockerfile/parser): a `<<` in the midst of arithmetic, `$((1<<3))`, begins none.
 */
export function hasHeredoc(rest: string): boolean {
  return rest.split(/\s/).some(mayBegin)
}

/** Three are a shell's own. */
const TWO = /(?<!<)<<(?!<)/

/** What a brace or a backtick holds can be left out of a word; a parenthesis stays before the `<<`. */
function mayBegin(word: string): boolean {
  const first = word.search(TWO)
  if (first === -1) return false
  const brace = word.search(/[{}`]/)
  return !word.slice(0, first).includes('(') || (brace !== -1 && TWO.test(word.slice(brace)))
}
