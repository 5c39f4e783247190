/** Instructions of a Dockerfile: lines as the classic builder joins them, without comments and empty lines. */

/** Each instruction as one line. The engine gets them so, whatever its version makes of continuations and comments. */
export function instructionsOf(text: string): readonly string[] {
  const instructions: string[] = []
  let open = ''
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (/^\s*(?:#.*)?$/s.test(line)) continue
    const continued = /(?<!\\)\\[ \t]*$/.exec(line)
    open += continued === null ? line : line.slice(0, continued.index)
    if (continued !== null) continue
    instructions.push(open.trim())
    open = ''
  }
  return [...instructions, open.trim()].filter((instruction) => instruction !== '')
}
