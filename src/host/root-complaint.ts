/** Why a folder that a policy names must not be mounted into containers, by what it really is on this host. */
import { rootProblem } from '../policy/paths.ts'
import type { BindRoot } from '../policy/policy.ts'
import { describeMovable, mend } from '../files/trust.ts'
import { realPath, type Place } from '../files/walk.ts'

/** A root of a policy, and what its path leads to. */
export interface FoundRoot extends BindRoot {
  readonly place: Place
}

interface Complaint {
  readonly message: string
  readonly hint?: string
}

/** @param all roots of every worker */
export function rootComplaint(root: FoundRoot, all: readonly FoundRoot[]): Complaint | undefined {
  const { path, mode, place } = root
  const [movable] = place.movable
  if (movable !== undefined) {
    const hint = `${mend(movable)}; or name ${movable.directory}, or a folder that root alone leads to`
    return { message: describeMovable(movable), hint }
  }
  const real = realPath(place)
  const problem = real === path ? undefined : rootProblem(real, mode)
  if (problem !== undefined) return { message: `it leads to ${real}: ${problem}` }
  const outer = writableAround(place, all)
  return outer === undefined
    ? undefined
    : { message: `it lies in ${outer.path}, in which a worker may write` }
}

/** The root in which containers may write, as root, and put something else in the place of what the way to a place leads through. */
export function writableAround(
  { passed }: Pick<Place, 'passed'>,
  all: readonly FoundRoot[],
): FoundRoot | undefined {
  return all.find(({ mode, place }) => mode === 'rw' && passed.has(place.found.status.id))
}
