/** Paths of the host with their symbolic links resolved. The one stage of a decision that touches the file system. */
import { realpath } from 'node:fs/promises'
import type { HostPath } from './facts.ts'

const NONE: ReadonlyMap<string, HostPath> = new Map()

/** Real paths by the paths as they were written. */
export async function resolveHostPaths(paths: readonly string[]): Promise<ReadonlyMap<string, HostPath>> {
  if (paths.length === 0) return NONE
  return new Map(await Promise.all(paths.map(async (path) => [path, await resolveOne(path)] as const)))
}

async function resolveOne(path: string): Promise<HostPath> {
  try {
    return { found: true, real: await realpath(path) }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    return { found: false, why: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable' }
  }
}
