/**
 * The record's head in the gate's log, where whoever writes into the state directory can't reach it once the log is elsewhere:
 * journald's, or syslog's of another machine.
 */

import type { StoreState } from './store.ts'
import type { Anchor } from './inspect.ts'

/** What the gate prints of its record. */
export function headLine({ entries, head }: StoreState): string {
  return `the record has ${entries} entries, its head is ${entries}:${head}`
}

/**
 * A line of the log with a head: as the gate printed it, or with what journalctl, a syslog or `docker logs -t` put before it. All of
 * that is fixed in form, so that no text of a worker's in another line can stand in its place.
 */
const PRINTED = new RegExp(
  '^(?:(?<time>[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d|\\d{4}-\\d\\d-\\d\\dT\\S+) (?:\\S+ [^\\s[\\]]+\\[\\d+\\]: )?)?' +
    'dockgate: (?:ended; )?the record has \\d+ entries, its head is (?<seq>\\d{1,15}):(?<hash>[0-9a-f]{64})$',
)

/** The heads in a log, in its order. @param name of the log, for people */
export async function headsOf(lines: AsyncIterable<string>, name: string): Promise<readonly Anchor[]> {
  const heads: Anchor[] = []
  let number = 0
  for await (const line of lines) {
    number += 1
    const { seq, hash } = PRINTED.exec(line)?.groups ?? {}
    if (seq === undefined || hash === undefined) continue
    // The head of an empty record says nothing.
    if (Number(seq) > 0) heads.push({ seq: Number(seq), hash, source: `line ${number} of ${name}` })
  }
  return heads
}
