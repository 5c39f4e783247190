/** Which paths of the host a decision will need: they are looked up before it, as that takes time. */
import type { Operation } from '../decode/operation.ts'
import { countMounts } from '../decode/operations/container-create.ts'
import { MOST_MOUNTS } from '../decode/operations/mounts.ts'
import { mounts } from '../decode/properties.ts'
import type { HostPath } from '../files/host-path.ts'
import { meansDockerSocket } from '../policy/docker-socket.ts'
import type { WorkerPolicy } from '../policy/policy.ts'
import type { KnownImages } from '../world/known-images.ts'
import type { World } from '../world/world.ts'
import { containerInReach } from './containers.ts'
import { stockOf } from './stock.ts'

export type HostPaths = ReadonlyMap<string, HostPath>

/** What is looked up before a decision, as it takes time. */
export interface Looked {
  readonly paths: HostPaths
  /** Undefined while it is not known which there are: what needs them is refused for that. */
  readonly images: KnownImages | undefined
}

/** The host's paths that a decision will need: none for nearly every operation. */
export function hostPathsOf(world: World, worker: WorkerPolicy, operation: Operation): readonly string[] {
  if (operation.kind === 'container.create') {
    const sources = operation.mounts.flatMap((mount) =>
      mount.type === 'bind' && !meansDockerSocket(worker.docker.run, mount.source) ? [mount.source] : [],
    )
    const shared = stockOf(world, worker, operation).some(({ binds }) => binds.length > 0)
    const needsRoots = sources.length > 0 || operation.volumesFrom.length > 0 || shared
    // What has too many mounts is refused for that, whatever they are.
    return needsRoots && countMounts(operation) <= MOST_MOUNTS ? withRoots(worker, sources) : []
  }
  if (operation.kind === 'container.update') {
    const container = containerInReach(world, worker, operation.container)
    return container === undefined || container.binds.length === 0 ? [] : withRoots(worker, [])
  }
  const stock = stockOf(world, worker, operation)
  if (!stock.some(({ binds }) => binds.length > 0)) return []
  const [own] = stock
  // What runs is mounted already: where its sources are by now, no engine asks.
  const sources = mounts(operation)
    ? own?.binds.flatMap(({ source, ownSocket }) => (ownSocket ? [] : [source]))
    : undefined
  return withRoots(worker, sources ?? [])
}

function withRoots({ docker }: WorkerPolicy, sources: readonly string[]): readonly string[] {
  return [...new Set([...sources, ...docker.run.binds.map((root) => root.path)])]
}
