/** What is wrong in a policy file, where, and what to write instead. */

export interface PolicyProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units as editors count. */
  readonly column: number
  /** Lower case, no full stop. */
  readonly message: string
  /** The line as it stands in the file; empty where the file can't be read as text. */
  readonly quote: string
  readonly hint?: string
}

/** Characters of a long line that are shown. */
const WIDTH = 100

/**
 * A problem as text of up to four lines: place and message, the line, a caret under the place, the hint.
 * Control characters of the file are shown as `?`, so that the caret stays where it belongs.
 */
export function formatProblem(problem: PolicyProblem): string {
  const { file, line, column, message, quote, hint } = problem
  const lines = [`${file}:${line}:${column}: ${visible(message)}`]
  if (quote.trim() !== '') {
    const start = Math.max(0, Math.min(column - 1 - WIDTH / 2, quote.length - WIDTH))
    lines.push(`  ${visible(quote.slice(start, start + WIDTH))}`, `  ${' '.repeat(column - 1 - start)}^`)
  }
  if (hint !== undefined) lines.push(`  hint: ${visible(hint)}`)
  return lines.join('\n')
}

/** What an operator should know, on one line. */
export function formatNote({ file, line, column, message, hint }: PolicyProblem): string {
  return visible(`${file}:${line}:${column}: note: ${message}${hint === undefined ? '' : `; ${hint}`}`)
}

/** All problems as text, the first twenty in full. */
export function formatProblems(problems: readonly PolicyProblem[]): string {
  const shown = problems.slice(0, 20).map(formatProblem)
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`and ${left} more`] : [])].join('\n')
}

/** Also the marks that change the direction of text: they would show another policy than the one that is checked. */
function visible(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}
