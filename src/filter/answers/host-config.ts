/** How a container was asked for. */
import { dictionary, each, fields, flag, list, number, numbers, text, textByName, texts } from '../fields.ts'
import { bind, labels, link, networkMode, volumeName } from '../words.ts'
import { wordsIn } from '../../shared/words.ts'

const rates = list(fields({ Path: text, Rate: number }))

/** How the processes of a container are kept within bounds; what an update changes. */
const RESOURCES = {
  ...each(
    wordsIn(`
      CpuShares Memory NanoCpus BlkioWeight CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime KernelMemory KernelMemoryTCP
      MemoryReservation MemorySwap MemorySwappiness PidsLimit CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth DiskQuota
    `),
    number,
  ),
  ...each(['CgroupParent', 'CpusetCpus', 'CpusetMems'], text),
  BlkioWeightDevice: list(fields({ Path: text, Weight: number })),
  ...each(
    wordsIn(`
      BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps
    `),
    rates,
  ),
  Devices: list(fields(each(['PathOnHost', 'PathInContainer', 'CgroupPermissions'], text))),
  DeviceCgroupRules: texts,
  DeviceRequests: list(
    fields({
      Driver: text,
      Count: number,
      DeviceIDs: texts,
      Capabilities: list(texts),
      Options: textByName,
    }),
  ),
  OomKillDisable: flag,
  Ulimits: list(fields({ Name: text, Hard: number, Soft: number })),
}

const mount = fields({
  Source: volumeName,
  ...each(['Type', 'Target', 'Consistency'], text),
  ReadOnly: flag,
  BindOptions: fields({
    Propagation: text,
    ...each(['NonRecursive', 'CreateMountpoint', 'ReadOnlyNonRecursive', 'ReadOnlyForceRecursive'], flag),
  }),
  VolumeOptions: fields({
    NoCopy: flag,
    Labels: labels,
    Subpath: text,
    DriverConfig: fields({ Name: text, Options: textByName }),
  }),
  ImageOptions: fields({ Subpath: text }),
  TmpfsOptions: fields({ SizeBytes: number, Mode: number, Options: list(texts) }),
  ClusterOptions: fields({}),
})

export const portBindings = dictionary(list(fields({ HostIp: text, HostPort: text })))
const logConfig = fields({ Type: text, Config: textByName })
export const restartPolicy = fields({ Name: text, MaximumRetryCount: number })

export const hostConfig = fields({
  ...RESOURCES,
  LogConfig: logConfig,
  RestartPolicy: restartPolicy,
  PortBindings: portBindings,
  Mounts: list(mount),
  ConsoleSize: numbers,
  ...each(['OomScoreAdj', 'ShmSize'], number),
  NetworkMode: networkMode,
  Binds: list(bind),
  Links: list(link),
  ...each(['AutoRemove', 'Privileged', 'PublishAllPorts', 'ReadonlyRootfs', 'Init'], flag),
  ...each(['Annotations', 'StorageOpt', 'Tmpfs', 'Sysctls'], textByName),
  ...each(
    wordsIn(`
      ContainerIDFile VolumeDriver CgroupnsMode IpcMode Cgroup PidMode UTSMode UsernsMode Runtime Isolation InitPath
    `),
    text,
  ),
  ...each(
    wordsIn(`
      VolumesFrom CapAdd CapDrop Capabilities Dns DnsOptions DnsSearch ExtraHosts GroupAdd SecurityOpt MaskedPaths
      ReadonlyPaths
    `),
    texts,
  ),
})
