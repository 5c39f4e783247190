/** The checked policy as plain data: what the parser makes and the decision reads. It can be cloned between threads. */
import type { Addresses } from '../shared/addresses.ts'
import type { UlimitName } from './ulimits.ts'
import type { ArgvPattern } from './argv.ts'
import type { HostPolicy } from './host/policy.ts'
import type { Subcommand } from './subcommands.ts'

/** A whole policy file. */
export interface Policy {
  /** The engine's address as written (`unix:///var/run/docker.sock`), or undefined to look for one. */
  readonly engine: string | undefined
  /** What is done about faults of the engine. */
  readonly faults: FaultPolicy
  /** What a new policy does to connections and streams of workers whose section it changes: ends those alone that it refuses, or all. */
  readonly onReload: 'drain' | 'cut'
  readonly workers: readonly WorkerPolicy[]
}

/** What is done about faults that an engine is known to have. */
export interface FaultPolicy {
  /** Whether words by which a worker could reach the host are refused. */
  readonly refused: boolean
  /** Faults that the operator takes as they are, or knows to be mended: `CVE-2025-52881`. */
  readonly accepted: readonly string[]
}

export interface WorkerPolicy {
  readonly name: string
  /** Whether it is given what workers had that had its name before. */
  readonly inherits: boolean
  readonly socket: SocketPolicy
  readonly docker: DockerPolicy
  readonly host: HostPolicy
  readonly mcp: McpPolicy | undefined
}

/** MCP over HTTP, on this host's loopback alone. */
export interface McpPolicy {
  /** `127.0.0.1` or `::1`. */
  readonly address: string
  readonly port: number
  /** File with the bearer token. */
  readonly token: string
}

/** Where a worker's socket is made. Owner and group are names or numbers as written; undefined leaves the gate's own. */
export interface SocketPolicy {
  readonly path: string
  readonly owner: string | undefined
  readonly group: string | undefined
  /** Permission bits of the socket, default 0o660. */
  readonly mode: number
  /** Permission bits of its directory where the gate makes it, default 0o750. */
  readonly directoryMode: number
}

export interface DockerPolicy {
  /** What the worker may do with its own objects; aliases are resolved and management words expanded. */
  readonly allow: readonly Subcommand[]
  /** The operator's containers by name, and what the worker may do with each. */
  readonly reach: Readonly<Record<string, readonly Subcommand[]>>
  readonly exec: ExecPolicy
  readonly run: RunPolicy
  /** The operator's own words of help, printed when that subcommand is refused. */
  readonly hints: Readonly<Record<string, string>>
  /** Reads that may go on while the record can't be written. */
  readonly unrecorded: readonly Subcommand[]
  /** As the whole policy has it. */
  readonly faults: FaultPolicy
  /** Most simultaneous connections of the worker. */
  readonly connections: number
}

/** What may be run in containers that are there: command lines as words, `<name>` for one plain word. */
export interface ExecPolicy {
  readonly own: 'any' | readonly ArgvPattern[]
  /** The operator's containers by name. */
  readonly named: Readonly<Record<string, readonly ArgvPattern[]>>
}

/** What a container of the worker's may be. */
export interface RunPolicy {
  /** Labels that programs of the host act on and containers may have all the same, as `traefik.*`. */
  readonly labels: readonly string[]
  /** Whether what the worker names has names of its own on the engine, or those that it says (policy/space.ts). */
  readonly names: 'own' | 'shared'
  /** The host that the names of its own images have on the engine (policy/image-space.ts); empty where names are shared. */
  readonly imageHost: string
  /** Patterns over full image names (`docker.io/library/*`); a pattern may end in `:tag`. */
  readonly images: readonly string[]
  readonly binds: readonly BindRoot[]
  /** What the file names beside them: folders that lie in one of them, which gives all of them. They are no roots. */
  readonly covered: readonly CoveredRoot[]
  /** What may be published, the first that gives a port goes before the others. */
  readonly ports: readonly PortRange[]
  readonly limits: Limits
  /** The operator's networks, by name, that a container may join, beside the default bridge. */
  readonly networks: readonly string[]
  /** Subnets in which the worker chooses those of its networks, and addresses in them. */
  readonly subnets: readonly Addresses[]
  /** Capabilities that may be added beyond Docker's default set, as `NET_ADMIN`. */
  readonly capabilities: readonly string[]
  /** Most that `--ulimit` may ask for, by name; Infinity for no limit. Others have the gate's own (decide/create/ulimits.ts). */
  readonly ulimits: Readonly<Partial<Record<UlimitName, number>>>
  readonly restart: readonly RestartPolicyName[]
  /** What a mount of an engine's socket is (policy/docker-socket.ts): `own` the worker's own, `off` refused. */
  readonly dockerSocket: 'own' | 'off'
  /** Path of the worker's own socket, which means the same. */
  readonly socketPath: string
}

export interface BindRoot {
  readonly path: string
  readonly mode: 'ro' | 'rw'
}

export interface CoveredRoot {
  readonly path: string
  /** The root that it lies in. */
  readonly by: string
  /** Its place among the folders that the file names. */
  readonly index: number
}

export interface PortRange {
  /** Address of the host that these ports are published on. */
  readonly address: string
  readonly from: number
  readonly to: number
}

export type RestartPolicyName = 'no' | 'on-failure' | 'unless-stopped' | 'always'

/** Caps: of each container, and over all of a worker's containers together. */
export interface Limits {
  /** Bytes for each container; put in where the client gives none. */
  readonly memory: number
  /** Nano-CPUs (10^9 is one CPU) for each container. */
  readonly nanoCpus: number
  /** Processes and threads in each container. */
  readonly pids: number
  /** Most open files that a client may ask for (`--ulimit nofile`). */
  readonly nofile: number
  /** Bytes of /dev/shm in each container. */
  readonly shm: number
  /** Bytes of each tmpfs: what is in it is memory of the container. */
  readonly tmpfs: number
  /** Bytes that each container's log file may grow to before it is rotated; three files are kept. */
  readonly log: number
  /** Containers that may exist at once, running or not. */
  readonly containers: number
  /** Networks that may exist at once: each takes a subnet of the host's. */
  readonly networks: number
  /** Named volumes that may exist at once. */
  readonly volumes: number
  /** Bytes over all containers that exist. */
  readonly totalMemory: number
  /** Nano-CPUs over all containers that exist. */
  readonly totalNanoCpus: number
}
