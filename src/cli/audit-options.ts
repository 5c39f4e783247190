/** The options of the audit commands, from text to values. */

import { InvalidArgumentError } from 'commander'
import type { Link } from '../record/chain.ts'

const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A time in milliseconds since 1970, from `10m`, `2h`, `1d` before `now`, or an ISO date, UTC where it names no zone. */
export function parseTime(text: string, now: number): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? []
  const milliseconds = units[unit ?? '']
  if (count !== undefined && milliseconds !== undefined) return now - Number(count) * milliseconds
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const hasZone = !text.includes('T') || /(Z|[+-]\d\d:\d\d)$/.test(text)
    const time = Date.parse(hasZone ? text : `${text}Z`)
    if (!Number.isNaN(time)) return time
  }
  throw new InvalidArgumentError('write 30s, 10m, 2h, 1d or a date like 2026-01-31T12:00:00')
}

/** A whole number of entries, 1 or more. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('write a number from 1')
}

/** A head that the operator kept, `SEQ:HASH` as `audit verify` prints it. */
export function parseHead(text: string): Link {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq !== undefined && hash !== undefined) return { seq: Number(seq), hash }
  throw new InvalidArgumentError('write SEQ:HASH, as audit verify prints it')
}
