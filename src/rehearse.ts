/** A call that is only tried: decided and recorded as ever, told to whoever asked, and not done. */
import type { AnyPermit, Verdict } from './decide/verdict.ts'
import type { RecordedKind } from './decode/operation.ts'
import { propertiesOf } from './decode/properties.ts'
import { toldRefusal } from './filter/refusal.ts'
import { refusalText } from './shared/refusal.ts'
import type { Caller } from './workers/caller.ts'

/** Tells what would become of a call that is tried. Returns whether it is to be done: one that is not a trial, or only looks up. */
export function rehearse(
  { rehearsal, identity }: Caller,
  kind: RecordedKind,
  verdict: Verdict<AnyPermit>,
  record: string,
): boolean {
  if (rehearsal === undefined) return true
  const { lookUp } = propertiesOf(kind)
  if (verdict.effect === 'refuse') {
    const told = toldRefusal(verdict, record, identity.name)
    // What is out of reach is told as what does not exist.
    const text = identity.space.inWords(verdict.status === 404 ? verdict.refusal.what : refusalText(told))
    rehearsal.tell({ lookUp, allowed: false, operation: kind, text })
    return false
  }
  rehearsal.tell({ lookUp, allowed: true, operation: kind, text: verdict.rule })
  return lookUp
}
