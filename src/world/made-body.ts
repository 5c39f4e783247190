/**
 * The text that keeps what a container was made with: the body of a create with what policies speak of, and nothing of what may be
 * secret. Binds are left out: an engine lists them.
 */
import { listOf, objectOf, textOf, type Unknown } from '../shared/json-value.ts'
import { wordsIn } from '../shared/words.ts'
import type { Asked } from '../decode/operations/container-create.ts'

const KEPT = wordsIn(`
  CapAdd SecurityOpt NetworkMode PidMode IpcMode Tmpfs Mounts PortBindings Memory MemorySwap
  MemoryReservation NanoCpus CpuShares PidsLimit ShmSize Ulimits RestartPolicy LogConfig
`)
/** Networks that every engine has, and every worker. */
const BUILT_IN = ['default', 'bridge', 'none']

/**
 * Of a container that is there, from what an engine tells of it.
 * @param granted what grants its image: a name in full, or the id of one that the worker brought
 */
export function madeOfInspected(inspected: Unknown, granted: string): string {
  const host = objectOf(inspected['HostConfig'])
  const networks = Object.entries(objectOf(objectOf(inspected['NetworkSettings'])['Networks']))
  const hostname = textOf(objectOf(inspected['Config'])['Hostname'])
  return textOfBody(
    granted,
    textOf(inspected['Id']).startsWith(hostname) ? undefined : hostname,
    {
      ...host,
      // Without accounting of swap an engine says -1, whatever was asked.
      MemorySwap: Math.max(0, Number(host['MemorySwap'] ?? 0)),
      // Another driver is the engine's own, which a worker does not choose.
      LogConfig: FILES.includes(textOf(objectOf(host['LogConfig'])['Type'])) ? host['LogConfig'] : undefined,
    },
    networks
      .filter(([name]) => !BUILT_IN.includes(name))
      // Before its first start an engine knows a network by its name alone.
      .map(([name, network]) => {
        const { NetworkID, IPAMConfig } = objectOf(network)
        return [textOf(NetworkID) || name, objectOf(IPAMConfig)] as const
      }),
  )
}

const FILES = ['json-file', 'local', 'none']

/**
 * @param granted as of `madeOfInspected`
 * @param networks with the addresses that are fixed on each
 * @param asked what was asked for where that is something else, with the labels that were left out; undefined where it is not known
 */
export function textOfBody(
  granted: string,
  hostname: string | undefined,
  host: object,
  networks: Networks,
  asked?: Asked & { readonly Labels: object },
): string {
  const kept = Object.entries(host).filter(([name]) => KEPT.includes(name))
  const HostConfig = {
    ...Object.fromEntries(kept),
    Mounts: listOf(objectOf(host)['Mounts']).filter((mount) =>
      ['tmpfs', 'image'].includes(textOf(objectOf(mount)['Type'])),
    ),
  }
  const chosen = networks.filter(([network]) => !BUILT_IN.includes(network))
  const plain = (_key: string, value: unknown): unknown =>
    value instanceof Map ? Object.fromEntries(value) : value
  return JSON.stringify(
    {
      Image: granted,
      Hostname: hostname,
      HostConfig,
      NetworkingConfig: networking(chosen),
      [ASKED]: asked,
    },
    plain,
  )
}

/** What stands beside the body. */
export const ASKED = 'Asked'
/** What the gate holds for it: paths, by the places that the engine was given. */
export const HELD = 'Held'

/** Networks by their ids, with the `IPAMConfig` of each. */
export type Networks = readonly (readonly [network: string, addresses: object])[]

export function networking(networks: Networks): object {
  const endpoints = networks.map(([network, IPAMConfig]) => [network, { IPAMConfig }] as const)
  return { EndpointsConfig: Object.fromEntries(endpoints) }
}
