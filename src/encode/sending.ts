/** What the encoding of a request depends on beside the permit. */

export interface Sending {
  /** Minor API version that the client speaks, for the shape of the answer. */
  readonly clientMinor: number
  /** Newest version of engine and gate. Bodies are always sent in it, since an older one gives other defaults. */
  readonly engineMinor: number
  /** Marks what is made for the worker, so that it is found again after a crash. */
  readonly labels: Readonly<Record<string, string>>
}
