/** What an engine reports of a container, beside what the gate decided on: everything else must be as in an empty create. */
import { posix } from 'node:path'
import type { CreatePermit } from '../../src/decide/verdict.ts'
import type { Mount } from '../../src/decode/operations/mounts.ts'
import { listOf, objectOf, textOf } from '../../src/shared/json-value.ts'

type Fields = Readonly<Record<string, unknown>>

/** What an inspect says, in the form that is compared. */
export interface Effective {
  readonly host: Fields
  readonly config: Fields
  /** `80/tcp on 127.0.0.1:21000` */
  readonly ports: readonly string[]
  /** `/t mode=700,size=1048576` */
  readonly tmpfs: readonly string[]
  /** `bridge: a b` with its aliases */
  readonly networks: readonly string[]
  readonly mounts: readonly string[]
}

/** Reads an inspect. */
export function effective(inspected: unknown): Effective {
  const { Id, HostConfig, Config, Mounts, NetworkSettings } = objectOf(inspected)
  const { PortBindings, Tmpfs, ...host } = objectOf(HostConfig)
  const { Hostname, ...config } = objectOf(Config)
  return {
    host: plain(host),
    // An engine names a container by the start of its id where nobody gave a name.
    config: plain({ ...config, Hostname: textOf(Id).startsWith(textOf(Hostname)) ? '' : Hostname }),
    ports: Object.entries(objectOf(PortBindings))
      .flatMap(([port, bindings]) =>
        listOf(bindings).map((binding) => {
          const { HostIp, HostPort } = objectOf(binding)
          return `${port} on ${textOf(HostIp)}:${textOf(HostPort)}`
        }),
      )
      .sort(),
    tmpfs: Object.entries(objectOf(Tmpfs))
      .map(([target, options]) => tmpfsLine(target, textOf(options).split(',')))
      .sort(),
    networks: Object.entries(objectOf(objectOf(NetworkSettings)['Networks']))
      .map(([name, endpoint]) => {
        const { Aliases, IPAMConfig, Links, DriverOpts } = objectOf(endpoint)
        return endpointLine(name, listOf(Aliases).map(textOf), [IPAMConfig, Links, DriverOpts])
      })
      .sort(),
    mounts: listOf(Mounts)
      .map((mount) => {
        const { Type, Name, Source, Destination, RW, Driver } = objectOf(mount)
        const isNamed = Type === 'volume' && !/^[0-9a-f]{64}$/.test(textOf(Name))
        const from = Type === 'bind' ? textOf(Source) : isNamed ? textOf(Name) : ''
        return mountLine(textOf(Type), from, textOf(Destination), RW === true, textOf(Driver))
      })
      .sort(),
  }
}

/** What must be reported of a create. @param empty what is reported of a create that says nothing but its image */
export function decided({ operation, plan }: CreatePermit, empty: Effective, labels: Fields): Effective {
  const { limits, restart, log } = plan
  const { Volumes, ExposedPorts, Labels, ...asked } = operation.config
  const config = { ...asked, Healthcheck: plan.health, StopTimeout: plan.stopTimeout }
  const host = {
    ...operation.host,
    CapAdd: operation.addCapabilities,
    SecurityOpt: operation.securityOptions,
    NetworkMode: /^(?:default)?$/.test(plan.networkMode) ? empty.host['NetworkMode'] : plan.networkMode,
    PidMode: plan.pidMode,
    IpcMode: plan.ipcMode || empty.host['IpcMode'],
    CgroupnsMode: 'private',
    Memory: limits.memory,
    MemorySwap: limits.memorySwap,
    MemoryReservation: limits.memoryReservation,
    NanoCpus: limits.nanoCpus,
    CpuShares: limits.cpuShares,
    PidsLimit: limits.pids,
    ShmSize: limits.shm,
    Ulimits: plan.ulimits,
    VolumesFrom: plan.volumesFrom,
    RestartPolicy: { Name: restart.name, MaximumRetryCount: restart.retries },
    ...(log === undefined ? {} : { LogConfig: { Type: log.driver, Config: log.options } }),
  }
  return {
    host: { ...empty.host, ...plain(host) },
    config: {
      ...empty.config,
      ...plain({ ...config, Env: environment(config.Env?.reveal() ?? [], empty) }),
      // One empty word is how Docker says: none, not even the image's (moby, runconfig merge).
      ...(config.Entrypoint?.length === 1 && config.Entrypoint[0] === '' ? { Entrypoint: '' } : {}),
      // No words are the image's, but not under another entrypoint.
      ...(config.Cmd?.length ? {} : { Cmd: config.Entrypoint?.length ? '' : empty.config['Cmd'] }),
      Image: plan.image,
      Labels: plain({ all: { ...Object.fromEntries(Labels ?? []), ...labels } })['all'],
      Volumes: plain({ all: Object.fromEntries(Volumes ?? []) })['all'],
      ExposedPorts: plain({ all: Object.fromEntries(ExposedPorts ?? []) })['all'],
    },
    ports: plan.ports
      .map(({ container, address, host: on }) => {
        const range = on === undefined ? [] : on.from === on.to ? [on.from] : [on.from, on.to]
        return `${container} on ${address}:${range.join('-')}`
      })
      .sort(),
    tmpfs: plan.mounts
      .filter((mount) => mount.type === 'tmpfs')
      .filter((mount) => mount.field === 'Tmpfs')
      .map(({ target, size, options }) => tmpfsLine(target, [...options, `size=${size}`]))
      .sort(),
    networks: config.NetworkDisabled === true ? [] : networksOf(plan, empty),
    mounts: [
      ...plan.mounts.flatMap((mount) =>
        mount.type === 'socket' || mount.field === 'Tmpfs' ? [] : [lineOf(mount)],
      ),
      ...[...(Volumes?.keys() ?? [])].map((path) => mountLine('volume', '', path, true, 'local')),
    ].sort(),
  }
}

