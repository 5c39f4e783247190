/** Finds a diagnostic's program, and makes sure that nobody but root could have put it there. */
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A program that is not run. The message says why, for the worker. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}

/** The first of the paths that is there. @throws {ProgramError} */
export async function findProgram(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined) continue
    await requireRoots(real)
    // By the name that was found: some programs do what they are called, as iptables does. Who can change a link could name any program.
    const place = await realpath(dirname(path))
    await requireRoots(place)
    return join(place, basename(path))
  }
  throw new ProgramError(`it is not installed on this host: there is no ${paths.join(' or ')}`)
}

/** What is there and every directory above it belong to root, and only root writes there (or the directory is sticky, as Nix's store). */
async function requireRoots(real: string): Promise<void> {
  for (let path = real; ; path = dirname(path)) {
    const status = await stat(path)
    const open = (status.mode & 0o022) !== 0 && !(status.isDirectory() && (status.mode & 0o1000) !== 0)
    if (status.uid !== 0 || open) {
      throw new ProgramError(`${path} does not belong to root alone, so the gate does not run what is there`)
    }
    if (path === '/') return
  }
}
