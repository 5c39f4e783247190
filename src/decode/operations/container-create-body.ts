/**
 * Every field of the body of POST /containers/create, and what happens to it (Engine API 1.25 to 1.55).
 * test/engine-api/ has the engine's own list; a test fails for any field that is not stated here.
 */
import {
  dictionary,
  FieldError,
  flag,
  forwarded,
  integer,
  isEmpty,
  limited,
  list,
  record,
  refused,
  rewritten,
  secret,
  text,
  words,
  type Field,
} from '../fields.ts'
import type { Json } from '../json.ts'
import { withoutValues, type Hide } from '../line/secrets.ts'
import { endpointFields } from './endpoint.ts'

const WINDOWS = 'it is for Windows containers'
const NODE_WIDE = 'it acts on the whole host, not on one container'
const PLAIN_VOLUMES = 'volumes here are plain local ones: drivers and their options can mount the host'

const emptyObject = forwarded((value: Json, path: string): Record<never, never> => {
  if (!isEmpty(value)) throw new FieldError(`${path} must be an empty object`)
  return {}
})

/** The one that there is, which an engine tells again. */
const otherIsolation = refused(WINDOWS, ['default'])
const isolation: Field<string | undefined> = {
  ...otherIsolation,
  read: (value, path, findings) => {
    otherIsolation.read(value, path, findings)
    return value === 'default' ? value : undefined
  },
}

/** Options of a log's driver that name no address and no account: those that a policy can let through. */
export const PLAIN_LOG_OPTIONS = ['max-size', 'max-file', 'compress']

/** Tokens of a log service are among the options. */
export function tellLogOptions(options: ReadonlyMap<string, string>, hide: Hide) {
  return new Map(
    [...options].map(([name, value]) => [name, PLAIN_LOG_OPTIONS.includes(name) ? value : hide(value)]),
  )
}

/** Paths of the kernel, which the engine's own lists cover: those of an inspect are left out as they come. @param core what all have */
function paths(core: readonly string[]): Field<undefined> {
  return rewritten((value, path, findings) => {
    const given = list(forwarded(text)).read(value, path, findings)
    if (given.length > 0 && !core.every((one) => given.includes(one)))
      findings.push({ what: path, why: 'it would uncover files of the kernel' })
    return undefined
  }, "left out: the engine's own list holds")
}

const healthcheck = record({
  Test: limited(words, '4 KiB together'),
  Interval: limited(integer, 'at least a second, to which a create is brought'),
  Timeout: forwarded(integer),
  Retries: forwarded(integer),
  StartPeriod: forwarded(integer),
  StartInterval: limited(integer, 'likewise'),
})

const mount = record({
  Type: limited(text, 'bind, volume or tmpfs'),
  Source: limited(text, "under run.binds, or a volume of the worker's"),
  Target: forwarded(text),
  ReadOnly: forwarded(flag),
  Consistency: rewritten(text, 'left out: it has no meaning on Linux'),
  BindOptions: record({
    Propagation: limited(text, 'private or rprivate'),
    NonRecursive: forwarded(flag),
    CreateMountpoint: rewritten(
      flag,
      'left out: the gate makes the source, below a root that may be written in',
    ),
    ReadOnlyNonRecursive: refused('it leaves mounts below a read-only one writable'),
    ReadOnlyForceRecursive: forwarded(flag),
  }),
  VolumeOptions: record({
    NoCopy: forwarded(flag),
    Labels: dictionary(forwarded(text)),
    DriverConfig: record({
      Name: refused(PLAIN_VOLUMES, ['local']),
      Options: refused(PLAIN_VOLUMES, [], 'a bind mount under run.binds'),
    }),
    Subpath: limited(text, "a plain path without '..', on engines that follow no link out of the volume"),
  }),
  TmpfsOptions: record({
    SizeBytes: limited(integer, 'run.limits.shm; put in where it is missing'),
    Mode: forwarded(integer),
    Options: refused('mount options are not given to workers'),
  }),
  ImageOptions: record({ Subpath: limited(text, "a plain path without '..'") }),
})

