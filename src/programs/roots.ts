/** Finds a program of the host, and makes sure that nobody but root could have put it there. */
import { basename, dirname, join } from 'node:path'
import { writerOf } from '../files/trust.ts'
import { realPath, walk, WalkError, type Place } from '../files/walk.ts'

/** A program that is not run. The message says why, for the worker. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}

const ROOT: readonly number[] = [0]

/**
 * The first of the paths that is there, by its name: some programs do what they are called, as iptables does.
 * @param trusted accounts that may have put it there @throws {ProgramError}
 */
export async function findProgram(paths: readonly string[], trusted = ROOT): Promise<string> {
  const { path } = await find(paths, trusted)
  // Who can change a link could name any program.
  const directory = await place(dirname(path), trusted)
  if (directory === undefined) throw notInstalled(paths)
  return join(realPath(directory), basename(path))
}

/** The first of the paths that is there, without links. @throws {ProgramError} */
export async function findRealProgram(paths: readonly string[]): Promise<string> {
  return (await find(paths, ROOT)).real
}

async function find(
  paths: readonly string[],
  trusted: readonly number[],
): Promise<{ readonly path: string; readonly real: string }> {
  for (const path of paths) {
    const program = await place(path, trusted)
    if (program === undefined) continue
    requireTrusted(program, trusted)
    return { path, real: realPath(program) }
  }
  throw notInstalled(paths)
}

function notInstalled(paths: readonly string[]): ProgramError {
  return new ProgramError(`it is not installed on this host: there is no ${paths.join(' or ')}`)
}

/** It belongs to root, and only root can write it, or put another in the place of it and of every link that leads to it. */
function requireTrusted(program: Place, trusted: readonly number[]): void {
  const isOpen = writerOf(program.found.status, trusted) !== undefined
  const [movable] = program.movable
  if (!isOpen && movable === undefined) return
  const path = isOpen || movable === undefined ? realPath(program) : movable.directory
  throw new ProgramError(`${path} does not belong to root alone, so what is there is not run`)
}

/** What is at a path, with who could have put it there; its descriptor is closed. */
async function place(path: string, trusted: readonly number[]): Promise<Place | undefined> {
  try {
    const found = await walk(path, { trusted })
    await found.found.close()
    return found
  } catch (cause) {
    if (cause instanceof WalkError) return undefined
    throw cause
  }
}
