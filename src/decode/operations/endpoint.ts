/** How a container is on a network; the same for create and for connect. */
import {
  forwarded,
  integer,
  limited,
  list,
  record,
  refused,
  rewritten,
  text,
  type Finding,
  type Read,
} from '../fields.ts'
import type { Addresses } from '../../shared/addresses.ts'
import { fixedFields, readFixed } from './addresses.ts'
import { readLinks, type Link } from './links.ts'

export interface Endpoint {
  readonly network: string
  readonly aliases: readonly string[]
  readonly gatewayPriority: number | undefined
  readonly links: readonly Link[]
  /** Addresses that it is to have there. */
  readonly fixed: readonly Addresses[]
}

const FIXED = "a fixed address can take over another container's"
const ASSIGNED = 'left out: an engine assigns it'

export const endpointFields = record({
  Aliases: list(forwarded(text)),
  DNSNames: rewritten(list(forwarded(text)).read, ASSIGNED),
  DriverOpts: refused('driver options are not given to workers'),
  EndpointID: rewritten(text, ASSIGNED),
  Gateway: rewritten(text, ASSIGNED),
  GlobalIPv6Address: rewritten(text, ASSIGNED),
  GlobalIPv6PrefixLen: rewritten(integer, ASSIGNED),
  GwPriority: forwarded(integer),
  IPAddress: rewritten(text, ASSIGNED),
  IPAMConfig: fixedFields,
  IPPrefixLen: rewritten(integer, ASSIGNED),
  IPv6Gateway: rewritten(text, ASSIGNED),
  Links: list(limited(text, 'to own containers')),
  MacAddress: limited(text, 'left out where it comes back from an inspect'),
  NetworkID: rewritten(text, ASSIGNED),
})

/** How a container is asked to be on a network, without what an engine told of it before. @throws {FieldError} for a link or an address that is none */
export function readEndpoint(
  {
    Aliases = [],
    GwPriority,
    IPAMConfig = {},
    Links = [],
    MacAddress = '',
    EndpointID = '',
  }: Read<typeof endpointFields>,
  at: string,
  findings: Finding[],
): Omit<Endpoint, 'network'> {
  // One that is on a network has both.
  if (MacAddress !== '' && EndpointID === '')
    findings.push({ what: `${at}.MacAddress = ${MacAddress}`, why: FIXED })
  return {
    aliases: Aliases,
    gatewayPriority: GwPriority,
    links: readLinks(Links, `${at}.Links`),
    fixed: readFixed(IPAMConfig, `${at}.IPAMConfig`),
  }
}
