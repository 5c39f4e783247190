/** What is asked of the host itself. */
export interface HostDiagnostic {
  readonly kind: 'host.diagnostic'
  /** The program as it was written, a name or a path, and its arguments. */
  readonly words: readonly string[]
}

/** A command line that was refused as such, before any call. */
export interface CommandLine {
  readonly kind: 'command'
  readonly words: readonly string[]
}
