/** What a container or a build will be, as it was decided: what a permit to make or change one carries. */
import type { ContainerCreate } from '../decode/operations/container-create.ts'
import type { Endpoint } from '../decode/operations/endpoint.ts'
import type { Link } from '../decode/operations/links.ts'
import type { ImageMount, Mount, VolumeMount } from '../decode/operations/mounts.ts'
import type { PublishedPort } from '../decode/operations/ports.ts'

/** A mount as it will be sent. */
export type PlannedMount = Exclude<Mount, ImageMount> | PlannedImageMount | SocketMount

export interface PlannedImageMount extends ImageMount {
  /** Its id. */
  readonly source: string
  /** What grants it: a name in full, or the id of an own image. */
  readonly granted: string
}

/**
 * The worker's own socket, for which an engine's was asked. Where an engine finds it is put in when it is made (decide/derived.ts): there is
 * no path in it that could be sent.
 */
export interface SocketMount {
  readonly type: 'socket'
  /** As of a mount that was asked for. */
  readonly at: string
  readonly target: string
  readonly readOnly: boolean
  /** Empty until it is put in: an engine mounts nothing by that. */
  readonly place: string
}

/** A create as it will be sent: everything resolved, every limit set. */
export interface CreatePlan {
  /** Reference in full, or an image id. */
  readonly image: string
  /** Its labels, beside the gate's own. */
  readonly labels: Readonly<Record<string, string>>
  /** Names of those that were asked for and are left out. */
  readonly labelsLeft: readonly string[]
  /** Its health check, where it has one of its own. */
  readonly health: ContainerCreate['config']['Healthcheck']
  /** Seconds that an engine waits for it to stop; undefined for the engine's own. */
  readonly stopTimeout: number | undefined
  /** What it gets less of than was asked for, for its answer. */
  readonly warnings: readonly string[]
  /** What grants it: a name in full, or the id of an own image. */
  readonly granted: string
  /** Binds with real sources, tmpfs with sizes. */
  readonly mounts: readonly PlannedMount[]
  /** Volumes that must be the worker's before the container is made: labels of a new one, by name. */
  readonly volumes: ReadonlyMap<string, VolumeMount['labels']>
  readonly volumesFrom: readonly string[]
  /** What it will mount of the host, by real paths; that of `volumesFrom` included. */
  readonly binds: readonly { readonly source: string; readonly readOnly: boolean }[]
  readonly ports: readonly PublishedPort[]
  readonly networkMode: string
  /** Networks by full id. */
  readonly endpoints: readonly Endpoint[]
  /** Those of the default bridge, by full id. */
  readonly links: readonly Link[]
  readonly pidMode: string
  readonly ipcMode: string
  readonly limits: ContainerLimits
  readonly ulimits: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[]
  readonly restart: RestartPlan
  readonly log: { readonly driver: string; readonly options: Readonly<Record<string, string>> } | undefined
}

/** Limits of a container, all of them set. Memory and shm in bytes, CPUs in nano-CPUs. */
export interface ContainerLimits {
  readonly memory: number
  readonly memorySwap: number
  readonly memoryReservation: number | undefined
  readonly nanoCpus: number
  readonly cpuShares: number | undefined
  readonly pids: number
  readonly shm: number
}

/** What an update changes; undefined leaves a limit as it is. */
export interface LimitChanges {
  readonly memory: number | undefined
  readonly memorySwap: number | undefined
  readonly memoryReservation: number | undefined
  readonly nanoCpus: number | undefined
  readonly cpuShares: number | undefined
  readonly pids: number | undefined
  readonly cpusetCpus: string | undefined
  readonly cpusetMems: string | undefined
  readonly restart: RestartPlan | undefined
}

export interface RestartPlan {
  readonly name: string
  readonly retries: number
}

/** Limits of each container of a build. Memory in bytes, CPU period and quota in microseconds. */
export interface BuildLimits {
  readonly memory: number
  readonly memorySwap: number
  readonly cpuPeriod: number
  readonly cpuQuota: number
  readonly cpuShares: number | undefined
  readonly shm: number
}
