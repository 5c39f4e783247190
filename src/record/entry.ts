/** One line of the record. A decision is written before its effect, an outcome after it; neither is ever changed. */
export type AuditEntry = DecisionEntry | OutcomeEntry

export interface DecisionEntry {
  readonly phase: 'decision'
  /** Names the entry in refusals and outcomes: 12 characters, unguessable. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly time: number
  readonly worker: string
  readonly door: string
  /** The key that came in, as the worker's side told; left out where nothing was told. */
  readonly key?: string | undefined
  /** The operation's kind, `container.create`. */
  readonly operation: string
  /** The word that was asked of the policy, `run`. */
  readonly subcommand: string
  /** The object, by full id or name; empty where there is none. */
  readonly target: string
  readonly decision: 'allow' | 'refuse'
  /** The rule that decided, `run.binds`. */
  readonly rule: string
  /** Offending value and reason of a refusal, else empty. */
  readonly reason: string
  /** The operation as it was decided, secrets replaced by keyed hashes; JSON. */
  readonly detail: string
}

export interface OutcomeEntry {
  readonly phase: 'outcome'
  readonly id: string
  readonly time: number
  readonly worker: string
  /** The decision that this is the outcome of. */
  readonly of: string
  readonly operation: string
  /** The object; of a prune, a load or a build what it removed, named, made and pulled, as much of it as there is room for. */
  readonly target: string
  /** The engine's HTTP status; 0 where it gave none. */
  readonly status: number
  /** The engine's message where it failed, else empty. */
  readonly reason: string
}

/** The operation of an entry by which the operator took over a record that something else had written to; the reason says what. */
export const ACCEPT = 'record.accept'
