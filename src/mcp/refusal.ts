/** A refusal that the docker CLI printed, as the object that it was: the CLI passes on its text alone. */
import type { RecordedRefusal } from '../shared/refusal.ts'

/** As refusalText has it, behind the CLI's own words. */
const TEXT =
  /^(?:(?:docker: )?Error response from daemon: )?refused by policy: ([!-~]+)\n(.+)\nwhy: (.+)\n(?:instead: (.+)\n)?(This .+)\n(.*)Record: ([0-9a-z]{12})/m

/** The refusal in what a docker CLI printed last, or undefined where there is none. Any program can print such a text. */
export function readRefusal(printed: string): RecordedRefusal | undefined {
  const [, rule, what, why, instead, kind = '', next = '', record] = TEXT.exec(printed.slice(-4096)) ?? []
  if (rule === undefined || what === undefined || why === undefined || record === undefined) return undefined
  return {
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
}
