/** What a container gets less of than its create asks for, or more, in the words in which the answer warns of it: the CLI prints them. */
import type { ContainerCreate } from '../../decode/operations/container-create.ts'
import { formatCpus, formatSize, parseSize } from '../../shared/sizes.ts'
import type { CreatePlan } from '../plans.ts'

/** Texts, each of one quantity. */
export function warningsOf(
  operation: ContainerCreate,
  plan: Omit<CreatePlan, 'warnings'>,
): readonly string[] {
  const { limits: asked, log, restart, config } = operation
  const { limits } = plan
  const size = parseSize(log.options.reveal().get('max-size') ?? '')
  return [
    ...lowered('memory', asked.memory, limits.memory, formatSize, 'run.limits.memory'),
    ...lowered('memory and swap', asked.memorySwap, limits.memorySwap, formatSize, 'twice the memory'),
    ...lowered('cpus', asked.nanoCpus, limits.nanoCpus, formatCpus, 'run.limits.cpus'),
    ...lowered('cpu shares', asked.cpuShares, limits.cpuShares ?? 0, String, 'the share of every container'),
    ...lowered('pids', asked.pids, limits.pids, String, 'run.limits.pids'),
    ...lowered('shm', asked.shm, limits.shm, formatSize, 'run.limits.shm'),
    ...lowered(
      'log max-size',
      size,
      parseSize(plan.log?.options['max-size'] ?? ''),
      formatSize,
      'run.limits.log',
    ),
    ...lowered(
      'restart retries',
      restart.retries || undefined,
      plan.restart.retries || undefined,
      String,
      'the most there are',
    ),
    ...tmpfsWarnings(operation, plan),
    ...ulimitWarnings(operation, plan),
    ...lowered(
      'stop timeout',
      config.StopTimeout,
      plan.stopTimeout,
      seconds,
      'an engine waits this long when it shuts down',
    ),
    ...intervalWarnings(operation, plan),
    ...(plan.labelsLeft.length === 0
      ? []
      : [
          `left out, as programs of the host act on them (policy: run.labels): ${plan.labelsLeft.join(', ')}`,
        ]),
  ]
}

function lowered(
  name: string,
  asked: number | undefined,
  given: number | undefined,
  format: (amount: number) => string,
  why: string,
): readonly string[] {
  if (asked === undefined || given === undefined || asked === given) return []
  return [`${name} ${asked < 0 ? 'without a limit' : format(asked)} is ${format(given)} here (${why})`]
}

function tmpfsWarnings({ mounts }: ContainerCreate, plan: Pick<CreatePlan, 'mounts'>): readonly string[] {
  return mounts.flatMap((mount, index) => {
    const planned = plan.mounts[index]
    return mount.type === 'tmpfs' && planned?.type === 'tmpfs'
      ? lowered(`tmpfs at ${mount.target}, size`, mount.size, planned.size, formatSize, 'run.limits.tmpfs')
      : []
  })
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
      `health check ${field}`,
      config.Healthcheck?.[field],
      health?.[field],
      (nanoseconds) => `${nanoseconds / 1e6} ms`,
      'each check is a process',
    ),
  )
}

function seconds(count: number): string {
  return `${count} s`
}
