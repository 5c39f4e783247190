/** What is asked of networks: plain bridges. */
import {
  dictionary,
  FieldError,
  flag,
  forwarded,
  limited,
  record,
  refused,
  text,
  type Read,
} from '../fields.ts'
import type { Given } from '../parts.ts'
import { queryFilters, queryFlag, queryText, type ByWords } from '../query.ts'
import { ipamFields, readSubnets, type ChosenSubnet } from './addresses.ts'
import { endpointFields, readEndpoint, type Endpoint } from './endpoint.ts'

export const listQuery = record({
  filters: forwarded(queryFilters(['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'])),
})
export interface NetworkList extends ByWords {
  readonly kind: 'network.list'
  readonly parameters: Read<typeof listQuery>
}

export const inspectQuery = record({ scope: forwarded(queryText), verbose: forwarded(queryFlag) })
export interface NetworkInspect {
  readonly kind: 'network.inspect'
  /** The network as the client names it: by name, id or the start of an id. */
  readonly network: string
  readonly parameters: Read<typeof inspectQuery>
}

const SWARM = "it needs Docker's swarm mode"

export const createBody = record({
  Attachable: forwarded(flag),
  CheckDuplicate: refused('the gate always checks', [true]),
  ConfigFrom: refused(SWARM),
  ConfigOnly: refused(SWARM),
  Driver: refused('networks here are bridges', ['bridge', 'default']),
  EnableIPv4: forwarded(flag),
  EnableIPv6: forwarded(flag),
  IPAM: ipamFields,
  Ingress: refused(SWARM),
  Internal: forwarded(flag),
  Labels: dictionary(forwarded(text)),
  Name: limited(text, 'not that of another network'),
  Options: refused('driver options reach the network of the host'),
  Scope: refused(SWARM, ['local']),
})
export interface NetworkCreate {
  readonly kind: 'network.create'
  readonly name: string
  readonly internal: boolean
  /** Of a bridge it is told again, and means nothing (docker-compose 1 asks for it). */
  readonly attachable: boolean
  readonly ipv4: boolean | undefined
  readonly ipv6: boolean | undefined
  /** Those that it is to have; none where the engine chooses. */
  readonly subnets: readonly ChosenSubnet[]
  readonly labels: ReadonlyMap<string, string>
}

export interface NetworkRemove {
  readonly kind: 'network.remove'
  readonly network: string
}

export const connectBody = record({
  Container: limited(text, 'an own container'),
  EndpointConfig: endpointFields,
})
export interface NetworkConnect {
  readonly kind: 'network.connect'
  readonly network: string
  /** The container as the client names it. */
  readonly container: string
  readonly endpoint: Omit<Endpoint, 'network'>
}

export const disconnectBody = record({
  Container: limited(text, 'an own container'),
  Force: forwarded(flag),
})
export interface NetworkDisconnect {
  readonly kind: 'network.disconnect'
  readonly network: string
  readonly container: string
  readonly force: boolean
}

type With<Body> = Given<unknown, Read<Body>>

/** @throws {FieldError} for a name that no network can have, or a subnet that is none */
export function readNetworkCreate({ body: fields }: With<typeof createBody>): NetworkCreate {
  const name = fields.Name ?? ''
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_. -]{0,127}$/.test(name))
    throw new FieldError(`Name: ${JSON.stringify(name)} is not a network name`)
  return {
    kind: 'network.create',
    name,
    internal: fields.Internal ?? false,
    attachable: fields.Attachable ?? false,
    ipv4: fields.EnableIPv4,
    ipv6: fields.EnableIPv6,
    subnets: readSubnets(fields.IPAM ?? {}),
    labels: fields.Labels ?? new Map(),
  }
}

export function readNetworkConnect({
  name: network,
  body,
  findings,
}: With<typeof connectBody>): NetworkConnect {
  const { Container: container = '', EndpointConfig = {} } = body
  const endpoint = readEndpoint(EndpointConfig, 'EndpointConfig', findings)
  return { kind: 'network.connect', network, container, endpoint }
}

export function readNetworkDisconnect({
  name: network,
  body,
}: With<typeof disconnectBody>): NetworkDisconnect {
  const { Container: container = '', Force: force = false } = body
  return { kind: 'network.disconnect', network, container, force }
}
