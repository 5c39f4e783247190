/** Ulimits of a new container: as much as the policy gives, or what needs no limit of its own. */
import type { Ulimit } from '../../decode/operations/container-create.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import { ULIMITS } from '../../policy/ulimits.ts'
import type { CreatePlan } from '../plans.ts'
import type { Violation } from '../refuse.ts'

/** Ulimits that need no cap: what is locked is memory, which has a limit. Others act on the host or on other containers. */
const FREE_ULIMITS = ['as', 'core', 'cpu', 'data', 'fsize', 'locks', 'memlock', 'rss', 'stack']

/** Ulimits, brought down to what there is at most. */
export function planUlimits(
  run: Pick<RunPolicy, 'limits' | 'ulimits'>,
  ulimits: readonly Ulimit[],
  violations: Violation[],
): CreatePlan['ulimits'] {
  return ulimits.map(({ name, soft, hard }) => {
    const cap = capOf(run, name)
    if (cap !== undefined)
      return { Name: name, Soft: withinCap(soft, cap.most), Hard: withinCap(hard, cap.most) }
    const what = `HostConfig.Ulimits = ${name}=${soft}:${hard}`
    const why = 'run.ulimits does not give it'
    const given = Object.keys(run.ulimits).map((other) => `--ulimit ${other}=…`)
    violations.push({ rule: 'run.ulimits', what, why, instead: given })
    return { Name: name, Soft: soft, Hard: hard }
  })
}

/** The most of a ulimit, Infinity for no limit, and the rule that says so; undefined for one that is not given. */
export function capOf(
  { limits, ulimits }: Pick<RunPolicy, 'limits' | 'ulimits'>,
  name: string,
): { readonly most: number; readonly rule: string } | undefined {
  const known = ULIMITS.find((one) => one === name)
  const given = known && ulimits[known]
  if (given !== undefined) return { most: given, rule: `run.ulimits.${name}` }
  if (name === 'nofile') return { most: limits.nofile, rule: 'run.limits.nofile' }
  if (name === 'nproc') return { most: limits.pids, rule: 'run.limits.pids' }
  return FREE_ULIMITS.includes(name) ? { most: Infinity, rule: 'run.ulimits' } : undefined
}

/** A negative one asks for none at all. */
function withinCap(asked: number, most: number): number {
  if (most === Infinity) return asked
  return asked < 0 ? most : Math.min(asked, most)
}
