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
  if (!existsSync(path)) {
    const partial = `${path}.partial`
    writeFileSync(partial, make(), { mode, flush: true })
    renameSync(partial, path)
    syncDirectory(dirname(path))
  }
  return readFileSync(path)
}

/** Puts the names of a directory's files on disk. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