/** One network where nothing is said of endpoints: that of the mode. */
function networksOf(plan: CreatePermit['plan'], empty: Effective): readonly string[] {
  const named = plan.endpoints.map(({ network, aliases }) => endpointLine(network, aliases, []))
  if (named.length > 0) return named.sort()
  return plan.networkMode === 'none' ? [endpointLine('none', [], [])] : empty.networks
}

function endpointLine(name: string, aliases: readonly string[], others: readonly unknown[]): string {
  const more = others.filter((other) => canonical(other) !== '')
  return `${name}: ${[...aliases, ...more.map((other) => JSON.stringify(other))].sort().join(' ')}`
}

/** As the kernel takes it: the last size counts, in bytes or with a letter for its unit (memparse). */
function tmpfsLine(target: string, options: readonly string[]): string {
  const sizes = options.filter((option) => option.startsWith('size='))
  const [, digits = '', unit = ''] = /^size=([0-9]+)([kmg]?)$/i.exec(sizes.at(-1) ?? '') ?? []
  const bytes = Number(digits) * 1024 ** ' kmg'.indexOf(unit.toLowerCase() || ' ')
  const others = options.filter((option) => !sizes.includes(option))
  return `${target} ${[...others, sizes.length > 0 ? `size=${bytes}` : 'no size'].sort().join(',')}`
}

function environment(asked: readonly string[], empty: Effective): readonly string[] {
  const nameOf = (pair: string): string => pair.split('=')[0] ?? ''
  const names = asked.map(nameOf)
  const inherited = listOf(empty.config['Env']).map(textOf)
  return [...asked, ...inherited.filter((pair) => !names.includes(nameOf(pair)))]
}

function lineOf(mount: Mount): string {
  const source = mount.type === 'tmpfs' ? '' : (mount.source ?? '')
  return mountLine(mount.type, source, mount.target, !mount.readOnly, mount.type === 'volume' ? 'local' : '')
}

function mountLine(
  type: string,
  source: string,
  target: string,
  isWritable: boolean,
  driver: string,
): string {
  return `${type} ${source} on ${posix.resolve('/', target)} ${isWritable ? 'rw' : 'ro'} ${driver}`.trimEnd()
}

/** Fields that the mounts themselves show, and those that are compared although they are empty. */
const ELSEWHERE = ['Binds', 'Mounts', 'Volumes', 'ExposedPorts', 'Labels']

/** The fields with all that is empty as the empty string, capabilities and lists in one form. */
function plain(fields: unknown): Fields {
  return Object.fromEntries(
    Object.entries(objectOf(fields))
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name,
        /^Cap(?:Add|Drop)$/.test(name) ? capabilities(value) : canonical(value),
      ]),
  )
}

function capabilities(value: unknown): unknown {
  const names = listOf(value).map((name) => textOf(name).toUpperCase().replace(/^CAP_/, ''))
  return names.length === 0 ? '' : names.sort()
}

function canonical(value: unknown): unknown {
  if (value === null || value === false || value === 0 || value === undefined) return ''
  if (value instanceof Map) return canonical(Object.fromEntries(value))
  if (Array.isArray(value))
    return value.every((item) => canonical(item) === '') && value.length === 0 ? '' : value.map(canonical)
  if (typeof value !== 'object') return value
  const members = Object.entries(value).map(([key, item]) => [key, canonical(item)] as const)
  return members.length === 0
    ? ''
    : Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** Both without what is compared by the mounts. */
export function comparable({ host, config, ...lines }: Effective): Effective {
  const kept = (fields: Fields): Fields => {
    const names = Object.keys(fields)
      .filter((name) => !ELSEWHERE.includes(name))
      .sort()
    return Object.fromEntries(names.filter((name) => fields[name] !== '').map((name) => [name, fields[name]]))
  }
  return {
    host: kept(host),
    config: {
      ...kept(config),
      Labels: config['Labels'] ?? '',
      Volumes: config['Volumes'] ?? '',
      ExposedPorts: config['ExposedPorts'] ?? '',
    },
    ...lines,
  }
}
