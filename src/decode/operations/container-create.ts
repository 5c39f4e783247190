/** POST /containers/create: the body as one typed value, with everything that can reach the host brought to one form. */
import { FieldError, limited, record, type Finding, type Read } from '../fields.ts'
import { expectAtMost } from '../length.ts'
import { queryText } from '../query.ts'
import { Secret } from '../secret.ts'
import { tellLogOptions, type containerCreateBody } from './container-create-body.ts'
import { containerName } from './container.ts'
import { readEndpoint, type Endpoint } from './endpoint.ts'
import { readLinks, type Link } from './links.ts'
import { readMounts, type Mount } from './mounts.ts'
import { readPorts, type PublishedPort } from './ports.ts'

export const containerCreateQuery = record({
  name: limited(containerName, 'a name that Docker accepts'),
  platform: limited(queryText, 'sent as it is'),
})

type Body = Read<typeof containerCreateBody>
type HostConfig = NonNullable<Body['HostConfig']>

/** Fields of the body that say nothing of the host and are sent as they were read. */
export type PlainConfig = Omit<Body, 'HostConfig' | 'NetworkingConfig' | 'Image' | 'MacAddress' | 'OnBuild'>
export type PlainHostConfig = ReturnType<typeof plainHost>

/** Whose namespace: an own one, none, the engine's default, or that of another container as the client names it. */
export type Namespace =
  | { readonly mode: 'default' }
  | { readonly mode: 'private' | 'shareable' | 'none' }
  | { readonly mode: 'container'; readonly container: string }

export type NetworkMode =
  | { readonly mode: 'default' | 'bridge' | 'none' }
  | { readonly mode: 'container'; readonly container: string }
  | { readonly mode: 'network'; readonly network: string }

/** Limits as the client gives them; undefined where it gives none. Memory in bytes, CPUs in nano-CPUs. */
export interface RequestedLimits {
  readonly memory: number | undefined
  readonly memoryReservation: number | undefined
  readonly memorySwap: number | undefined
  readonly nanoCpus: number | undefined
  readonly cpuShares: number | undefined
  readonly pids: number | undefined
  readonly shm: number | undefined
}

export interface Ulimit {
  readonly name: string
  readonly soft: number
  readonly hard: number
}

export interface RequestedLog {
  readonly driver: string
  readonly options: Secret<ReadonlyMap<string, string>>
}

/** What is asked for where an engine is given something else: it is told again as it was written (filter/asked.ts). */
export type Asked = Pick<Body, 'Image'> & {
  readonly HostConfig: Pick<HostConfig, 'Binds' | 'Mounts' | 'NetworkMode' | 'PortBindings' | 'VolumesFrom'>
}

export interface ContainerCreate {
  readonly kind: 'container.create'
  readonly asked: Asked
  /** As it is asked for, and as the engine is to have it (resolve/own-names.ts). */
  readonly word: string | undefined
  readonly name: string | undefined
  readonly platform: string | undefined
  /** The image as the client names it. */
  readonly image: string
  readonly config: PlainConfig
  readonly host: PlainHostConfig
  readonly mounts: readonly Mount[]
  /** Containers whose mounts are shared, as the client names them, with `ro`, `rw` or nothing behind. */
  readonly volumesFrom: readonly { readonly container: string; readonly readOnly: boolean }[]
  readonly ports: readonly PublishedPort[]
  readonly network: NetworkMode
  readonly endpoints: readonly Endpoint[]
  /** Those of the default bridge. */
  readonly links: readonly Link[]
  readonly pid: Namespace
  readonly ipc: Namespace
  readonly limits: RequestedLimits
  readonly ulimits: readonly Ulimit[]
  /** Capabilities to add, upper case, without `CAP_`. */
  readonly addCapabilities: readonly string[]
  readonly securityOptions: readonly string[]
  readonly restart: { readonly name: string; readonly retries: number }
  readonly log: RequestedLog
}

/**
 * What a create asks for.
 * @param findings takes what no policy can let through
 * @throws {FieldError} where a field says what none can
 */
