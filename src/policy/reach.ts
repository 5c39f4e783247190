/** The operator's containers that a policy names. */
import type { WorkerPolicy } from './policy.ts'
import type { Subcommand } from './subcommands.ts'

/** What the worker may do with the operator's container of this name; nothing where the policy does not name it. */
export function reachOf({ docker }: WorkerPolicy, name: string): readonly Subcommand[] {
  return Object.hasOwn(docker.reach, name) ? (docker.reach[name] ?? []) : []
}