const hostConfig = record({
  Annotations: refused('annotations reach the container runtime, which may act on them'),
  AutoRemove: forwarded(flag),
  Binds: list(limited(text, "under run.binds, or a volume of the worker's")),
  BlkioDeviceReadBps: refused('it names a device of the host'),
  BlkioDeviceReadIOps: refused('it names a device of the host'),
  BlkioDeviceWriteBps: refused('it names a device of the host'),
  BlkioDeviceWriteIOps: refused('it names a device of the host'),
  BlkioWeight: refused('it takes disk time from other containers'),
  BlkioWeightDevice: refused('it names a device of the host'),
  CapAdd: list(limited(text, "Docker's default set and run.capabilities")),
  CapDrop: list(forwarded(text)),
  Capabilities: refused('replaced by CapAdd and CapDrop in API 1.41'),
  Cgroup: refused(NODE_WIDE),
  CgroupParent: refused('it takes the container out of its limits'),
  CgroupnsMode: limited(text, 'private, which is always sent'),
  ConsoleSize: list(forwarded(integer)),
  ContainerIDFile: rewritten(text, 'left out: the client writes that file (docker run --cidfile)'),
  CpuCount: refused(WINDOWS),
  CpuPercent: refused(WINDOWS),
  CpuPeriod: rewritten(integer, 'sent as NanoCpus'),
  CpuQuota: rewritten(integer, 'sent as NanoCpus, run.limits.cpus at most'),
  CpuRealtimePeriod: refused('real-time scheduling can starve the host'),
  CpuRealtimeRuntime: refused('real-time scheduling can starve the host'),
  CpuShares: limited(integer, '1024 at most'),
  CpusetCpus: forwarded(text),
  CpusetMems: forwarded(text),
  DeviceCgroupRules: refused('devices of the host are not given to workers'),
  DeviceRequests: refused('devices of the host are not given to workers'),
  Devices: refused('devices of the host are not given to workers'),
  DiskQuota: refused('it was removed from the API in 1.40'),
  Dns: list(forwarded(text)),
  DnsOptions: list(forwarded(text)),
  DnsSearch: list(forwarded(text)),
  ExtraHosts: list(forwarded(text)),
  GroupAdd: list(forwarded(text)),
  IOMaximumBandwidth: refused(WINDOWS),
  IOMaximumIOps: refused(WINDOWS),
  Init: forwarded(flag),
  IpcMode: limited(text, 'private, shareable, none, or that of an own container'),
  Isolation: isolation,
  KernelMemory: refused('it was removed from the API in 1.42'),
  KernelMemoryTCP: refused('it was removed from the API in 1.52'),
  Links: list(limited(text, 'to own containers, which go by their ids')),
  LogConfig: record({
    Type: limited(text, 'json-file, local or none'),
    Config: secret(
      dictionary(limited(text, 'max-size within run.limits.log, max-file, compress')),
      tellLogOptions,
    ),
  }),
  MaskedPaths: paths(['/proc/kcore', '/proc/keys', '/sys/firmware']),
  Memory: limited(integer, 'run.limits.memory; put in where it is missing'),
  MemoryReservation: limited(integer, "the container's memory at most"),
  MemorySwap: limited(integer, "twice the container's memory at most"),
  MemorySwappiness: forwarded(integer),
  Mounts: list(mount),
  NanoCPUs: refused('it was spelt so in API 1.27 alone', [], 'spell it NanoCpus'),
  NanoCpus: limited(integer, 'run.limits.cpus; put in where it is missing'),
  NetworkMode: limited(text, "default, bridge, none, an own container's, or one of run.networks"),
  OomKillDisable: refused("a container without it can take all of the host's memory"),
  OomScoreAdj: limited(integer, '0 to 1000'),
  PidMode: limited(text, 'private, or that of an own container'),
  PidsLimit: limited(integer, 'run.limits.pids; put in where it is missing'),
  PortBindings: dictionary(
    list(
      record({
        HostIp: limited(text, 'an address in run.ports; put in where it is missing'),
        HostPort: limited(text, 'a range in run.ports on that address; put in where it is missing'),
      }),
    ),
  ),
  Privileged: refused('a privileged container is root on the host', [], 'the one capability that is needed'),
  PublishAllPorts: refused('it publishes on every address', [], '-p PORT, within run.ports'),
  ReadonlyPaths: paths(['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']),
  ReadonlyRootfs: forwarded(flag),
  RestartPolicy: record({
    Name: limited(text, 'run.restart'),
    MaximumRetryCount: limited(
      integer,
      '10 at most, put in where it is missing, unless run.restart has always or unless-stopped',
    ),
  }),
  Runtime: refused("the engine's own runtime is used", ['runc']),
  SecurityOpt: list(limited(text, 'no-new-privileges')),
  ShmSize: limited(integer, 'run.limits.shm at most'),
  StorageOpt: refused("storage options are the engine's own"),
  Sysctls: refused('kernel parameters are not given to workers'),
  Tmpfs: dictionary(
    limited(text, 'size within run.limits.shm, put in where it is missing; mode, uid, gid, exec'),
  ),
  UTSMode: refused('the container has its own hostname', ['private']),
  Ulimits: list(
    record({
      Name: limited(text, 'nofile, nproc, core, cpu, fsize, stack, data'),
      Soft: limited(integer, 'not over Hard'),
      Hard: limited(integer, 'run.limits.nofile and run.limits.pids'),
    }),
  ),
  UsernsMode: refused("it would take away the engine's user namespace", ['private']),
  VolumeDriver: refused(PLAIN_VOLUMES, ['local']),
  VolumesFrom: list(limited(text, 'own containers')),
})

/** Fields of a container's Config that an image's has too. */
export const imageConfigFields = {
  ArgsEscaped: forwarded(flag),
  AttachStderr: forwarded(flag),
  AttachStdin: forwarded(flag),
  AttachStdout: forwarded(flag),
  Cmd: limited(words, '256 KiB together with Entrypoint, Env and Shell'),
  Domainname: forwarded(text),
  Entrypoint: limited(words, 'likewise'),
  Env: secret(list(limited(text, 'likewise')), withoutValues),
  ExposedPorts: dictionary(emptyObject),
  Healthcheck: healthcheck,
  Hostname: forwarded(text),
  Labels: dictionary(forwarded(text)),
  MacAddress: refused("a fixed address can take over another container's"),
  NetworkDisabled: forwarded(flag),
  OnBuild: refused('it is carried out unseen in later builds'),
  OpenStdin: forwarded(flag),
  Shell: list(limited(text, 'likewise')),
  StdinOnce: forwarded(flag),
  StopSignal: forwarded(text),
  StopTimeout: limited(integer, 'at most 600 s, to which a create is brought'),
  Tty: forwarded(flag),
  User: forwarded(text),
  Volumes: dictionary(emptyObject),
  WorkingDir: forwarded(text),
}

/** The whole body. HostConfig's fields at the top level, which engines before 28 honour, are unknown here. */
export const containerCreateBody = record({
  ...imageConfigFields,
  HostConfig: hostConfig,
  Image: limited(text, 'a name that run.images has'),
  NetworkingConfig: record({ EndpointsConfig: dictionary(endpointFields) }),
})
