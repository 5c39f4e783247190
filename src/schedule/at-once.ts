import type { Steps } from './scheduler.ts'

/** Does all steps one behind the other: for what nobody can ask for often, as a check when a policy has changed. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
