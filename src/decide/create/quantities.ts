/** Quantities of a container that the policy limits: what its create asks for, and what it gets (ARCHITECTURE.md, rule 13). */
import type { ContainerCreate } from '../../decode/operations/container-create.ts'
import { formatCpus, formatSize, parseSize } from '../../shared/sizes.ts'
import type { Limits } from '../../policy/policy.ts'
import type { CreatePlan } from '../plans.ts'

export interface Quantity {
  readonly name: string
  /** Undefined where nothing is asked for, negative where no limit is. */
  readonly asked: number | undefined
  readonly given: number | undefined
  readonly format: (amount: number) => string
}

/** One that `run.limits` has. */
export interface LimitedQuantity extends Quantity {
  readonly limit: 'cpus' | Extract<keyof Limits, 'memory' | 'pids' | 'shm' | 'tmpfs' | 'log'>
  /** Option of `docker update` that changes it. */
  readonly option?: string
}

/** Memory and sizes in bytes, CPUs in nano-CPUs; ulimits, which are two numbers each, are left out. */
export function limitedQuantities(
  { limits: asked, log, mounts }: ContainerCreate,
  plan: Pick<CreatePlan, 'limits' | 'log' | 'mounts'>,
): readonly LimitedQuantity[] {
  const given = plan.limits
  const quantity = (
    limit: 'memory' | 'pids' | 'shm',
    format: Quantity['format'],
    option?: string,
  ): LimitedQuantity => ({
    limit,
    name: limit,
    asked: asked[limit],
    given: given[limit],
    format,
    ...(option && { option }),
  })
  return [
    quantity('memory', formatSize, '--memory'),
    {
      limit: 'cpus',
      name: 'cpus',
      asked: asked.nanoCpus,
      given: given.nanoCpus,
      format: formatCpus,
      option: '--cpus',
    },
    quantity('pids', String, '--pids-limit'),
    quantity('shm', formatSize),
    {
      limit: 'log',
      name: 'log max-size',
      asked: parseSize(log.options.reveal().get('max-size') ?? ''),
      given: parseSize(plan.log?.options['max-size'] ?? ''),
      format: formatSize,
    },
    ...mounts.flatMap((mount, index): readonly LimitedQuantity[] => {
      const planned = plan.mounts[index]
      if (mount.type !== 'tmpfs' || planned?.type !== 'tmpfs') return []
      const name = `tmpfs at ${mount.target}, size`
      return [{ limit: 'tmpfs', name, asked: mount.size, given: planned.size, format: formatSize }]
    }),
  ]
}
