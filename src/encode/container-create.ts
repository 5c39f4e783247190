/** The body of POST /containers/create, built from the plan. */
import type { BindMount, TmpfsMount, VolumeMount } from '../decode/operations/mounts.ts'
import type { CreatePermit } from '../decide/verdict.ts'
import { parseSize } from '../shared/sizes.ts'
import type { PlannedMount, SocketMount } from '../decide/plans.ts'
import { endpointBody, linkText } from './network.ts'

/**
 * The body as an object for JSON.
 * @param labels of the gate, which win over the client's
 */
export function createBody(
  { operation, plan }: CreatePermit,
  labels: Readonly<Record<string, string>>,
): object {
  const { Volumes, ExposedPorts, Labels: _asked, ...config } = operation.config
  const { health: Healthcheck, stopTimeout: StopTimeout } = plan
  return {
    ...config,
    Env: config.Env?.reveal(),
    Image: plan.image,
    Labels: { ...plan.labels, ...labels },
    ...(Healthcheck === undefined ? {} : { Healthcheck }),
    ...(StopTimeout === undefined ? {} : { StopTimeout }),
    ...(ExposedPorts === undefined ? {} : { ExposedPorts: Object.fromEntries(ExposedPorts) }),
    ...(Volumes === undefined ? {} : { Volumes: Object.fromEntries(Volumes) }),
    HostConfig: hostConfig(operation, plan),
    NetworkingConfig: {
      EndpointsConfig: Object.fromEntries(
        plan.endpoints.map((endpoint) => [endpoint.network, endpointBody(endpoint)]),
      ),
    },
  }
}

export function hostConfig(operation: CreatePermit['operation'], plan: CreatePermit['plan']): object {
  const { limits, mounts, restart, log } = plan
  const sockets = mounts.filter((mount) => mount.type === 'socket')
  const asked = mounts.filter((mount) => mount.type !== 'socket')
  return {
    ...operation.host,
    CapAdd: operation.addCapabilities,
    SecurityOpt: operation.securityOptions,
    NetworkMode: plan.networkMode,
    PidMode: plan.pidMode,
    IpcMode: plan.ipcMode,
    // With cgroup v1 an engine's default is the host's (moby, daemon/config).
    CgroupnsMode: 'private',
    Binds: asked.filter((mount) => mount.field === 'Binds').map(bindText),
    Mounts: [
      ...asked.filter((mount) => mount.field === 'Mounts').map(mountObject),
      ...sockets.map(socketObject),
    ],
    Tmpfs: Object.fromEntries(asked.filter((mount) => mount.field === 'Tmpfs').map(tmpfsEntry)),
    VolumesFrom: plan.volumesFrom,
    PortBindings: portBindings(plan.ports),
    ...(plan.links.length === 0 ? {} : { Links: plan.links.map(linkText) }),
    Memory: limits.memory,
    MemorySwap: limits.memorySwap,
    MemoryReservation: limits.memoryReservation,
    NanoCpus: limits.nanoCpus,
    CpuShares: limits.cpuShares,
    PidsLimit: limits.pids,
    ShmSize: limits.shm,
    Ulimits: plan.ulimits,
    RestartPolicy: { Name: restart.name, MaximumRetryCount: restart.retries },
    ...(log === undefined ? {} : { LogConfig: { Type: log.driver, Config: log.options } }),
  }
}

/** A mount whose source is one that was asked for. */
type AskedMount = Exclude<PlannedMount, SocketMount>

function bindText(mount: AskedMount): string {
  const options = [
    ...(mount.readOnly ? ['ro'] : []),
    ...(mount.type === 'bind' && mount.relabel !== undefined ? [mount.relabel] : []),
    ...(mount.type === 'volume' && mount.noCopy ? ['nocopy'] : []),
  ]
  const source = mount.type === 'tmpfs' ? undefined : mount.source
  return [
    ...(source === undefined ? [] : [source]),
    mount.target,
    ...(options.length > 0 ? [options.join(',')] : []),
  ].join(':')
}

function mountObject(mount: AskedMount): object {
  const common = { Type: mount.type, Target: mount.target, ReadOnly: mount.readOnly }
  switch (mount.type) {
    case 'bind':
      return { ...common, Source: mount.source, BindOptions: bindOptions(mount) }
    case 'volume':
      return {
        ...common,
        ...(mount.source === undefined ? {} : { Source: mount.source }),
        VolumeOptions: volumeOptions(mount),
      }
    case 'image':
      return {
        ...common,
        Source: mount.source,
        ...(mount.subpath === undefined ? {} : { ImageOptions: { Subpath: mount.subpath } }),
      }
    case 'tmpfs':
      return { ...common, TmpfsOptions: { SizeBytes: mount.size, Mode: mount.mode } }
  }
}

/** A slave of the place: a later gate mounts its socket there. An object, as nothing is to be made where it is missing. */
function socketObject({ place, target, readOnly }: SocketMount): object {
  return {
    Type: 'bind',
    Source: place,
    Target: target,
    ReadOnly: readOnly,
    BindOptions: { Propagation: 'rslave' },
  }
}

function bindOptions(mount: BindMount): object {
  return {
    ...(mount.nonRecursive ? { NonRecursive: true } : {}),
    ...(mount.forceReadOnly ? { ReadOnlyForceRecursive: true, Propagation: 'rprivate' } : {}),
  }
}

function volumeOptions(mount: VolumeMount): object {
  return {
    NoCopy: mount.noCopy,
    ...(mount.subpath === undefined ? {} : { Subpath: mount.subpath }),
    ...(mount.labels.size === 0 ? {} : { Labels: Object.fromEntries(mount.labels) }),
  }
}

function tmpfsEntry(mount: AskedMount): readonly [string, string] {
  if (mount.type !== 'tmpfs') throw new TypeError('HostConfig.Tmpfs holds tmpfs mounts alone')
  const size = sizeOf(mount)
  const asked = mount.options.findLast(isSize)
  const given = asked !== undefined && says(asked, size) ? asked : `size=${size}`
  const options =
    asked === undefined
      ? [...mount.options, given]
      : mount.options
          .filter((option) => !isSize(option) || option === asked)
          .map((option) => (option === asked ? given : option))
  return [mount.target, options.join(',')]
}

function isSize(option: string): boolean {
  return option.startsWith('size=')
}

/** Whether the kernel reads that many bytes in an option: it knows letters for units, and no fractions. */
function says(option: string, bytes: number): boolean {
  return /^size=[0-9]+[kmg]?$/i.test(option) && parseSize(option.slice('size='.length)) === bytes
}

function sizeOf({ size, target }: TmpfsMount): number {
  if (size === undefined) throw new TypeError(`the tmpfs at ${target} was planned without a size`)
  return size
}

function portBindings(ports: CreatePermit['plan']['ports']): object {
  const bindings: Record<string, { readonly HostIp: string; readonly HostPort: string }[]> = {}
  for (const { container, address, host } of ports) {
    if (host === undefined) throw new TypeError(`the port ${container} was planned without a range`)
    const HostPort = host.from === host.to ? String(host.from) : `${host.from}-${host.to}`
    const list = (bindings[container] ??= [])
    list.push({ HostIp: address, HostPort })
  }
  return bindings
}
