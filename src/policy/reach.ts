/** The operator's things that a policy names. */
import type { WorkerPolicy } from './policy.ts'
import type { Subcommand } from './subcommands.ts'

/** Names by which policies mean things of the operator's: rights hang on them, so no worker gives them to anything of the operator's. */
export interface Meant {
  readonly containers: ReadonlySet<string>
  readonly networks: ReadonlySet<string>
  /** Workers whose names are their own: what begins with one and a dot is that one's (space.ts). */
  readonly spaces: ReadonlySet<string>
}

/** Whether a name is in the space of another worker. */
export function isAnothers({ spaces }: Meant, worker: string, name: string): boolean {
  return [...spaces].some(
    (other) => other !== worker && name.startsWith(`${other}.`) && !worker.startsWith(`${other}.`),
  )
}

/** The names of all workers' policies together. */
export function meantBy(workers: readonly WorkerPolicy[]): Meant {
  return {
    containers: new Set(workers.flatMap((worker) => [...containersOf(worker)])),
    networks: new Set(workers.flatMap(({ docker }) => docker.run.networks)),
    spaces: new Set(workers.flatMap(({ name, docker }) => (docker.run.names === 'own' ? [name] : []))),
  }
}

/** The operator's containers of which a policy gives anything, by name. */
export function containersOf({ docker: { reach, exec } }: WorkerPolicy): ReadonlySet<string> {
  return new Set([...Object.keys(reach), ...Object.keys(exec.named)])
}

/** What the worker may do with the operator's container of this name; nothing where the policy does not name it. */
export function reachOf({ docker }: WorkerPolicy, name: string): readonly Subcommand[] {
  return Object.hasOwn(docker.reach, name) ? (docker.reach[name] ?? []) : []
}
