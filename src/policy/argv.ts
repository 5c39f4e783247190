/** Patterns of what may be run: a command line as words, matched word by word. No shell takes part. */

/** `ollama pull <model>` as words. */
export type ArgvPattern = readonly string[]

/** What a `<name>` stands for: one word that is not an option, and that no program takes for several. */
const PARAMETER = /^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,255}$/

/** True if each word is the pattern's, or a plain one in the place of a `<name>`. */
export function argvMatches(pattern: ArgvPattern, argv: readonly string[]): boolean {
  return (
    pattern.length === argv.length &&
    pattern.every((word, index) => {
      const given = argv[index] ?? ''
      return isPlaceholder(word) ? PARAMETER.test(given) && !given.includes('..') : word === given
    })
  )
}

/** True for `<model>`. */
export function isPlaceholder(word: string): boolean {
  return /^<[a-z][a-z0-9-]*>$/.test(word)
}

/** Whether a policy gives any program to be run in containers: `docker exec` at all. */
export function givesExec({
  own,
  named,
}: {
  readonly own: 'any' | readonly unknown[]
  readonly named: Readonly<Record<string, unknown>>
}): boolean {
  return own === 'any' || own.length > 0 || Object.keys(named).length > 0
}
