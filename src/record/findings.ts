/** What can be wrong with a record, and how it is told. */

export type FindingKind =
  | 'changed'
  | 'columns'
  | 'replaced'
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
  /** What was compared, or what the head lacks; else empty. */
  readonly detail: string
}

/** The finding in one line: what, where, and how it shows. Ids come from the record: escape before printing. */
export function findingText(finding: Finding): string {
  const { from, to, detail } = finding
  const one = from === to
  const name = finding.id === '' ? '' : ` (${finding.id}${one ? '' : ' ...'})`
  const which = one ? `entry ${from}${name}` : `entries ${from} to ${to}${name}`
  const was = one ? 'was' : 'were'
  switch (finding.kind) {
    case 'changed':
      return `${which} ${was} changed or moved: the hash does not fit the content at this place`
    case 'columns':
      return `${which} ${was} changed: the searchable columns do not say what the text says`
    case 'replaced':
      return `${which} ${was} replaced: ${detail}`
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
