/**
 * The one place where a permit comes to be. Nothing else makes one: the type has a mark that nobody can write, and what is sent
 * or run was looked up here (`encode/encode.ts`, `perform/diagnostic.ts`), so that a copy with another field is none.
 */
import type { AnyPermit, DECIDED, Permit } from './verdict.ts'

/** All that a permit says, without what makes it one. */
export type Terms<P extends AnyPermit> = P extends AnyPermit ? Omit<P, typeof DECIDED> : never

const DECIDED_ON = new WeakSet<object>()

/** Makes a permit of what was decided. For decisions alone: `test/layers.test.ts` names who may import it. */
export function permitting<P extends AnyPermit = Permit>(terms: Terms<P>): P {
  DECIDED_ON.add(terms)
  if (isDecided<P>(terms)) return terms
  throw new TypeError('a permit that was made is none')
}

function isDecided<P extends AnyPermit>(terms: Terms<P> | P): terms is P {
  return DECIDED_ON.has(terms)
}

/** @throws {TypeError} for what was not decided: a copy of a permit, or what only looks like one */
export function requireDecided(permit: AnyPermit): void {
  if (!DECIDED_ON.has(permit)) throw new TypeError(`what is to be done on ${permit.on} was not decided`)
}
