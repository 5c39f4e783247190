/** The state directory and the small secret files in it. */

import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreUnavailable } from './errors.ts'

/** Makes the directory (0700) where it is missing; throws StoreUnavailable where others may write into it. */
export function prepareDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const mode = statSync(directory).mode & 0o777
  if ((mode & 0o022) !== 0) {
    const told = mode.toString(8).padStart(4, '0')
    throw new StoreUnavailable(directory, `others may write into it (mode ${told}); run chmod 0700 on it`)
  }
}

/** The file's bytes; where it is missing, it is made from `make` first, whole or not at all, and synced. */
export function readOrCreate(path: string, mode: number, make: () => string | Buffer): Buffer {
  createWhole(path, mode, (partial) => writeFileSync(partial, make()))
  return readFileSync(path)
}

/** Makes a file where it is missing, whole or not at all, and synced. @param fill writes the one that is there, and empty */
export function createWhole(path: string, mode: number, fill: (partial: string) => void): void {
  if (existsSync(path)) return
  const partial = `${path}.partial`
  // What a start that was broken off left there is emptied.
  writeFileSync(partial, '', { mode })
  fill(partial)
  syncPath(partial)
  renameSync(partial, path)
  syncPath(dirname(path))
}

/** Puts a file, or the names of a directory's files, on disk. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
