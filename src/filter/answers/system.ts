/** What is told of the engine as a whole, and of the host: a closed list, with counts of the worker's own objects. */
import type { Unknown } from '../../shared/json-value.ts'
import { wordsIn } from '../../shared/words.ts'
import {
  cleaned,
  each,
  fields,
  flag,
  given,
  leftOut,
  list,
  number,
  replaced,
  text,
  textByName,
  texts,
  type Field,
} from '../fields.ts'
import type { EngineFacts } from '../../world/engine-facts.ts'
import { listed } from './container.ts'
import { countedAnew, type UsageAsked } from './disk-usage.ts'
import { listedImage } from './image.ts'
import { listedVolume } from './volume.ts'

/** The engine's version, with the API versions that the gate speaks too. */
export function versionOf({ oldest, minor }: Pick<EngineFacts, 'oldest' | 'minor'>): Field<Unknown> {
  const spoken = (version: number): Field => {
    const told = given((value) => (typeof value === 'string' ? `1.${version}` : undefined))
    return cleaned('those that dockgate speaks too', told)
  }
  const versions = { ApiVersion: spoken(minor), MinAPIVersion: spoken(oldest) }
  const names = wordsIn('Version GitCommit GoVersion Os Arch KernelVersion BuildTime')
  const details: Field<Unknown> = {
    ...textByName,
    read: (value, view) => ({ ...textByName.read(value, view), ...fields(versions).read(value, view) }),
  }
  return fields({
    Platform: fields({ Name: text }),
    Components: list(fields({ Name: text, Version: text, Details: details })),
    ...versions,
    ...each(names, text),
    Experimental: flag,
  })
}

const OPERATORS = 'how the operator has set up the engine and its host'
const COUNTS = 'counts of what is in reach'

const aboutHost = fields({
  ...each(
    wordsIn(`
        ID Driver SystemTime LoggingDriver CgroupDriver CgroupVersion KernelVersion OperatingSystem OSVersion OSType Architecture
        Name ServerVersion DefaultRuntime Isolation IndexServerAddress InitBinary
      `),
    text,
  ),
  ...each(
    wordsIn(`
        MemoryLimit SwapLimit CpuCfsPeriod CpuCfsQuota CPUShares CPUSet PidsLimit IPv4Forwarding OomKillDisable LiveRestoreEnabled
        ExperimentalBuild BridgeNfIptables BridgeNfIp6tables Debug KernelMemory KernelMemoryTCP
      `),
    flag,
  ),
  ...each(['NCPU', 'MemTotal'], number),
  DriverStatus: list(texts),
  SecurityOptions: texts,
  Containers: replaced(0, COUNTS),
  ContainersRunning: replaced(0, COUNTS),
  ContainersPaused: replaced(0, COUNTS),
  ContainersStopped: replaced(0, COUNTS),
  Images: replaced(0, COUNTS),
  Plugins: replaced(
    {
      Volume: ['local'],
      Network: ['bridge', 'null'],
      Authorization: null,
      Log: ['json-file', 'local', 'none'],
    },
    OPERATORS,
  ),
  RegistryConfig: replaced({ IndexConfigs: {}, InsecureRegistryCIDRs: [], Mirrors: [] }, OPERATORS),
  Runtimes: replaced({ runc: { path: 'runc' } }, OPERATORS),
  Swarm: replaced({ LocalNodeState: 'inactive' }, OPERATORS),
  Warnings: replaced([], OPERATORS),
  Labels: replaced([], OPERATORS),
  ...each(
    wordsIn(`
        DockerRootDir HttpProxy HttpsProxy NoProxy ContainerdCommit RuncCommit InitCommit Containerd ClientInfo NFd NGoroutines
        NEventsListener SystemStatus DefaultAddressPools CDISpecDirs DiscoveredDevices FirewallBackend NRI ProductLicense
        ClusterStore ClusterAdvertise GenericResources ExecutionDriver
      `),
    leftOut(OPERATORS),
  ),
})

/** No registries, proxies (their addresses can hold passwords), plugins, runtimes, labels or swarm. */
export const info: Field<Unknown> = {
  ...aboutHost,
  read: (value, view) => {
    const told = aboutHost.read(value, view)
    const { containers, running, images: Images } = view.counts()
    const counts = {
      Containers: containers,
      ContainersRunning: running,
      ContainersStopped: containers - running,
      Images,
    }
    return told && { ...told, ...counts }
  },
}

const COUNTED = 'counted anew, of what is told'

function usage(items: Field<readonly Unknown[]>): Field<Unknown> {
  const counts = ['ActiveCount', 'TotalCount', 'Reclaimable', 'TotalSize']
  return fields({ ...each(counts, replaced(0, COUNTED)), Items: items })
}

const buildCache = replaced<readonly Unknown[]>([], OPERATORS)
const images = list(listedImage(false))
const containers = list(listed)
const volumes = list(listedVolume)

const wholeUsage = fields({
  Images: images,
  Containers: containers,
  Volumes: volumes,
  LayersSize: replaced(0, COUNTED),
  BuildCache: buildCache,
  BuilderSize: replaced(0, OPERATORS),
  ImageUsage: usage(images),
  ContainerUsage: usage(containers),
  VolumeUsage: usage(volumes),
  BuildCacheUsage: usage(buildCache),
})

/**
 * Disk usage of what is in reach; layers that images share with others' are counted in full.
 * @param asked a client that knows API 1.52 and asks for single things gets them under their new names alone
 */
export function diskUsage(asked: UsageAsked): Field<Unknown> {
  return {
    ...wholeUsage,
    read: (value, view) => {
      const answer = wholeUsage.read(value, view)
      return answer && countedAnew(answer, asked)
    },
  }
}
