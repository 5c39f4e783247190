/** What a target of fuzzing is. */
export interface Target {
  /** Words of its grammar, one character for each byte. */
  readonly words: readonly string[]
  readonly seeds: readonly (string | Buffer)[]
  /**
   * Reads an input. Gives in a few words what became of it: an input that gives other words than all before is kept.
   * @throws {Error} for a fault: an error that the reader does not declare, or a result that can't be
   */
  readonly read: (bytes: Buffer) => string
}

/** The message of a declared error without what it quotes; any other error goes on. */
export function declared(kind: new (message: string) => Error, read: () => string): string {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof kind)) throw cause
    return bare(cause.message)
  }
}

/** A message without what it quotes, names or counts. */
export function bare(message: string): string {
  return message.replaceAll(/"[^]*"|'[^]*'|[0-9]+|:[^]*|(?<=header )\S*/g, '').slice(0, 40)
}

/** What does not hold is a fault. */
export function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`it does not hold that ${what}`)
}
