/** Refusals as verdicts. */
import { isMalformed, type Refusal } from '../shared/refusal.ts'
import type { Refused } from './verdict.ts'

/** One violation of a request that may have several. */
export interface Violation {
  readonly rule: string
  readonly what: string
  readonly why: string
  readonly instead: readonly string[]
}

/** A refusal by a rule of the policy. */
export function refuse(subcommand: string, rule: string, what: string, more: Partial<Refusal>): Refused {
  return {
    effect: 'refuse',
    subcommand,
    status: 403,
    refusal: { decision: 'refused', rule, what, why: '', instead: [], also: [], retryable: false, ...more },
  }
}

/** What to do about what is not known yet, or was not at that moment. */
export const ONCE_MORE = 'the same once more'

/** Rules that hold no more once something was removed. */
const FULL = /^run\.limits\.(?:total\.|containers$|images$|networks$|volumes$)/

/** Violations that are named beside the first. */
const MOST_NAMED = 20

/** A refusal for several violations: the first is explained, the others are named, so that one answer is enough. */
export function refuseAll(subcommand: string, violations: readonly Violation[]): Refused {
  const [first, ...others] = violations
  if (first === undefined) throw new RangeError('a refusal needs a reason')
  const { rule, what, why, instead } = first
  const retryable = violations.every((violation) => FULL.test(violation.rule))
  const also = others.slice(0, MOST_NAMED).map((other) => other.what)
  const refused = refuse(subcommand, rule, what, { why, instead, retryable, also })
  return isMalformed(first) ? { ...refused, status: 400 } : refused
}

/** An archive that came damaged. */
export function malformedArchive(why: string): Violation {
  return { rule: 'request', what: 'archive', why, instead: [] }
}

/** What is out of reach looks as if it did not exist. */
export function notFound(subcommand: string, message: string): Refused {
  return {
    ...refuse(subcommand, 'docker.reach', message, { why: 'there is nothing of that name in reach' }),
    status: 404,
  }
}

/** What was done once and is not done again; told in the engine's words, as the engine tells it. */
export function hasRun(subcommand: string, message: string): Refused {
  return { ...refuse(subcommand, 'docker.exec', message, { why: 'an exec is started once' }), status: 409 }
}

/** What another call is at; told in the engine's words, as the engine tells it. */
export function inUse(subcommand: string, message: string): Refused {
  const why = 'another call is using it at this moment'
  return { ...refuse(subcommand, 'docker.busy', message, { why, retryable: true }), status: 409 }
}
