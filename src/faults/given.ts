/** Which faults the words of a policy reach. */
import type { FaultPolicy, Policy, WorkerPolicy } from '../policy/policy.ts'
import { SUBCOMMANDS, type Subcommand } from '../policy/subcommands.ts'
import type { Gain } from './fault.ts'

/** Every word that a worker has, on whatever it is. */
function wordsGiven({ docker }: Pick<WorkerPolicy, 'docker'>): readonly Subcommand[] {
  const { allow, reach, exec } = docker
  const lines = exec.own === 'any' || exec.own.length > 0 || Object.values(exec.named).flat().length > 0
  const given = new Set<Subcommand>([
    ...allow,
    ...Object.values(reach).flat(),
    ...(lines ? ['exec' as const] : []),
  ])
  return SUBCOMMANDS.filter((word) => given.has(word))
}

/** The words of all workers of a policy. */
export function wordsOfPolicy({ workers }: Pick<Policy, 'workers'>): readonly Subcommand[] {
  const given = new Set(workers.flatMap(wordsGiven))
  return SUBCOMMANDS.filter((word) => given.has(word))
}

/** Whether the operator takes a fault as it is. */
export function isAccepted({ accepted }: FaultPolicy, id: string): boolean {
  return accepted.includes(id.split(' ')[0] ?? '')
}

/** Whether words that reach a fault are refused: of those that lead to the host, where the policy says so. */
export function isRefused(
  policy: FaultPolicy,
  { id, gives }: { readonly id: string; readonly gives: Gain },
): boolean {
  return policy.refused && gives === 'host' && !isAccepted(policy, id)
}
