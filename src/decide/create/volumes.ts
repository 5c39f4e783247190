/** Volumes of a new container: own ones, or what is made of them. */
import type { VolumeMount } from '../../decode/operations/mounts.ts'
import type { PlannedMount } from '../plans.ts'
import type { Violation } from '../refuse.ts'
import { volumeTaken } from '../volume.ts'
import type { PlanFacts } from './facts.ts'

/** The volumes that must be the worker's own before the container is made; the first mount of one says its labels. */
export function volumesToOwn(mounts: readonly PlannedMount[]): ReadonlyMap<string, VolumeMount['labels']> {
  const volumes = new Map<string, VolumeMount['labels']>()
  for (const mount of mounts) {
    if (mount.type !== 'volume' || mount.source === undefined || volumes.has(mount.source)) continue
    volumes.set(mount.source, mount.labels)
  }
  return volumes
}

/** A volume as it is sent. */
export function planVolume(
  mount: VolumeMount,
  facts: Pick<PlanFacts, 'engine' | 'volumes'>,
  violations: Violation[],
): VolumeMount {
  checkSubpath(mount, facts, violations)
  if (mount.source !== undefined && facts.volumes?.get(mount.source) === 'other') {
    violations.push(volumeTaken(`${mount.at} = ${mount.source}:${mount.target}`, mount.source))
  }
  // Whether an engine copies into it, or fails to, would tell what is where a link in it leads to.
  return mount.subpath === undefined ? mount : { ...mount, noCopy: true }
}

/** The API version from which an engine mounts a part of a volume. */
const SUBPATHS = 45

/**
 * From 26.0 on Docker finds a part of a volume, or an image, without following a link out of it, and holds it fast until it is mounted
 * (moby, internal/safepath: openat2, the same in all versions up to 28.5.2 and 29). One before does not know the field and would mount all of it.
 */
function checkSubpath(
  mount: VolumeMount,
  { engine }: Pick<PlanFacts, 'engine'>,
  violations: Violation[],
): void {
  if (mount.subpath === undefined || (!engine.podman && engine.minor >= SUBPATHS)) return
  violations.push({
    rule: 'run.mounts',
    what: `${mount.at}.VolumeOptions.Subpath = ${mount.subpath}`,
    why: 'a part of a volume is mounted by Docker from 26 on, which follows no link out of it',
    instead: [`--mount type=volume,source=${mount.source ?? ''},target=${mount.target}`],
  })
}
