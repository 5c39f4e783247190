/** What a worker may ask of the host itself: programs with exact arguments, as plain data. */

export interface HostPolicy {
  readonly allow: readonly Diagnostic[]
}

/** A command line that may be run, with places for values. */
export interface Diagnostic {
  /** As the policy has it: `journalctl -u <unit> -n <lines>`. */
  readonly line: string
  /** The program's name, which the line begins with. */
  readonly program: string
  /** Where it may be; the first that is there is run. */
  readonly paths: readonly string[]
  /** What follows the program. */
  readonly words: readonly DiagnosticWord[]
}

export type DiagnosticWord =
  | { readonly literal: string }
  | { readonly name: string; readonly values: ParameterValues }

export type ParameterValues =
  /** A regular expression for the whole word. */
  | { readonly kind: 'pattern'; readonly source: string }
  | { readonly kind: 'list'; readonly values: readonly string[] }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
