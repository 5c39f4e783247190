/**
 * The one place where a permit comes to be. Nothing else makes one: the type has a mark that nobody can write, and what is sent
 * was looked up here (`encode/encode.ts`), so that a copy with another field is none.
 */
import type { DECIDED, HostPermit, Permit } from './verdict.ts'

type Any = Permit | HostPermit

/** All that a permit says, without what makes it one. */
export type Terms<P extends Any> = P extends Any ? Omit<P, typeof DECIDED> : never

const DECIDED_ON = new WeakSet<object>()

/** Makes a permit of what was decided. For decisions alone: `test/layers.test.ts` names who may import it. */
export function permitting<P extends Any = Permit>(terms: Terms<P>): P {
  DECIDED_ON.add(terms)
  if (isDecided<P>(terms)) return terms
  throw new TypeError('a permit that was made is none')
}

function isDecided<P extends Any>(terms: Terms<P> | P): terms is P {
  return DECIDED_ON.has(terms)
}

/** @throws {TypeError} for what was not decided: a copy of a permit, or what only looks like one */
export function requireDecided(permit: Any): void {
  if (!DECIDED_ON.has(permit)) throw new TypeError(`what is to be done on ${permit.on} was not decided`)
}
