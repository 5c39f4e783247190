/** Descriptors that systemd handed over (sd_listen_fds(3)), and where sockets among them are bound. */
import { fstatSync, readFileSync, readlinkSync } from 'node:fs'
import type { SystemdEnvironment } from './environment.ts'

export interface Given {
  readonly descriptor: number
  /** What `FileDescriptorName=` says, else the name of the unit. */
  readonly name: string
}

const FIRST = 3

/** Those that are for this process: a parent's, in an environment that was handed on, are not. */
export function givenDescriptors(
  { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' }: SystemdEnvironment,
  own = process.pid,
): readonly Given[] {
  const count = Number(LISTEN_FDS)
  if (Number(LISTEN_PID) !== own || !Number.isInteger(count) || count < 1) return []
  const names = LISTEN_FDNAMES.split(':')
  return Array.from({ length: count }, (_, at) => ({ descriptor: FIRST + at, name: names[at] ?? '' }))
}

/** Where a Unix socket that listens is bound. The message says why that can't be told. */
export type Place = { readonly path: string } | { readonly unknown: string }

/**
 * The kernel tells it of sockets of this network namespace. A gate with a network of its own (`PrivateNetwork=`) is in another
 * than systemd, which made them: there the name has to be the path.
 * @param table as /proc/net/unix is
 */
export function placeOf({ descriptor, name }: Given, table = socketTable()): Place {
  const told = table.get(inodeOf(descriptor) ?? '')
  const named = name.startsWith('/') ? name : undefined
  if (told !== undefined && named !== undefined && told !== named)
    return { unknown: `it is bound to ${told}, and FileDescriptorName= says ${named}` }
  const path = told ?? named
  if (path === undefined)
    return { unknown: 'its unit needs FileDescriptorName= with the path that it listens on' }
  return { path }
}

/** The number by which the kernel lists a socket; undefined for anything else. */
function inodeOf(descriptor: number): string | undefined {
  if (!fstatSync(descriptor).isSocket()) return undefined
  return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1]
}

/** Paths of sockets by their inodes: the last two columns, of which the path is not always there. */
function socketTable(): ReadonlyMap<string, string> {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n').slice(1)
  return new Map(
    lines.flatMap((line) => {
      const [, inode = '', path = ''] = /^(?:\S+\s+){6}(\d+) (\/.*)$/.exec(line) ?? []
      return path === '' ? [] : [[inode, path]]
    }),
  )
}
