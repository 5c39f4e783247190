/** Where compose's own command stands among its words. */

const WITH_VALUE =
  '-f --file -p --project-name --profile --env-file --project-directory --ansi --progress --parallel'.split(
    ' ',
  )
const ALONE = '--all-resources --compatibility --dry-run --verbose -v --version --help'.split(' ')

/** compose's command and what is behind it; undefined where an option before it is not known. */
export function composeCommand(
  words: readonly string[],
): { readonly command: string; readonly rest: readonly string[] } | undefined {
  let index = 0
  for (;;) {
    const word = words[index]
    if (word === undefined) return undefined
    if (!word.startsWith('-')) return { command: word, rest: words.slice(index + 1) }
    if (WITH_VALUE.includes(word)) index += 2
    else if (ALONE.includes(word) || WITH_VALUE.some((option) => word.startsWith(`${option}=`))) index += 1
    else return undefined
  }
}
