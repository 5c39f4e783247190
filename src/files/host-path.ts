/** A directory or file of the host, its symbolic links resolved. */
export type HostPath =
  | { readonly found: true; readonly real: string }
  /** `moved`: a root that is no longer what it was when the policy was loaded, or that others could move. */
  | { readonly found: false; readonly why: 'unreadable' | 'moved' }
  /** Where it ends: the last directory that is there, by its path without links, and the names below it; undefined where that is none. */
  | {
      readonly found: false
      readonly why: 'missing'
      readonly end?: { readonly above: string; readonly names: readonly string[] } | undefined
    }
