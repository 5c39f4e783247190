/** `docker update`: limits may be changed within the policy's, over one container and over all. */
import type { ContainerUpdate } from '../decode/operations/container-update.ts'
import type { ContainerFacts, Facts } from '../resolve/facts.ts'
import { allow } from './answers.ts'
import { atMost, planCpus, planMemoryOptions, planShares, totalViolations } from './create/limits.ts'
import { planRestart } from './create/security.ts'
import { updateWarnings } from './create/warnings.ts'
import type { RunPolicy } from '../policy/policy.ts'
import { inUse, refuseAll, type Violation } from './refuse.ts'
import type { Subcommand } from '../policy/subcommands.ts'
import type { Verdict } from './verdict.ts'
import type { LimitChanges } from './plans.ts'

/** Decides an update that the policy's words allow on this container. */
export function planUpdate(
  run: RunPolicy,
  word: Subcommand,
  operation: ContainerUpdate,
  container: ContainerFacts,
  facts: Pick<Facts, 'engine' | 'updating' | 'roots' | 'usage'>,
): Verdict {
  if (facts.updating)
    return inUse(word, `Cannot update container ${container.name}: another update of it is under way`)
  const violations: Violation[] = []
  const { changes } = operation
  const wantedCpus = changes.NanoCpus || quota(changes.CpuQuota, changes.CpuPeriod)
  const memory = changes.Memory ? atMost(changes.Memory, run.limits.memory) : undefined
  const nanoCpus = wantedCpus ? planCpus(wantedCpus, run.limits, facts.engine.nanoCpus) : undefined
  const basis = memory ?? container.memory
  const swap = planMemoryOptions(basis, {
    memorySwap: changes.MemorySwap || undefined,
    memoryReservation: changes.MemoryReservation || undefined,
  })
  const planned: LimitChanges = {
    memory,
    memorySwap: memory === undefined && !changes.MemorySwap ? undefined : swap.memorySwap,
    memoryReservation: swap.memoryReservation,
    nanoCpus,
    cpuShares: planShares(changes.CpuShares || undefined),
    pids: changes.PidsLimit ? atMost(changes.PidsLimit, run.limits.pids) : undefined,
    cpusetCpus: changes.CpusetCpus,
    cpusetMems: changes.CpusetMems,
    restart: restartOf(run, operation, container, facts, violations),
  }
  // The container itself is counted already: only what it gets more of is added.
  const added = {
    memory: (memory ?? container.memory) - container.memory,
    nanoCpus: (nanoCpus ?? container.nanoCpus) - container.nanoCpus,
  }
  const usage = { ...facts.usage, containers: facts.usage.containers - 1 }
  violations.push(...totalViolations(run.limits, added, usage))
  if (violations.length > 0) return refuseAll(word, violations)
  const asked = {
    memory: changes.Memory || undefined,
    memorySwap: changes.MemorySwap || undefined,
    nanoCpus: wantedCpus || undefined,
    cpuShares: changes.CpuShares || undefined,
    pids: changes.PidsLimit || undefined,
    retries: changes.RestartPolicy?.MaximumRetryCount,
  }
  const warnings = updateWarnings(asked, planned)
  return allow(word, 'run.limits', { on: 'update', operation, container, changes: planned, warnings })
}

function quota(microseconds: number | undefined, period: number | undefined): number | undefined {
  if (microseconds === undefined || microseconds === 0) return undefined
  return microseconds < 0 ? -1 : Math.floor((microseconds / (period || 100_000)) * 1e9)
}

function restartOf(
  run: RunPolicy,
  { changes }: ContainerUpdate,
  container: ContainerFacts,
  facts: Pick<Facts, 'engine' | 'roots'>,
  violations: Violation[],
): LimitChanges['restart'] {
  const wanted = changes.RestartPolicy
  if (wanted?.Name === undefined || wanted.Name === '') return undefined
  const binds = container.binds
    .filter(({ heldAgain, ownSocket }) => !heldAgain && (!ownSocket || facts.engine.podman))
    .map(({ source, origin = source }) => ({ source, at: `bind of ${origin}` }))
  const restart = { name: wanted.Name, retries: wanted.MaximumRetryCount ?? 0 }
  return planRestart(run, restart, binds, facts, violations, `a new container with --restart ${wanted.Name}`)
}
