import type { Missing } from './walk.ts'

/** A directory or file of the host, its symbolic links resolved. */
export type HostPath =
  | { readonly found: true; readonly real: string }
  /** `moved`: a root that is no longer what it was when the policy was loaded, or that others could move. */
  | { readonly found: false; readonly why: 'unreadable' | 'moved' }
  /** Where it ends, as far as that is known. */
  | { readonly found: false; readonly why: 'missing'; readonly end?: Missing | undefined }
