/** How a container is on a network; the same for create and for connect. */
import { forwarded, integer, list, record, refused, text } from '../fields.ts'

export interface Endpoint {
  readonly network: string
  readonly aliases: readonly string[]
  readonly gatewayPriority: number | undefined
}

const FIXED = "a fixed address can take over another container's"
const ASSIGNED = 'an engine assigns it'

export const endpointFields = record({
  Aliases: list(forwarded(text)),
  DNSNames: refused(ASSIGNED),
  DriverOpts: refused('driver options are not given to workers'),
  EndpointID: refused(ASSIGNED),
  Gateway: refused(ASSIGNED),
  GlobalIPv6Address: refused(ASSIGNED),
  GlobalIPv6PrefixLen: refused(ASSIGNED),
  GwPriority: forwarded(integer),
  IPAddress: refused(ASSIGNED),
  IPAMConfig: refused(FIXED),
  IPPrefixLen: refused(ASSIGNED),
  IPv6Gateway: refused(ASSIGNED),
  Links: refused('links are a legacy way to reach other containers', [], 'a network that both are on'),
  MacAddress: refused(FIXED),
  NetworkID: refused('networks are given by name'),
})
