/** What is told of networks. */
import { textOf, type Unknown } from '../../shared/json-value.ts'
import {
  chosen,
  dictionaryIf,
  each,
  fields,
  flag,
  leftOut,
  list,
  number,
  replaced,
  text,
  textByName,
  texts,
  type Field,
} from '../fields.ts'
import type { NetworkFacts } from '../../resolve/facts.ts'
import { inWords, labels, link, networkWords } from '../words.ts'

/** How a container is on a network. */
export const endpoint = fields({
  IPAMConfig: fields({ IPv4Address: text, IPv6Address: text, LinkLocalIPs: texts }),
  Links: list(link),
  ...each(['Aliases', 'DNSNames'], texts),
  ...each(['NetworkID', 'EndpointID', 'MacAddress'], text),
  ...each(['Gateway', 'IPAddress', 'IPv6Gateway', 'GlobalIPv6Address'], text),
  ...each(['IPPrefixLen', 'GlobalIPv6PrefixLen', 'GwPriority'], number),
  DriverOpts: textByName,
})

const BASE = {
  ...each(['Name', 'Id', 'Created', 'Scope', 'Driver'], text),
  ...each(['EnableIPv4', 'EnableIPv6', 'Internal', 'Attachable', 'Ingress', 'ConfigOnly'], flag),
}

const containers = dictionaryIf(
  (id, _container, view) => view.container(id),
  'those out of reach are left out',
  fields(each(['Name', 'EndpointID', 'MacAddress', 'IPv4Address', 'IPv6Address'], text)),
)

const subnet = fields({
  ...each(['Subnet', 'IPRange', 'Gateway'], text),
  AuxiliaryAddresses: textByName,
})

const CLUSTER = leftOut('of a cluster')

const own = fields({
  ...BASE,
  Labels: labels,
  Options: textByName,
  ConfigFrom: fields({ Network: text }),
  IPAM: fields({ Driver: text, Options: textByName, Config: list(subnet) }),
  Containers: containers,
  Peers: CLUSTER,
  Services: CLUSTER,
  Status: fields({
    IPAM: fields({ Subnets: leftOut('how many addresses others have taken') }),
  }),
})

const INSIDES = 'labels and addresses of a network that is not its own'

/** One of the operator's, or one that every engine has: neither labels nor addresses. */
const operators = fields({
  ...BASE,
  Labels: replaced({}, INSIDES),
  Options: replaced({}, INSIDES),
  IPAM: replaced({ Driver: 'default', Config: [] }, INSIDES),
  Containers: containers,
})

/** The one that every engine has: from its gateway, which is the host, each container on it knows where that is. */
const builtIn = fields({
  ...BASE,
  Labels: replaced({}, INSIDES),
  Options: replaced({}, INSIDES),
  IPAM: fields({ Driver: text, Config: list(fields({ Subnet: text, Gateway: text })) }),
  Containers: containers,
})

function networkOf(owner: NetworkFacts['owner'] | undefined): Field<Unknown> {
  if (owner === 'engine') return builtIn
  return owner === 'self' ? own : operators
}

/** A network in reach. */
export const network = inWords(
  chosen(
    'of networks that are not its own neither labels nor addresses, of the default bridge its gateway',
    own,
    ({ Id }, view) => networkOf(view.network(textOf(Id))),
  ),
  networkWords,
)

/**
 * A network in a list: own ones, the built-in ones and those that the policy names.
 * @param byLabel whether the engine was asked for labels: those of others are not told
 */
export function listedNetwork(byLabel: boolean): Field<Unknown> {
  return chosen('those out of reach are left out', network, ({ Id }, view) => {
    const owner = view.network(textOf(Id))
    return owner === undefined || (byLabel && owner !== 'self') ? undefined : network
  })
}

export const createdNetwork = fields({ Id: text, Warning: replaced('', 'warnings of the host') })
