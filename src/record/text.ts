/** An entry as text and back. One entry has one text: fixed order of fields, no spaces. */

import type { AuditEntry, DecisionEntry, OutcomeEntry } from './entry.ts'

/** The entry's canonical JSON. Lone surrogates are escaped by JSON.stringify, so it is always valid UTF-8. */
export function canonicalText(entry: AuditEntry): string {
  // Written out field by field: the order must not depend on how the caller built the object.
  return entry.phase === 'decision'
    ? JSON.stringify({
        phase: entry.phase,
        id: entry.id,
        time: entry.time,
        worker: entry.worker,
        door: entry.door,
        key: entry.key,
        operation: entry.operation,
        subcommand: entry.subcommand,
        target: entry.target,
        decision: entry.decision,
        rule: entry.rule,
        reason: entry.reason,
        detail: entry.detail,
      } satisfies DecisionEntry)
    : JSON.stringify({
        phase: entry.phase,
        id: entry.id,
        time: entry.time,
        worker: entry.worker,
        of: entry.of,
        operation: entry.operation,
        target: entry.target,
        status: entry.status,
        reason: entry.reason,
      } satisfies OutcomeEntry)
}

/** The entry that a canonical text stands for; undefined where the text is not one that `canonicalText` makes. */
export function parseEntry(text: string): AuditEntry | undefined {
  const fields = parseObject(text)
  const entry = fields && readEntry(fields)
  // What was bent, left out or added on the way does not come back as it was.
  return entry !== undefined && canonicalText(entry) === text ? entry : undefined
}

/** The entry of what one was written into as JSON by a program of ours; what is missing in it is not looked for. */
export function readEntry(fields: Readonly<Record<string, unknown>>): AuditEntry {
  const word = (name: string): string => String(fields[name])
  const common = {
    id: word('id'),
    time: Number(fields['time']),
    worker: word('worker'),
    operation: word('operation'),
    target: word('target'),
    reason: word('reason'),
  }
  return fields['phase'] === 'outcome'
    ? { phase: 'outcome', ...common, of: word('of'), status: Number(fields['status']) }
    : {
        phase: 'decision',
        ...common,
        door: word('door'),
        key: fields['key'] === undefined ? undefined : word('key'),
        subcommand: word('subcommand'),
        decision: fields['decision'] === 'allow' ? 'allow' : 'refuse',
        rule: word('rule'),
        detail: word('detail'),
      }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
