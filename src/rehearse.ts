/** A call that is only tried: decided and recorded as ever, told to whoever asked, and not done. */
import type { DecisionEntry } from './record/entry.ts'
import type { OperationKind } from './decode/operation.ts'
import { propertiesOf } from './decode/properties.ts'
import { refusalReply, toldRefusal } from './filter/refusal.ts'
import { errorReply, type Reply } from './engine/reply.ts'
import type { Rehearsal } from './workers/caller.ts'
import type { Verdict } from './decide/verdict.ts'
import { refusalText } from './shared/refusal.ts'

/** The reply to a call of a rehearsal, or undefined where it is a look-up that is to be carried out. */
export function rehearse(
  rehearsal: Rehearsal,
  kind: OperationKind,
  verdict: Verdict,
  record: DecisionEntry | undefined,
  worker: string,
): Reply | undefined {
  const lookUp = propertiesOf(kind).lookUp
  if (verdict.effect === 'refuse') {
    const told = toldRefusal(verdict, record?.id ?? '', worker)
    // What is out of reach is told as what does not exist.
    const text = verdict.status === 404 ? verdict.refusal.what : refusalText(told)
    rehearsal.tell({ lookUp, allowed: false, operation: kind, text })
    return refusalReply(verdict, record?.id ?? '', worker)
  }
  rehearsal.tell({ lookUp, allowed: true, operation: kind, text: verdict.rule })
  return lookUp ? undefined : errorReply(403, 'rehearsal: this is allowed, and was not done')
}
