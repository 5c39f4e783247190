/** Volumes: own ones alone. */
import type { VolumeOperation } from '../decode/operation.ts'
import type { VolumeCreate } from '../decode/operations/volume.ts'
import type { Facts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { checkLabels } from './labels.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { inUse, notFound, refuseAll, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'

/** Decides a volume create that the policy's words allow. */
export function decideVolumeCreate(
  run: RunPolicy,
  word: Subcommand,
  operation: VolumeCreate,
  facts: Pick<Facts, 'volumes' | 'usage'>,
): Verdict {
  const violations: Violation[] = []
  const owner = operation.name === undefined ? 'nobody' : facts.volumes.get(operation.name)
  if (owner === 'other') violations.push(volumeTaken(`Name = ${operation.name}`, operation.name ?? ''))
  if (owner === 'nobody') violations.push(...volumeCount(run, 1, facts))
  checkLabels(operation.labels, violations)
  return violations.length > 0
    ? refuseAll(word, violations)
    : allow(word, 'docker.allow', { on: 'volume create', operation })
}

/** Decides an operation on a volume that is there. */
export function decideVolume(
  word: Subcommand,
  operation: VolumeOperation,
  { volumes }: Pick<Facts, 'volumes'>,
): Verdict {
  const owner = volumes.get(operation.volume)
  if (owner !== 'self' && owner !== 'inUse') return notFound(word, noSuchVolume(operation.volume))
  if (operation.kind === 'volume.remove' && owner === 'inUse')
    return inUse(word, `remove ${operation.volume}: volume is in use by another call`)
  return allow(word, 'docker.allow', { on: 'volume', operation })
}

/** What an engine says of a volume that is not there. */
export function noSuchVolume(name: string): string {
  return `get ${name}: no such volume`
}

/** The violation of a name that is somebody else's. */
export function volumeTaken(what: string, name: string): Violation {
  const instead = ['another volume name, which is made when it is first used']
  return { rule: 'run.volumes', what, why: `the volume name ${name} is not free for this worker`, instead }
}

/** What more volumes would be too much. @param more volumes that are to be made */
export function volumeCount(
  run: RunPolicy,
  more: number,
  { usage }: Pick<Facts, 'usage'>,
): readonly Violation[] {
  if (more === 0 || usage.volumes + more <= run.limits.volumes) return []
  const why = `limit reached: ${usage.volumes} of ${run.limits.volumes}`
  return [
    { rule: 'run.limits.volumes', what: 'volumes of this worker', why, instead: ['docker volume rm of one'] },
  ]
}
