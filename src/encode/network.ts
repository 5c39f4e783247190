/** Bodies of network requests, built from what was decided. */
import { isIpv4 } from '../shared/addresses.ts'
import type { Endpoint } from '../decode/operations/endpoint.ts'
import type { Link } from '../decode/operations/links.ts'
import type { NetworkCreate } from '../decode/operations/network.ts'
import type { NetworkMemberPermit } from '../decide/verdict.ts'

/** A plain bridge, whose subnet the engine chooses where none was. @param labels of the gate, which win over the client's */
export function networkBody(operation: NetworkCreate, labels: Readonly<Record<string, string>>): object {
  return {
    Name: operation.name,
    // Engines before 1.46 make a second network of the same name unless they are asked to look.
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: operation.internal,
    Attachable: operation.attachable,
    EnableIPv4: operation.ipv4,
    EnableIPv6: operation.ipv6,
    ...(operation.subnets.length === 0 ? {} : { IPAM: ipam(operation.subnets) }),
    Labels: { ...Object.fromEntries(operation.labels), ...labels },
  }
}

function ipam(subnets: NetworkCreate['subnets']): object {
  const Config = subnets.map(({ subnet, range, gateway }) => ({
    Subnet: subnet.text,
    IPRange: range?.text,
    Gateway: gateway?.text,
  }))
  return { Driver: 'default', Config }
}

/** A container joining or leaving a network. */
export function memberBody({ operation, container }: NetworkMemberPermit): object {
  if (operation.kind === 'network.disconnect') return { Container: container.id, Force: operation.force }
  return { Container: container.id, EndpointConfig: endpointBody(operation.endpoint) }
}

/** How a container is on a network. */
export function endpointBody(endpoint: Omit<Endpoint, 'network'>): object {
  const { aliases, gatewayPriority, links, fixed } = endpoint
  return {
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
    ...(links.length === 0 ? {} : { Links: links.map(linkText) }),
    ...(fixed.length === 0 ? {} : { IPAMConfig: ipamConfig(fixed) }),
    ...(gatewayPriority ? { GwPriority: gatewayPriority } : {}),
  }
}

export function linkText({ container, alias }: Link): string {
  return alias === undefined ? container : `${container}:${alias}`
}

/** Fixed addresses, one of each version. */
export function ipamConfig(fixed: Endpoint['fixed']): object {
  return Object.fromEntries(
    fixed.map((address) => [isIpv4(address) ? 'IPv4Address' : 'IPv6Address', address.text]),
  )
}
