/** The requests that are measured. */
import { requestBytes } from './connection.ts'

/** Carried by all that the benchmark makes, so that it can be found and removed. */
export const LABEL = 'dockgate-bench'

const API = '/v1.41'
const NO_ENDPOINT = {
  IPAMConfig: null,
  Links: null,
  Aliases: null,
  NetworkID: '',
  EndpointID: '',
  Gateway: '',
}

/** The body of `docker create busybox true` as the CLI sends it, empty fields and all. */
const CREATE = {
  ...{ Hostname: '', Domainname: '', User: '', AttachStdin: false, AttachStdout: true, AttachStderr: true },
  ...{ Tty: false, OpenStdin: false, StdinOnce: false, Env: null, Cmd: ['true'], Image: 'busybox:latest' },
  ...{ Volumes: {}, WorkingDir: '', Entrypoint: null, OnBuild: null, Labels: { [LABEL]: '' } },
  HostConfig: {
    ...{ Binds: null, ContainerIDFile: '', LogConfig: { Type: '', Config: {} }, NetworkMode: 'default' },
    ...{ PortBindings: {}, RestartPolicy: { Name: 'no', MaximumRetryCount: 0 }, AutoRemove: false },
    ...{
      VolumeDriver: '',
      VolumesFrom: null,
      ConsoleSize: [0, 0],
      CapAdd: null,
      CapDrop: null,
      CgroupnsMode: '',
    },
    ...{ Dns: [], DnsOptions: [], DnsSearch: [], ExtraHosts: null, GroupAdd: null, IpcMode: '', Cgroup: '' },
    ...{ Links: null, OomScoreAdj: 0, PidMode: '', Privileged: false, PublishAllPorts: false },
    ...{ ReadonlyRootfs: false, SecurityOpt: null, UTSMode: '', UsernsMode: '', ShmSize: 0, Isolation: '' },
    ...{ CpuShares: 0, Memory: 0, NanoCpus: 0, CgroupParent: '', BlkioWeight: 0, BlkioWeightDevice: [] },
    ...{ BlkioDeviceReadBps: [], BlkioDeviceWriteBps: [], BlkioDeviceReadIOps: [], BlkioDeviceWriteIOps: [] },
    ...{
      CpuPeriod: 0,
      CpuQuota: 0,
      CpuRealtimePeriod: 0,
      CpuRealtimeRuntime: 0,
      CpusetCpus: '',
      CpusetMems: '',
    },
    ...{ Devices: [], DeviceCgroupRules: null, DeviceRequests: null, MemoryReservation: 0, MemorySwap: 0 },
    ...{ MemorySwappiness: -1, OomKillDisable: false, PidsLimit: 0, Ulimits: [], CpuCount: 0, CpuPercent: 0 },
    ...{ IOMaximumIOps: 0, IOMaximumBandwidth: 0, MaskedPaths: null, ReadonlyPaths: null },
  },
  NetworkingConfig: { EndpointsConfig: { default: NO_ENDPOINT } },
}

export const ping = requestBytes('GET', '/_ping')
export const version = requestBytes('GET', `${API}/version`)
export const list = requestBytes('GET', `${API}/containers/json?all=1`)
export const create = requestBytes('POST', `${API}/containers/create`, CREATE)
/** All that the benchmark made, as the engine lists it. */
export const listMade = requestBytes(
  'GET',
  `${API}/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify({ label: [LABEL] }))}`,
)

export function remove(id: string): Buffer {
  return requestBytes('DELETE', `${API}/containers/${id}?force=1`)
}

/** The container that data flows through: the policy gives it to the worker by name. */
export const STREAM = 'dockgate-bench-stream'

export type Direction = 'down' | 'up'

/** Creates the container of a stream, unlogged, as a log would be all that is measured. @param mebibytes of a stream down */
export function createStream(direction: Direction, mebibytes: number): Buffer {
  const down = ['dd', 'if=/dev/zero', 'bs=1M', `count=${mebibytes}`]
  return requestBytes('POST', `${API}/containers/create?name=${STREAM}`, {
    Image: 'busybox:latest',
    Cmd: direction === 'down' ? down : ['dd', 'of=/dev/null', 'bs=1M'],
    Labels: { [LABEL]: '' },
    ...(direction === 'down' ? {} : { AttachStdin: true, OpenStdin: true, StdinOnce: true }),
    HostConfig: { LogConfig: { Type: 'none' }, NetworkMode: 'none' },
  })
}

export const startStream = requestBytes('POST', `${API}/containers/${STREAM}/start`)

/** Asks for the connection of the stream's container. */
export function attachStream(direction: Direction): Buffer {
  const which = direction === 'down' ? 'stdout=1' : 'stdin=1'
  return Buffer.from(
    `POST ${API}/containers/${STREAM}/attach?stream=1&${which} HTTP/1.1\r\nHost: docker\r\n` +
      'Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
  )
}
