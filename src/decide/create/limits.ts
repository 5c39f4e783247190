/** Limits of a container: put in where the client gives none, brought down where it gives more. */
import type { RequestedLimits } from '../../decode/operations/container-create.ts'
import type { Usage } from '../../world/usage.ts'
import type { Limits } from '../../policy/policy.ts'
import type { Violation } from '../refuse.ts'
import { formatCpus, formatSize } from '../../shared/sizes.ts'
import type { ContainerLimits } from '../plans.ts'

/** Docker's own size of /dev/shm (moby, daemon/config: DefaultShmSize). */
const DOCKER_SHM = 64 * 2 ** 20

/** Every limit of a container. @param hostCpus see `planCpus` */
export function planLimits(
  limits: Limits,
  requested: RequestedLimits,
  hostCpus: number | undefined,
): ContainerLimits {
  const memory = atMost(requested.memory, limits.memory)
  return {
    memory,
    ...planMemoryOptions(memory, requested),
    nanoCpus: planCpus(requested.nanoCpus, limits, hostCpus),
    cpuShares: planShares(requested.cpuShares),
    pids: atMost(requested.pids, limits.pids),
    shm: Math.min(positive(requested.shm) ?? DOCKER_SHM, limits.shm),
  }
}

/** What goes with a container's memory: swap and reservation. */
export function planMemoryOptions(
  memory: number,
  requested: Pick<RequestedLimits, 'memorySwap' | 'memoryReservation'>,
): Pick<ContainerLimits, 'memorySwap' | 'memoryReservation'> {
  const reservation = positive(requested.memoryReservation)
  return {
    // As much swap as memory is what an engine gives when nothing is said.
    memorySwap: atMost(requested.memorySwap, 2 * memory),
    memoryReservation: reservation === undefined ? undefined : Math.min(reservation, memory),
  }
}

function positive(requested: number | undefined): number | undefined {
  return requested !== undefined && requested > 0 ? requested : undefined
}

/** 1024 is every container's share; more would take CPU time from the others. */
export function planShares(requested: number | undefined): number | undefined {
  return requested === undefined ? undefined : Math.min(Math.max(requested, 2), 1024)
}

/** A limit that is wanted, or the most there is; a negative one asks for none at all. */
export function atMost(requested: number | undefined, most: number): number {
  return requested === undefined || requested <= 0 ? most : Math.min(requested, most)
}

/** Nano-CPUs of the smallest quota that the kernel keeps, a millisecond of 100: an engine rounds less down to none at all. */
const SMALLEST_CPUS = 10_000_000

/**
 * CPUs in nano-CPUs.
 * @param hostCpus an engine refuses to give a new container more; undefined where that is not asked, or not known
 */
export function planCpus(
  requested: number | undefined,
  { nanoCpus }: Pick<Limits, 'nanoCpus'>,
  hostCpus: number | undefined,
): number {
  const most = hostCpus === undefined ? nanoCpus : Math.min(nanoCpus, hostCpus)
  return Math.max(SMALLEST_CPUS, atMost(requested, most))
}

/** What the worker's containers would be too much of together. */
export function totalViolations(
  limits: Limits,
  added: Pick<ContainerLimits, 'memory' | 'nanoCpus'>,
  usage: Usage,
): readonly Violation[] {
  const violations: Violation[] = []
  if (usage.containers + 1 > limits.containers) {
    violations.push(total('containers', `limit reached: ${usage.containers} of ${limits.containers}`))
  }
  if (usage.memory + added.memory > limits.totalMemory) {
    const left = formatSize(Math.max(0, limits.totalMemory - usage.memory))
    violations.push(
      total(
        'total.memory',
        `${formatSize(added.memory)} requested, ${left} of ${formatSize(limits.totalMemory)} left`,
      ),
    )
  }
  if (usage.nanoCpus + added.nanoCpus > limits.totalNanoCpus) {
    const left = formatCpus(Math.max(0, limits.totalNanoCpus - usage.nanoCpus))
    violations.push(
      total(
        'total.cpus',
        `${formatCpus(added.nanoCpus)} requested, ${left} of ${formatCpus(limits.totalNanoCpus)} left`,
      ),
    )
  }
  return violations
}

function total(name: string, why: string): Violation {
  return {
    rule: `run.limits.${name}`,
    what: `all containers of this worker together`,
    why,
    instead: ['docker rm of a container that is no longer needed', 'smaller --memory and --cpus'],
  }
}
