/** The thread as it is where nobody else wants it. */
import type { Share, Steps } from '../../src/schedule/scheduler.ts'

/** A share of which every turn comes at once. */
export const ALONE: Share = { turn: () => undefined, run: async (steps) => allOf(steps) }

/** What steps return that are done one after the other. */
export function allOf<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}

/** A text that is there, or that comes of steps. */
export function textOf(text: string | Steps<string>): string {
  return typeof text === 'string' ? text : allOf(text)
}

/** How many steps there are in a piece of work. */
export function countOf(steps: Steps<unknown>): number {
  let count = 1
  while (steps.next().done !== true) count += 1
  return count
}

/** The same as ALONE, with the steps counted that are done in it. */
export function counted(): { readonly share: Share; readonly steps: () => number } {
  let count = 0
  const run: Share['run'] = async (steps) => {
    for (;;) {
      const { done, value } = steps.next()
      count += 1
      if (done === true) return value
    }
  }
  return { share: { ...ALONE, run }, steps: () => count }
}
