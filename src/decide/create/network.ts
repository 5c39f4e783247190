/** Networks and namespaces of a new container. */
import type { ContainerCreate, Namespace } from '../../decode/operations/container-create.ts'
import type { Endpoint } from '../../decode/operations/endpoint.ts'
import type { Facts } from '../../resolve/facts.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import { checkFixed } from '../addresses.ts'
import type { Violation } from '../refuse.ts'
import { ownAliases } from './aliases.ts'
import { networkLinks } from './links.ts'

/** NetworkMode as it is sent: networks by full id, so that no other of that name can be meant. */
export function planNetworkMode(
  operation: ContainerCreate,
  facts: Pick<Facts, 'others' | 'networks'>,
  violations: Violation[],
): string {
  const { network } = operation
  switch (network.mode) {
    case 'container':
      return sharedNamespace('NetworkMode', network.container, facts, violations)
    case 'network':
      return planNetwork(`HostConfig.NetworkMode = ${network.network}`, network.network, facts, violations)
    case 'bridge':
    case 'default':
    case 'none':
      return network.mode
  }
}

/**
 * On an operator's network a container is found by its host name too (moby since 25, DNSNames), which a worker could choose to be
 * that of one of the operator's.
 */
export function checkHostname(
  operation: ContainerCreate,
  facts: Pick<Facts, 'networks'>,
  violations: Violation[],
): void {
  const { Hostname = '' } = operation.config
  const { network, endpoints } = operation
  const names = [
    ...endpoints.map((endpoint) => endpoint.network),
    ...(network.mode === 'network' ? [network.network] : []),
  ]
  const theirs = names.find((name) => facts.networks.get(name)?.owner === 'operator')
  if (Hostname !== '' && theirs !== undefined) violations.push(hostnameViolation(Hostname, theirs))
}

/** The violation of a host name on an operator's network. */
export function hostnameViolation(hostname: string, network: string): Violation {
  return {
    rule: 'run.networks',
    what: `Hostname = ${hostname}`,
    why: `on ${network} it would be found by that name`,
    instead: ['no --hostname', 'an own network'],
  }
}

/** How the container is on its networks, as it is sent. */
export function planEndpoints(
  run: Pick<RunPolicy, 'subnets'>,
  operation: ContainerCreate,
  facts: Pick<Facts, 'networks' | 'others'>,
  violations: Violation[],
): readonly Endpoint[] {
  const { network } = operation
  const builtIn =
    network.mode === 'default'
      ? ['default', 'bridge']
      : ['bridge', 'none'].filter((mode) => mode === network.mode)
  return askedEndpoints(operation, facts).map((endpoint) => {
    const isBuiltIn = builtIn.some((name) => name === endpoint.network)
    const known = isBuiltIn ? undefined : facts.networks.get(endpoint.network)
    checkFixed(run, endpoint, known, violations)
    if (isBuiltIn) return endpoint
    return {
      ...endpoint,
      network: planNetwork(`EndpointsConfig.${endpoint.network}`, endpoint.network, facts, violations),
      // On the operator's networks an alias could answer for one of the operator's containers.
      aliases: known?.owner === 'self' ? ownAliases(operation, known, endpoint.aliases) : [],
      links: networkLinks(endpoint, known, facts),
    }
  })
}

/** The endpoints, with that of a network which the mode alone names. */
function askedEndpoints(
  { network, endpoints }: ContainerCreate,
  { networks }: Pick<Facts, 'networks'>,
): readonly Endpoint[] {
  if (network.mode !== 'network') return endpoints
  const known = networks.get(network.network)
  if (known?.owner !== 'self' || endpoints.some((one) => networks.get(one.network)?.id === known.id))
    return endpoints
  return [
    { network: network.network, aliases: [], gatewayPriority: undefined, links: [], fixed: [] },
    ...endpoints,
  ]
}

function planNetwork(
  what: string,
  name: string,
  facts: Pick<Facts, 'networks'>,
  violations: Violation[],
): string {
  const network = facts.networks.get(name)
  if (network !== undefined && network.owner !== 'engine') return network.id
  violations.push({
    rule: 'run.networks',
    what,
    why: 'this network is not among those that this worker may join',
    instead: ['an own network', 'the default bridge'],
  })
  return name
}

/** PidMode as it is sent; empty is the engine's default, an own namespace. */
export function planPidMode(pid: Namespace, facts: Pick<Facts, 'others'>, violations: Violation[]): string {
  return pid.mode === 'container' ? sharedNamespace('PidMode', pid.container, facts, violations) : ''
}

/** IpcMode as it is sent: private unless said otherwise, whatever the API version's default. */
export function planIpcMode(ipc: Namespace, facts: Pick<Facts, 'others'>, violations: Violation[]): string {
  if (ipc.mode === 'container') return sharedNamespace('IpcMode', ipc.container, facts, violations)
  return ipc.mode === 'default' ? 'private' : ipc.mode
}

function sharedNamespace(
  field: string,
  container: string,
  facts: Pick<Facts, 'others'>,
  violations: Violation[],
): string {
  const other = facts.others.get(container)
  if (other?.owner === 'self') return `container:${other.id}`
  violations.push({
    rule: 'run.namespaces',
    what: `HostConfig.${field} = container:${container}`,
    why: 'namespaces are shared between own containers only',
    instead: [],
  })
  return 'none'
}
