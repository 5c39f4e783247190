/** What can be wrong with a record, and how it is told. */

export type FindingKind =
  | 'changed'
  | 'columns'
  | 'replaced'
  | 'reordered'
  | 'removed'
  | 'cut'
  | 'orphan'
  | 'unsigned'
  | 'head'

/** Something wrong with the entries `from` to `to`. */
export interface Finding {
  readonly kind: FindingKind
  readonly from: number
  readonly to: number
  /** Id of the first of them, as far as it is there; else empty. */
  readonly id: string
  /** For `reordered`, how much higher the number was under which the entries were written; else 0. */
  readonly offset: number
  /** What was compared, or what the head lacks; else empty. */
  readonly detail: string
}

/** The finding in one line: what, where, and how it shows. Ids come from the record: escape before printing. */
export function findingText(finding: Finding): string {
  const { from, to, offset, detail } = finding
  const one = from === to
  const name = finding.id === '' ? '' : ` (${finding.id}${one ? '' : ' ...'})`
  const which = one ? `entry ${from}${name}` : `entries ${from} to ${to}${name}`
  const was = one ? 'was' : 'were'
  switch (finding.kind) {
    case 'changed':
      return `${which} ${was} changed: the hash does not fit the content`
    case 'columns':
      return `${which} ${was} changed: the searchable columns do not say what the text says`
    case 'replaced':
      return `${which} ${was} replaced: ${detail}`
    case 'reordered':
      return `${which} ${was} moved: written as ${one ? 'entry' : 'entries'} ${range(from + offset, to + offset)}`
    case 'removed':
      return `${which} ${one ? 'is' : 'are'} missing: the record goes on after the gap`
    case 'cut':
      return `${which} ${one ? 'is' : 'are'} missing at the end: ${detail}`
    case 'orphan':
      return `${which} is the outcome of a decision that is not in the record: ${detail}`
    case 'unsigned':
      return `${which} ${was} not written by the gate: ${one ? 'it goes' : 'they go'} beyond what it signed`
    case 'head':
      return detail
  }
}

function range(from: number, to: number): string {
  return from === to ? String(from) : `${from} to ${to}`
}