export function readContainerCreate(
  { HostConfig: host = {}, NetworkingConfig, Image, ...config }: Body,
  query: Read<typeof containerCreateQuery>,
  findings: Finding[],
): ContainerCreate {
  if (Image === undefined || Image === '') throw new FieldError('Image must name an image')
  checkVolumes(config.Volumes)
  checkTexts(config)
  expect(
    host.CgroupnsMode,
    ['private'],
    'HostConfig.CgroupnsMode',
    'the container has its own cgroup namespace',
    findings,
  )
  return {
    kind: 'container.create',
    asked: { Image, HostConfig: askedOf(host) },
    word: query.name,
    name: query.name,
    platform: query.platform,
    image: Image,
    config,
    host: plainHost(host, findings),
    mounts: readMounts(host, findings),
    volumesFrom: (host.VolumesFrom ?? []).map(readVolumesFrom),
    ports: readPorts(host.PortBindings ?? new Map()),
    network: readNetworkMode(host.NetworkMode ?? '', findings),
    endpoints: [...(NetworkingConfig?.EndpointsConfig ?? [])].map(([network, endpoint]) => ({
      network,
      ...readEndpoint(endpoint, `NetworkingConfig.EndpointsConfig.${network}`, findings),
    })),
    links: readLinks(host.Links ?? [], 'HostConfig.Links'),
    pid: readNamespace('PidMode', host.PidMode, ['private'], findings),
    ipc: readNamespace('IpcMode', host.IpcMode, ['private', 'shareable', 'none'], findings),
    limits: readLimits(host),
    ulimits: (host.Ulimits ?? []).map((ulimit) => ({
      name: (ulimit.Name ?? '').toLowerCase(),
      soft: ulimit.Soft ?? 0,
      hard: ulimit.Hard ?? 0,
    })),
    addCapabilities: (host.CapAdd ?? []).map((name) => name.toUpperCase().replace(/^CAP_/, '')),
    securityOptions: host.SecurityOpt ?? [],
    restart: { name: host.RestartPolicy?.Name ?? '', retries: host.RestartPolicy?.MaximumRetryCount ?? 0 },
    log: { driver: host.LogConfig?.Type ?? '', options: host.LogConfig?.Config ?? NO_OPTIONS },
  }
}

function askedOf({ Binds, Mounts, NetworkMode, PortBindings, VolumesFrom }: HostConfig): Asked['HostConfig'] {
  return { Binds, Mounts, NetworkMode, PortBindings, VolumesFrom }
}

const NO_OPTIONS = new Secret<ReadonlyMap<string, string>>(new Map(), tellLogOptions)

function readLimits(host: HostConfig): RequestedLimits {
  const fromQuota =
    (host.CpuQuota ?? 0) > 0
      ? Math.floor(((host.CpuQuota ?? 0) / (host.CpuPeriod || 100_000)) * 1e9)
      : undefined
  return {
    memory: given(host.Memory),
    memoryReservation: given(host.MemoryReservation),
    memorySwap: given(host.MemorySwap),
    nanoCpus: given(host.NanoCpus) ?? fromQuota,
    cpuShares: given(host.CpuShares),
    pids: given(host.PidsLimit),
    shm: given(host.ShmSize),
  }
}

/** Zero means that no limit is given; a negative number, that none is wanted. */
function given(limit: number | undefined): number | undefined {
  return limit === undefined || limit === 0 ? undefined : limit
}

function readNetworkMode(mode: string, findings: Finding[]): NetworkMode {
  if (mode === '' || mode === 'default') return { mode: 'default' }
  if (mode === 'bridge' || mode === 'none') return { mode }
  if (mode.startsWith('container:')) return { mode: 'container', container: mode.slice('container:'.length) }
  if (mode === 'host' || mode.includes(':')) {
    findings.push({
      what: `HostConfig.NetworkMode = ${mode}`,
      why: 'the network of the host is not given to workers',
      instead: 'the default bridge and -p',
    })
    return { mode: 'none' }
  }
  return { mode: 'network', network: mode }
}

