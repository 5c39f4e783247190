/** What a call may bring to the record: an entry is kept for good, whole, so that its decision can be made again from it. */
import { isChange } from '../decode/properties.ts'
import { formatSize } from '../shared/sizes.ts'
import { refuse } from './refuse.ts'
import type { AnyPermit, Verdict } from './verdict.ts'

/**
 * Bytes of an entry's detail. Measured: a container of `docker compose` has 2 to 3 KiB, one with a thousand variables and
 * labels of 16 KiB has 45. A read says names and filters, mostly in some hundred bytes.
 */
const LARGEST_CHANGE = 64 * 2 ** 10
const LARGEST_READ = 8 * 2 ** 10

/** The verdict, or a refusal where what was decided on is more than the record takes. @param size bytes that it has there */
export function withinRecord<P extends AnyPermit>(verdict: Verdict<P>, size: number): Verdict<P> {
  if (verdict.effect === 'refuse') return verdict
  const most = isChange(verdict.permit.operation.kind) ? LARGEST_CHANGE : LARGEST_READ
  if (size <= most) return verdict
  return refuse(verdict.subcommand, 'request.size', `a request of ${size} bytes in the record`, {
    why: `requests are recorded in full, up to ${formatSize(most)}`,
    instead: ['long texts by standard input or docker cp', 'a shorter command, fewer labels or filters'],
  })
}
