/** Who could put something else in the place of a file or directory: whoever can rename it in the directory that it is in. */
import type { Status } from './descriptor.ts'

/** Somebody beside those who are trusted. */
export type Mover =
  /** The owner of the directory, who can give itself the right to write there; or of the entry, where the directory is sticky. */
  | { readonly kind: 'owner of the directory' | 'owner of the entry'; readonly account: number }
  /** Maybe more than its members: an access control list widens a group's bits (acl(5)). */
  | { readonly kind: 'group'; readonly group: number }
  | { readonly kind: 'everybody' }

/** An entry on the way to a path, and who can put another in its place. */
export interface Movable {
  readonly entry: string
  readonly directory: string
  readonly mover: Mover
}

const STICKY = 0o1000
const GROUP_WRITES = 0o020
const ALL_WRITE = 0o002

/** Root, and the gate's own account. */
export function trustedAccounts(): readonly number[] {
  return [0, ownAccount()]
}

/** The account that the gate acts as. */
export function ownAccount(): number {
  return process.geteuid?.() ?? 0
}

/** Who beside the trusted accounts can make entries of a directory; undefined where nobody can. */
export function writerOf({ uid, gid, mode }: Status, trusted: readonly number[]): Mover | undefined {
  if (!trusted.includes(uid)) return { kind: 'owner of the directory', account: uid }
  if ((mode & ALL_WRITE) !== 0) return { kind: 'everybody' }
  return (mode & GROUP_WRITES) === 0 ? undefined : { kind: 'group', group: gid }
}

/** Who beside the trusted accounts can put something else in the place of an entry of a directory; undefined where nobody can. */
export function moverOf(directory: Status, entry: Status, trusted: readonly number[]): Mover | undefined {
  const writer = writerOf(directory, trusted)
  const isSticky = (directory.mode & STICKY) !== 0
  if (writer === undefined || writer.kind === 'owner of the directory' || !isSticky) return writer
  // There the owners of the directory and of the entry alone can rename it (unlink(2)).
  return trusted.includes(entry.uid) ? undefined : { kind: 'owner of the entry', account: entry.uid }
}

/** `account 1001`, `group 1001`, `every account`. */
export function describeMover(mover: Mover): string {
  switch (mover.kind) {
    case 'owner of the directory':
    case 'owner of the entry':
      return `account ${mover.account}`
    case 'group':
      return `group ${mover.group}`
    case 'everybody':
      return 'every account'
  }
}

/** Who can move what, in words. */
export function describeMovable({ entry, directory, mover }: Movable): string {
  const who = describeMover(mover)
  switch (mover.kind) {
    case 'owner of the directory':
      return `${directory} belongs to ${who}, which can put something else in the place of ${entry}`
    case 'owner of the entry':
      return `${entry} belongs to ${who}, which can put something else in its place`
    case 'group':
    case 'everybody':
      return `${who} may write in ${directory}, and put something else in the place of ${entry}`
  }
}

/** The command that ends it. */
export function mend({ entry, directory, mover }: Movable): string {
  const own = ownAccount() === 0 ? 'root' : String(ownAccount())
  switch (mover.kind) {
    case 'owner of the directory':
      return `chown ${own} ${directory} && chmod go-w ${directory}`
    case 'owner of the entry':
      return `chown ${own} ${entry}`
    case 'group':
    case 'everybody':
      return `chmod go-w ${directory}`
  }
}
