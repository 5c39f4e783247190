/** The client's filters of a prune, applied to what is listed: label, label! and until. */
import type { Filters } from '../decode/query.ts'
import { hasLabels } from '../filter/by-words.ts'
import { objectOf, textOf, type Unknown } from '../shared/json-value.ts'

/** A filter that can't be read. */
export class PruneFilterError extends Error {
  override readonly name = 'PruneFilterError'
}

/**
 * A test for objects with `Labels` and `Created` (seconds) or `CreatedAt` (RFC 3339).
 * @param now milliseconds since 1970. @throws {PruneFilterError}
 */
export function pruneFilter(filters: Filters, now: number): (object: Unknown) => boolean {
  const wanted = filters.get('label') ?? []
  const unwanted = filters.get('label!') ?? []
  const until = (filters.get('until') ?? []).map((text) => parseUntil(text, now))
  return (object) => {
    const labels = objectOf(object['Labels'])
    return (
      hasLabels(labels, wanted) &&
      !unwanted.some((label) => hasLabels(labels, [label])) &&
      until.every((before) => createdAt(object) < before)
    )
  }
}

/** Milliseconds since 1970; what says nothing of its age counts as new, and is kept. */
function createdAt(object: Unknown): number {
  const seconds = object['Created']
  if (typeof seconds === 'number') return seconds * 1000
  const time = Date.parse(textOf(seconds) || textOf(object['CreatedAt']))
  return Number.isNaN(time) ? Infinity : time
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 }

/** `24h`, `1h30m`, a time in seconds since 1970, or a date. */
function parseUntil(text: string, now: number): number {
  if (/^[0-9]+(?:\.[0-9]+)?$/.test(text)) return Number(text) * 1000
  if (/^(?:[0-9]+(?:\.[0-9]+)?[hms])+$/.test(text)) {
    const parts = [...text.matchAll(/([0-9.]+)([hms])/g)]
    return now - parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0)
  }
  const date = Date.parse(text)
  if (Number.isNaN(date))
    throw new PruneFilterError(`until: ${JSON.stringify(text)} is not a time; write 24h or a date`)
  return date
}
