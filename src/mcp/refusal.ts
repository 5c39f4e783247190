/** A refusal that the docker CLI printed, as the object that it was: the CLI passes on its text alone. */
import type { RecordedRefusal } from '../shared/refusal.ts'

/** As refusalText has it, between the CLI's own words. */
const TEXT =
  /^(?:(?:docker: )?Error response from daemon: )?refused by policy: ([!-~]+)\n(.+)\nwhy: (.+)\n(?:instead: (.+)\n)?(This .+)\n(.*)Record: ([0-9a-z]{12})\.?(?:\n+See 'docker .*'\.?|\n+Run 'docker .*' for more information)?/m
/** Characters of an output, from its end, in which one is looked for. */
const LOOKED_AT = 4096

export interface PrintedRefusal {
  readonly refusal: RecordedRefusal
  /** What was printed before and behind it. */
  readonly others: string
}

/** The refusal in what a docker CLI printed last, or undefined where there is none. Any program can print such a text. */
export function readRefusal(printed: string): PrintedRefusal | undefined {
  const start = Math.max(0, printed.length - LOOKED_AT)
  const found = TEXT.exec(printed.slice(start))
  const [all = '', rule, what, why, instead, kind = '', next = '', record] = found ?? []
  if (rule === undefined || what === undefined || why === undefined || record === undefined) return undefined
  const at = start + (found?.index ?? 0)
  const refusal: RecordedRefusal = {
    decision: 'refused',
    rule,
    what,
    why,
    instead: instead?.split('; or ') ?? [],
    also: [],
    retryable: kind.startsWith('This passes'),
    next: next.trim(),
    record,
  }
  return { refusal, others: printed.slice(0, at) + printed.slice(at + all.length) }
}
