/** What a container gets less of than its create asks for, or more, in the words in which the answer warns of it: the CLI prints them. */
import type { ContainerCreate } from '../../decode/operations/container-create.ts'
import { formatSize } from '../../shared/sizes.ts'
import type { CreatePlan } from '../plans.ts'
import { limitedQuantities, type Quantity } from './quantities.ts'

/** Texts, each of one quantity. */
export function warningsOf(
  operation: ContainerCreate,
  plan: Omit<CreatePlan, 'warnings'>,
): readonly string[] {
  return [
    ...limitedQuantities(operation, plan).flatMap((quantity) =>
      lowered(quantity, `run.limits.${quantity.limit}`),
    ),
    ...ulimitWarnings(operation, plan),
    ...fixedWarnings(operation, plan),
    ...intervalWarnings(operation, plan),
    ...(plan.labelsLeft.length === 0
      ? []
      : [
          `left out, as programs of the host act on them (policy: run.labels): ${plan.labelsLeft.join(', ')}`,
        ]),
  ]
}

function lowered({ name, asked, given, format }: Quantity, why: string): readonly string[] {
  if (asked === undefined || given === undefined || asked === given) return []
  return [`${name} ${asked < 0 ? 'without a limit' : format(asked)} is ${format(given)} here (${why})`]
}

/** Of quantities whose limit is the same in every policy, or comes from another one. */
function fixedWarnings(
  { limits: asked, restart, config }: ContainerCreate,
  plan: Omit<CreatePlan, 'warnings'>,
): readonly string[] {
  const { memorySwap, cpuShares = 0 } = plan.limits
  return [
    ...lowered(
      { name: 'memory and swap', asked: asked.memorySwap, given: memorySwap, format: formatSize },
      'twice the memory',
    ),
    ...lowered(
      { name: 'cpu shares', asked: asked.cpuShares, given: cpuShares, format: String },
      'the share of every container',
    ),
    ...lowered(
      {
        name: 'restart retries',
        asked: restart.retries || undefined,
        given: plan.restart.retries || undefined,
        format: String,
      },
      'the most there are',
    ),
    ...lowered(
      {
        name: 'stop timeout',
        asked: config.StopTimeout,
        given: plan.stopTimeout,
        format: (count) => `${count} s`,
      },
      'an engine waits this long when it shuts down',
    ),
  ]
}

function ulimitWarnings({ ulimits }: ContainerCreate, plan: Pick<CreatePlan, 'ulimits'>): readonly string[] {
  return ulimits.flatMap(({ name, soft, hard }, index) => {
    const given = plan.ulimits[index]
    const rule = name === 'nproc' ? 'pids' : 'nofile'
    return given === undefined || (given.Soft === soft && given.Hard === hard)
      ? []
      : [`ulimit ${name}=${soft}:${hard} is ${given.Soft}:${given.Hard} here (run.limits.${rule})`]
  })
}

function intervalWarnings(
  { config }: ContainerCreate,
  { health }: Pick<CreatePlan, 'health'>,
): readonly string[] {
  return (['Interval', 'StartInterval'] as const).flatMap((field) =>
    lowered(
      {
        name: `health check ${field}`,
        asked: config.Healthcheck?.[field],
        given: health?.[field],
        format: (nanoseconds) => `${nanoseconds / 1e6} ms`,
      },
      'each check is a process',
    ),
  )
}
