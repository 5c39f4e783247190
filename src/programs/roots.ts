/** Finds a program of the host, and makes sure that nobody but root could have put it there. */
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A program that is not run. The message says why, for the worker. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}

/** The first of the paths that is there, by its name: some programs do what they are called, as iptables does. @throws {ProgramError} */
export async function findProgram(paths: readonly string[]): Promise<string> {
  const { path } = await find(paths)
  // Who can change a link could name any program.
  const place = await realpath(dirname(path))
  await requireRoots(place)
  return join(place, basename(path))
}

/** The first of the paths that is there, without links. @throws {ProgramError} */
export async function findRealProgram(paths: readonly string[]): Promise<string> {
  return (await find(paths)).real
}

async function find(paths: readonly string[]): Promise<{ readonly path: string; readonly real: string }> {
  for (const path of paths) {
    const real = await realpath(path).catch(() => undefined)
    if (real === undefined) continue
    await requireRoots(real)
    return { path, real }
  }
  throw new ProgramError(`it is not installed on this host: there is no ${paths.join(' or ')}`)
}

/** What is there and every directory above it belong to root, and only root writes there (or the directory is sticky, as Nix's store). */
async function requireRoots(real: string): Promise<void> {
  for (let path = real; ; path = dirname(path)) {
    const status = await stat(path)
    const open = (status.mode & 0o022) !== 0 && !(status.isDirectory() && (status.mode & 0o1000) !== 0)
    if (status.uid !== 0 || open) {
      throw new ProgramError(`${path} does not belong to root alone, so what is there is not run`)
    }
    if (path === '/') return
  }
}
