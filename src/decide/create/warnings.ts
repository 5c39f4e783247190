/** What a container gets less of than its create asks for, or more, in the words in which the answer warns of it: the CLI prints them. */
import type { ContainerCreate } from '../../decode/operations/container-create.ts'
import { formatCpus, formatSize } from '../../shared/sizes.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import { capOf } from './ulimits.ts'
import type { CreatePlan, LimitChanges, RestartPlan } from '../plans.ts'
import { limitedQuantities, type Quantity } from './quantities.ts'

/** Texts, each of one quantity. */
export function warningsOf(
  run: Pick<RunPolicy, 'limits' | 'ulimits'>,
  operation: ContainerCreate,
  plan: Omit<CreatePlan, 'warnings'>,
): readonly string[] {
  return [
    ...limitedQuantities(operation, plan).flatMap((quantity) =>
      lowered(quantity, `run.limits.${quantity.limit}`),
    ),
    ...ulimitWarnings(run, operation, plan),
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

/** What an update asks for, of what it changes; undefined where it asks for nothing, negative for no limit. */
export interface AskedChanges {
  readonly memory: number | undefined
  readonly memorySwap: number | undefined
  readonly nanoCpus: number | undefined
  readonly cpuShares: number | undefined
  readonly pids: number | undefined
  readonly retries: number | undefined
}

/** What a container gets less of than its update asks for. */
export function updateWarnings(asked: AskedChanges, given: LimitChanges): readonly string[] {
  const quantity = (name: 'memory' | 'pids', format: Quantity['format']): readonly string[] =>
    lowered({ name, asked: asked[name], given: given[name], format }, `run.limits.${name}`)
  return [
    ...quantity('memory', formatSize),
    ...lowered(
      { name: 'cpus', asked: asked.nanoCpus, given: given.nanoCpus, format: formatCpus },
      'run.limits.cpus',
    ),
    ...quantity('pids', String),
    ...sharedWarnings(asked, given),
    ...retryWarnings(asked.retries, given.restart),
  ]
}

/** Of quantities that follow from others, or are the same in every policy. */
function sharedWarnings(
  asked: Pick<AskedChanges, 'memorySwap' | 'cpuShares'>,
  given: Pick<LimitChanges, 'memorySwap' | 'cpuShares'>,
): readonly string[] {
  return [
    ...lowered(
      { name: 'memory and swap', asked: asked.memorySwap, given: given.memorySwap, format: formatSize },
      'twice the memory',
    ),
    ...lowered(
      { name: 'cpu shares', asked: asked.cpuShares, given: given.cpuShares, format: String },
      'the share of every container',
    ),
  ]
}

function retryWarnings(asked: number | undefined, restart: RestartPlan | undefined): readonly string[] {
  const given = restart?.retries || undefined
  return lowered(
    { name: 'restart retries', asked: asked || undefined, given, format: String },
    'the most there are',
  )
}

/** Of quantities whose limit is the same in every policy, or comes from another one. */
function fixedWarnings(
  { limits: asked, restart, config }: ContainerCreate,
  plan: Omit<CreatePlan, 'warnings'>,
): readonly string[] {
  return [
    ...sharedWarnings(asked, plan.limits),
    ...retryWarnings(restart.retries, plan.restart),
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

function ulimitWarnings(
  run: Pick<RunPolicy, 'limits' | 'ulimits'>,
  { ulimits }: ContainerCreate,
  plan: Pick<CreatePlan, 'ulimits'>,
): readonly string[] {
  return ulimits.flatMap(({ name, soft, hard }, index) => {
    const given = plan.ulimits[index]
    return given === undefined || (given.Soft === soft && given.Hard === hard)
      ? []
      : [
          `ulimit ${name}=${soft}:${hard} is ${given.Soft}:${given.Hard} here (${capOf(run, name)?.rule ?? ''})`,
        ]
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
