/** Instructions of a Dockerfile: lines as the classic builder joins them, without comments and empty lines. */

/** Lines that are read in one step. */
const STEP = 500

/**
 * Each instruction as one line. The engine gets them so, whatever its version makes of continuations and comments.
 * In between comes undefined, so that nobody waits for a Dockerfile of many lines.
 */
export function* instructionsOf(text: string): Generator<string | undefined, void, void> {
  let open = ''
  let lines = 0
  for (let at = text.startsWith('\uFEFF') ? 1 : 0; at <= text.length;) {
    lines += 1
    if (lines % STEP === 0) yield undefined
    const end = endOfLine(text, at)
    const line = text.slice(at, text[end - 1] === '\r' && end > at && end < text.length ? end - 1 : end)
    at = end + 1
    if (/^\s*(?:#.*)?$/s.test(line)) continue
    const continued = /(?<!\\)\\[ \t]*$/.exec(line)
    open += continued === null ? line : line.slice(0, continued.index)
    if (continued !== null) continue
    const instruction = open.trim()
    open = ''
    if (instruction !== '') yield instruction
  }
  if (open.trim() !== '') yield open.trim()
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
