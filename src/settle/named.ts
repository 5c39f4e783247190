/** Names that an image has got. */
import type { Gate } from '../gate.ts'
import { familiar } from '../decode/reference.ts'
import type { Change, Claim } from '../record/store.ts'

/** What came of names. */
export interface Named {
  readonly given: readonly string[]
  /** Why others were not. */
  readonly failed: readonly string[]
  /** To be written. */
  readonly changes: readonly Change[]
}

export const NO_NAMES: Named = { given: [], failed: [], changes: [] }

/** Records that an image has got the name that was claimed for it. Returns the change to write. */
export function tagged({ sight, ownership }: Pick<Gate, 'sight' | 'ownership'>, claim: Claim): Change {
  sight.named(claim.id, claim.name)
  return ownership.settle(claim)
}

/** What came of names, as an engine tells it at the end of a build. @param tell tells a text in the worker's words */
export function linesOf(
  { given, failed }: Pick<Named, 'given' | 'failed'>,
  tell: (text: string) => string,
): readonly string[] {
  return [
    ...given.map((name) => ({ stream: `Successfully tagged ${tell(familiar(name))}\n` })),
    ...failed.map(tell).map((message) => ({ errorDetail: { message }, error: message })),
  ].map((line) => `${JSON.stringify(line)}\r\n`)
}
