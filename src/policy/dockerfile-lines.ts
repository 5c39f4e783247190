/** Lines of a Dockerfile as the classic builder joins them, and where they stand in the text. */

/** An instruction with its continuations joined. */
export interface LogicalLine {
  readonly text: string
  /** Its first line of the text, from 0. */
  readonly first: number
  /** The line behind its last one. */
  readonly end: number
}

/** Lines with their continuations joined; comments and empty lines are no part of them. */
export function logicalLines(text: string): readonly LogicalLine[] {
  const lines: LogicalLine[] = []
  let open = ''
  let first: number | undefined
  const physical = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const [index, line] of physical.entries()) {
    if (/^\s*(?:#.*)?$/.test(line)) continue
    const continued = /\\[ \t]*$/.exec(line)
    open += continued === null ? line : line.slice(0, continued.index)
    first ??= index
    if (continued !== null) continue
    lines.push({ text: open.trim(), first, end: index + 1 })
    open = ''
    first = undefined
  }
  if (open.trim() !== '') lines.push({ text: open.trim(), first: first ?? 0, end: physical.length })
  return lines
}

/** A text in the place of an instruction. */
export interface Replacement {
  readonly line: LogicalLine
  readonly text: string
}

/** The text with some of its instructions replaced; every other line is as it was. @param replacements in their order */
export function replaceLines(text: string, replacements: readonly Replacement[]): string {
  const physical = text.split('\n')
  const parts: string[] = []
  let at = 0
  for (const { line, text: instead } of replacements) {
    if (line.first > at) parts.push(physical.slice(at, line.first).join('\n'))
    parts.push(instead)
    at = line.end
  }
  if (physical.length > at) parts.push(physical.slice(at).join('\n'))
  return parts.join('\n')
}