function readNamespace(
  field: string,
  written: string | undefined,
  known: readonly ('private' | 'shareable' | 'none')[],
  findings: Finding[],
): Namespace {
  if (written === undefined || written === '') return { mode: 'default' }
  const mode = known.find((name) => name === written)
  if (mode !== undefined) return { mode }
  if (written.startsWith('container:'))
    return { mode: 'container', container: written.slice('container:'.length) }
  findings.push({
    what: `HostConfig.${field} = ${written}`,
    why: 'namespaces of the host are not given to workers',
  })
  return { mode: 'default' }
}

function readVolumesFrom(written: string): { readonly container: string; readonly readOnly: boolean } {
  const [container = '', mode = 'rw', ...more] = written.split(':')
  if (more.length > 0 || !['ro', 'rw'].includes(mode))
    throw new FieldError(`HostConfig.VolumesFrom: ${written} is not NAME[:ro]`)
  return { container, readOnly: mode === 'ro' }
}

function expect(
  value: string | undefined,
  allowed: readonly string[],
  at: string,
  why: string,
  findings: Finding[],
): void {
  if (value !== undefined && value !== '' && !allowed.includes(value))
    findings.push({ what: `${at} = ${value}`, why })
}

function plainHost(host: HostConfig, findings: Finding[]) {
  const score = host.OomScoreAdj ?? 0
  if (score < 0 || score > 1000) {
    findings.push({
      what: `HostConfig.OomScoreAdj = ${score}`,
      why: 'other processes of the host would be killed first',
    })
  }
  const { AutoRemove, CapDrop, ConsoleSize, CpusetCpus, CpusetMems, Dns, DnsOptions, DnsSearch } = host
  const { ExtraHosts, GroupAdd, Init, Isolation, MemorySwappiness, OomScoreAdj, ReadonlyRootfs } = host
  return {
    ...{ AutoRemove, CapDrop, ConsoleSize, CpusetCpus, CpusetMems, Dns, DnsOptions, DnsSearch },
    ...{ ExtraHosts, GroupAdd, Init, Isolation, MemorySwappiness, OomScoreAdj, ReadonlyRootfs },
  }
}

/** Anonymous volumes are named by their path in the container alone. @throws {FieldError} for a path that is not absolute */
export function checkVolumes(volumes: Body['Volumes']): void {
  for (const path of volumes?.keys() ?? []) {
    if (!path.startsWith('/') || path.includes(':'))
      throw new FieldError(`Volumes: ${JSON.stringify(path)} is not an absolute path`)
  }
}

/** Bytes of what is run in a container, which an engine keeps; and of a health check, each of which is an event that has it whole. */
export const MOST_TEXTS = 256 * 1024
export const MOST_CHECK = 4 * 1024

/** @throws {FieldError} for a command, an environment or a health check that is too much to keep */
export function checkTexts({
  Cmd,
  Entrypoint,
  Env,
  Shell,
  Healthcheck,
}: Pick<Body, 'Cmd' | 'Entrypoint' | 'Env' | 'Shell' | 'Healthcheck'>): void {
  expectAtMost(MOST_TEXTS, 'Cmd, Entrypoint, Env and Shell', Cmd, Entrypoint, Env?.reveal(), Shell)
  expectAtMost(MOST_CHECK, 'the words of Healthcheck.Test', Healthcheck?.Test)
}

/** Nanoseconds between two health checks that a host can bear. */
export const SHORTEST_INTERVAL = 1e9

/** Mounts of all kinds that a create asks for; those of another container count as one. */
export function countMounts({ mounts, config, volumesFrom }: ContainerCreate): number {
  return mounts.length + (config.Volumes?.size ?? 0) + volumesFrom.length
}

/** The containers whose namespaces one is in, as its create names them. */
export function sharedContainers({ network, pid, ipc }: ContainerCreate): readonly string[] {
  const named = [network, pid, ipc].flatMap((mode) => (mode.mode === 'container' ? [mode.container] : []))
  return [...new Set(named)]
}
