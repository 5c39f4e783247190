/** Who asks: the worker whose socket the request came in by. A door knows that and decides nothing. */
import type { Identity } from './identity.ts'

export interface Caller {
  readonly identity: Identity
  /** How the call got to the socket. Beside `socket` the worker's side says so: for the record alone. */
  readonly door: Door
  /** The key that came in, as the worker's side says: for the record alone. Printable ASCII. */
  readonly key?: string | undefined
  /** Notes what would become of calls that are not to be done. */
  readonly rehearsal?: Rehearsal | undefined
}

export type Door = 'socket' | 'ssh' | 'mcp'

/** What is told of the calls of a command that is only tried. */
export interface Rehearsal {
  readonly tell: (told: Rehearsed) => void
}

export interface Rehearsed {
  /** True for a look-up that the command goes on after: it decides only if nothing else does. */
  readonly lookUp: boolean
  readonly allowed: boolean
  /** The operation's kind, `container.create`. */
  readonly operation: string
  /** The refusal as text, or what allowed it. */
  readonly text: string
}
