/** The body of POST /containers/{id}/update, built from what was decided. */
import type { LimitChanges } from '../decide/plans.ts'

/** The body as an object for JSON; what is undefined is left out, and left as it is. */
export function updateBody(changes: LimitChanges): object {
  const { restart } = changes
  return {
    Memory: changes.memory,
    MemorySwap: changes.memorySwap,
    MemoryReservation: changes.memoryReservation,
    NanoCpus: changes.nanoCpus,
    CpuShares: changes.cpuShares,
    PidsLimit: changes.pids,
    CpusetCpus: changes.cpusetCpus,
    CpusetMems: changes.cpusetMems,
    RestartPolicy:
      restart === undefined ? undefined : { Name: restart.name, MaximumRetryCount: restart.retries },
  }
}
