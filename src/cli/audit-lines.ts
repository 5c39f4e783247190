/** Entries of the record as lines for people and for programs. All of it may come from a worker: nothing goes out raw. */

import { styleText } from 'node:util'
import type { AuditEntry } from '../record/entry.ts'
import { findingText } from '../record/findings.ts'
import type { Recorded } from '../record/reader.ts'
import type { VerifyResult } from '../record/verify.ts'
import { printable, shorten } from '../shared/refusal.ts'

type Colour = 'green' | 'red' | 'yellow'

/** One line with time, id, worker, decision, operation, target and reason; coloured only if standard output is a terminal. */
export function recordedLine({ entry }: Recorded): string {
  const columns = [
    new Date(entry.time).toISOString(),
    entry.id,
    printable(entry.worker).padEnd(12),
    verdict(entry),
    printable(entry.operation).padEnd(20),
    printable(shorten(shortId(entry.target), 60)) || '-',
    entry.phase === 'decision' ? printable(entry.rule) : `of ${printable(entry.of)}`,
    printable(shorten(entry.reason, 200)),
  ]
  return columns.join('  ').trimEnd()
}

/** All fields of an entry, one a line. */
export function recordedFields({ seq, entry }: Recorded): string {
  const fields = { seq, ...entry, time: new Date(entry.time).toISOString() }
  return Object.entries(fields)
    .filter(([, value]) => value !== '' && value !== undefined)
    .map(([name, value]) => `${`${name}:`.padEnd(12)} ${printable(String(value))}`)
    .join('\n')
}

/** One JSON object on one line, in ASCII: control characters of every kind stay escaped. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The result of a verification in lines. */
export function verifyLines(result: VerifyResult): string {
  const { entries, end, signed, findings, accepted, stopped } = result
  const lines = findings.map((finding) => printable(findingText(finding)))
  if (stopped) lines.push(`stopped after ${findings.length} findings`)
  lines.push(
    result.sound
      ? `verified ${entries} entries: none changed, removed, moved or cut`
      : `not sound: ${findings.length} finding${findings.length === 1 ? '' : 's'} in ${entries} entries`,
  )
  for (const { seq, what } of accepted) lines.push(printable(`accepted by entry ${seq}: ${what}`))
  if (signed !== undefined) lines.push(`signed head: ${signed.seq}:${signed.hash} of ${signed.time}`)
  lines.push(`end: ${end.seq}:${end.hash}`)
  return lines.join('\n')
}

function verdict(entry: AuditEntry): string {
  const [word, colour] = verdictOf(entry)
  return styleText(colour, word.padEnd(10), { stream: process.stdout })
}

function verdictOf(entry: AuditEntry): readonly [string, Colour] {
  if (entry.phase === 'decision') return [entry.decision, entry.decision === 'allow' ? 'green' : 'red']
  if (entry.status === 0) return ['no answer', 'yellow']
  return entry.status < 400 ? [`done ${entry.status}`, 'green'] : [`failed ${entry.status}`, 'yellow']
}

function shortId(target: string): string {
  return /^[0-9a-f]{64}$/.test(target) ? target.slice(0, 12) : target
}
