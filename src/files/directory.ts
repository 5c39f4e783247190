/** Directories that the gate itself needs: opened where they are, made where they are missing, refused where others could move them. */
import { basename, dirname } from 'node:path'
import { codeOf, makeDirectoryIn, openIn, setMode, setOwner } from './descriptor.ts'
import type { Descriptor, Owner } from './descriptor.ts'
import {
  describeMover,
  describeMovable,
  mend,
  moverOf,
  ownAccount,
  trustedAccounts,
  writerOf,
} from './trust.ts'
import { realPath, walk, WalkError, type Place } from './walk.ts'

/** A place that the gate does not use. The message says why, and what to do. */
export class PathError extends Error {
  override readonly name = 'PathError'
}

/** The gate's own account. */
export const OWN: Owner = { user: -1, group: -1 }

/** Owner and mode of a directory that is made. */
export interface Making {
  readonly owner: Owner
  readonly mode: number
  /** The mode of those above it that are missing too, which are the gate's. */
  readonly above: number
}

/**
 * Opens a directory that nobody but root and the gate can put another in the place of; makes it, and those above, where they are missing.
 * What is there keeps its owner and mode. The caller closes what was found.
 * @throws {PathError}
 */
export async function openDirectory(path: string, making: Making): Promise<Place> {
  const place = await walk(path).catch((cause: unknown) => {
    if (!(cause instanceof WalkError)) throw cause
    requireUnmovable(cause.movable)
    if (cause.why === 'missing') return undefined
    throw new PathError(cause.message, { cause })
  })
  if (place === undefined) return makeDirectory(path, making)
  try {
    requireUnmovable(place.movable)
    if (place.found.status.kind !== 'directory') throw new PathError(`${path} is not a directory`)
    return place
  } catch (cause) {
    await place.found.close()
    throw cause
  }
}

/** The same for a directory that nobody but root and the gate may write in. @throws {PathError} */
export async function openOwnDirectory(path: string, mode: number): Promise<Place> {
  const place = await openDirectory(path, { owner: OWN, mode, above: mode })
  const writer = writerOf(place.found.status, trustedAccounts())
  if (writer === undefined) return place
  await place.found.close()
  const told = `0${place.found.status.mode.toString(8)}`
  throw new PathError(
    writer.kind === 'owner of the directory'
      ? `it belongs to ${describeMover(writer)}; name another, or chown it`
      : `others may write into it (mode ${told}); run chmod 0700 on it`,
  )
}

async function makeDirectory(path: string, { owner, mode, above }: Making): Promise<Place> {
  const parent = await openDirectory(dirname(path), { owner: OWN, mode: above, above })
  try {
    const name = basename(path)
    const own = { ...parent.found.status, uid: ownAccount() }
    const mover = moverOf(parent.found.status, own, trustedAccounts())
    if (mover !== undefined) requireUnmovable([{ entry: path, directory: realPath(parent), mover }])
    const found = await makeIn(parent.found, name, owner, mode)
    return {
      found,
      names: [...parent.names, name],
      ids: [...parent.ids, found.status.id],
      passed: new Set([...parent.passed, parent.found.status.id]),
      movable: [],
    }
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    throw new PathError(`${path} leads to what is not there; remove it`, { cause })
  } finally {
    await parent.found.close()
  }
}

async function makeIn(parent: Descriptor, name: string, owner: Owner, mode: number): Promise<Descriptor> {
  // Open to nobody until it is the owner's.
  await makeDirectoryIn(parent, name, 0o700)
  const found = await openIn(parent, name)
  try {
    if (owner.user !== -1 || owner.group !== -1) await setOwner(found, owner)
    await setMode(found, mode)
    return found
  } catch (cause) {
    await found.close()
    throw cause
  }
}

function requireUnmovable(movable: Place['movable']): void {
  const [first] = movable
  if (first !== undefined) throw new PathError(`${describeMovable(first)}; ${mend(first)}`)
}
