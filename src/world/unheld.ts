/** Limits that an engine takes and does not hold, as its host gives it no cgroup to hold them by. */
import { objectOf, textsOf, type Unknown } from '../shared/json-value.ts'

/** By the word that a policy has for each: what Docker tells in `info`, and the controller that Podman lists. */
const LIMITS = [
  { limit: 'memory', told: 'MemoryLimit', controller: 'memory' },
  { limit: 'cpus', told: 'CpuCfsQuota', controller: 'cpu' },
  { limit: 'pids', told: 'PidsLimit', controller: 'pids' },
] as const

/**
 * The limits of a policy that do not hold. Docker says so; Podman's `info` is true of the host alone, also where it runs rootless and
 * leaves them out without a word, but its own tells which controllers it has (libpod/info.go).
 */
export function unheldLimits(info: Unknown, libpod: Unknown): readonly string[] {
  const { cgroupControllers } = objectOf(libpod['host'])
  const isUnheld = ({ told, controller }: (typeof LIMITS)[number]): boolean =>
    cgroupControllers === undefined
      ? info[told] === false || info['CgroupDriver'] === 'none'
      : !textsOf(cgroupControllers).includes(controller)
  return LIMITS.filter(isUnheld).map(({ limit }) => limit)
}
