/** What a worker sees of the engine and the host: a closed list, with counts of its own objects. */
import { objectOf, type Unknown } from '../shared/json-value.ts'
import { pick } from './inspect.ts'
import { wordsIn } from '../shared/words.ts'

const INFO = wordsIn(`
  ID Driver DriverStatus MemoryLimit SwapLimit CpuCfsPeriod CpuCfsQuota CPUShares CPUSet PidsLimit
  IPv4Forwarding OomKillDisable SystemTime LoggingDriver CgroupDriver CgroupVersion KernelVersion
  OperatingSystem OSVersion OSType Architecture NCPU MemTotal Name ServerVersion DefaultRuntime
  LiveRestoreEnabled Isolation SecurityOptions ExperimentalBuild IndexServerAddress InitBinary
  BridgeNfIptables BridgeNfIp6tables Debug
`)

export interface Counts {
  readonly containers: number
  readonly running: number
}

/** The engine's info: no registries, proxies (their addresses can hold passwords), plugins, runtimes, labels or swarm. */
export function filterInfo(answer: unknown, counts: Counts): Unknown {
  return {
    ...pick(objectOf(answer), INFO),
    Containers: counts.containers,
    ContainersRunning: counts.running,
    ContainersPaused: 0,
    ContainersStopped: counts.containers - counts.running,
    Images: 0,
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'null'],
      Authorization: null,
      Log: ['json-file', 'local', 'none'],
    },
    RegistryConfig: { IndexConfigs: {}, InsecureRegistryCIDRs: [], Mirrors: [] },
    Runtimes: { runc: { path: 'runc' } },
    Swarm: { LocalNodeState: 'inactive' },
    Warnings: [],
    Labels: [],
  }
}
