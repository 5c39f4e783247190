/** Names that an image has got. */
import type { Gate } from '../gate.ts'
import { familiar } from '../encode/image.ts'
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

/** What came of names, as an engine tells it at the end of a build. */
export function linesOf({ given, failed }: Named): readonly string[] {
  return [
    ...given.map((name) => ({ stream: `Successfully tagged ${familiar(name)}\n` })),
    ...failed.map((message) => ({ errorDetail: { message }, error: message })),
  ].map((line) => `${JSON.stringify(line)}\r\n`)
}
