/** POST /containers/{id}/update: limits of a container changed while it runs. */
import { integer, limited, record, refused, rewritten, text, type Read } from '../fields.ts'
import { wordsIn } from '../../shared/words.ts'

const ONCE = 'it is set when the container is created, if at all'
const REFUSED = wordsIn(`
  BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps BlkioWeight
  BlkioWeightDevice CgroupParent CpuCount CpuPercent CpuRealtimePeriod CpuRealtimeRuntime DeviceCgroupRules
  DeviceRequests Devices DiskQuota IOMaximumBandwidth IOMaximumIOps Init KernelMemory KernelMemoryTCP
  MemorySwappiness NanoCPUs OomKillDisable Ulimits
`)

export const containerUpdateBody = record({
  ...Object.fromEntries(REFUSED.map((name) => [name, refused(ONCE)])),
  CpuPeriod: rewritten(integer, 'sent as NanoCpus'),
  CpuQuota: rewritten(integer, 'sent as NanoCpus, run.limits.cpus at most'),
  CpuShares: limited(integer, '1024 at most'),
  CpusetCpus: limited(text, 'sent as it is'),
  CpusetMems: limited(text, 'sent as it is'),
  Memory: limited(integer, 'run.limits.memory at most'),
  MemoryReservation: limited(integer, "the container's memory at most"),
  MemorySwap: limited(integer, "twice the container's memory at most"),
  NanoCpus: limited(integer, 'run.limits.cpus at most'),
  PidsLimit: limited(integer, 'run.limits.pids at most'),
  RestartPolicy: record({
    Name: limited(text, 'run.restart'),
    MaximumRetryCount: limited(
      integer,
      '10 at most, put in where it is missing, unless run.restart has always or unless-stopped',
    ),
  }),
})

export interface ContainerUpdate {
  readonly kind: 'container.update'
  /** The container as the client names it. */
  readonly container: string
  readonly changes: Read<typeof containerUpdateBody>
}
