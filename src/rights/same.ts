/** Whether a call that was decided again is still what it was: a stricter policy refuses, a wider one changes nothing of it. */
import { isDeepStrictEqual } from 'node:util'
import type { Permit } from '../decide/verdict.ts'
import { encode, isSendable } from '../encode/encode.ts'
import type { Sending } from '../encode/sending.ts'

/** True where what the first permit stands for may be done by the second. */
export function isSame(permit: Permit, again: Permit, sending: Sending): boolean {
  if (permit.on === 'prune' && again.on === 'prune') return true
  if (permit.on === 'create' && again.on === 'create') {
    // What it warns of follows from the limits.
    const { limits, warnings: _warned, ...plan } = permit.plan
    const { limits: most, warnings: _warns, ...other } = again.plan
    return isWithin(limits, most) && isDeepStrictEqual(plan, other)
  }
  if (permit.on === 'build' && again.on === 'build')
    return isWithin(permit.limits, again.limits) && isDeepStrictEqual(permit.tags, again.tags)
  if (permit.on === 'solve' && again.on === 'solve') return isDeepStrictEqual(permit.tags, again.tags)
  if (permit.on === 'frontend' && again.on === 'frontend') return true
  if (permit.on === 'graph' && again.on === 'graph') return isDeepStrictEqual(permit.graph, again.graph)
  if (!isSendable(permit) || !isSendable(again)) return false
  if (permit.on === 'update' && again.on === 'update') {
    const { restart, ...changes } = permit.changes
    const { restart: other, ...most } = again.changes
    return isWithin(changes, most) && isDeepStrictEqual(restart, other)
  }
  return isDeepStrictEqual(encode(permit, sending), encode(again, sending))
}

/** Whether each amount is the other's at most, and nothing else is another. */
function isWithin(amounts: object, most: object): boolean {
  const others = new Map<string, unknown>(Object.entries(most))
  return Object.entries(amounts).every(([name, amount]: readonly [string, unknown]) => {
    const other = others.get(name)
    return typeof amount === 'number' && typeof other === 'number' ? amount <= other : amount === other
  })
}
