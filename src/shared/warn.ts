/** Faults of work that nobody waits for: told to the operator on stderr, and the gate goes on. */

/** A handler for such a promise. @param doing what was being done, for the message */
export function warnOf(doing: string): (cause: unknown) => void {
  return (cause) =>
    process.emitWarning(`${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, 'dockgate')
}
