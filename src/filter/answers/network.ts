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
import type { View } from '../view.ts'

type Seen = Pick<View, 'container' | 'network'>

/** How a container is on a network. */
export const endpoint = fields({
  IPAMConfig: fields({ IPv4Address: text, IPv6Address: text, LinkLocalIPs: texts }),
  ...each(['Links', 'Aliases', 'DNSNames'], texts),
  ...each(['NetworkID', 'EndpointID', 'MacAddress'], text),
  ...each(['Gateway', 'IPAddress', 'IPv6Gateway', 'GlobalIPv6Address'], text),
  ...each(['IPPrefixLen', 'GlobalIPv6PrefixLen', 'GwPriority'], number),
  DriverOpts: textByName,
})

const BASE = {
  ...each(['Name', 'Id', 'Created', 'Scope', 'Driver'], text),
  ...each(['EnableIPv4', 'EnableIPv6', 'Internal', 'Attachable', 'Ingress', 'ConfigOnly'], flag),
}

/** Only containers in reach are shown on it. */
function containersOf(view: Seen): Field<Unknown> {
  return dictionaryIf(
    (id) => view.container(id),
    'those out of reach are left out',
    fields(each(['Name', 'EndpointID', 'MacAddress', 'IPv4Address', 'IPv6Address'], text)),
  )
}

const subnet = fields({
  ...each(['Subnet', 'IPRange', 'Gateway'], text),
  AuxiliaryAddresses: textByName,
})

const CLUSTER = leftOut('of a cluster')

function own(view: Seen): Field<Unknown> {
  return fields({
    ...BASE,
    Labels: textByName,
    Options: textByName,
    ConfigFrom: fields({ Network: text }),
    IPAM: fields({ Driver: text, Options: textByName, Config: list(subnet) }),
    Containers: containersOf(view),
    Peers: CLUSTER,
    Services: CLUSTER,
    Status: fields({
      IPAM: fields({ Subnets: leftOut('how many addresses others have taken') }),
    }),
  })
}

/** One of the operator's, or one that every engine has: neither labels nor addresses. */
function operators(view: Seen): Field<Unknown> {
  const insides = 'labels and addresses of a network that is not its own'
  return fields({
    ...BASE,
    Labels: replaced({}, insides),
    Options: replaced({}, insides),
    IPAM: replaced({ Driver: 'default', Config: [] }, insides),
    Containers: containersOf(view),
  })
}

/** A network in reach. */
export function network(view: Seen): Field<Unknown> {
  const whole = own(view)
  const others = operators(view)
  return chosen('of networks that are not its own neither labels nor addresses', whole, ({ Id }) =>
    view.network(textOf(Id)) === 'self' ? whole : others,
  )
}

/**
 * A network in a list: own ones, the built-in ones and those that the policy names.
 * @param byLabel whether the engine was asked for labels: those of others are not told
 */
export function listedNetwork(view: Seen, byLabel: boolean): Field<Unknown> {
  const told = network(view)
  return chosen('those out of reach are left out', told, ({ Id }) => {
    const owner = view.network(textOf(Id))
    return owner === undefined || (byLabel && owner !== 'self') ? undefined : told
  })
}

export const createdNetwork = fields({ Id: text, Warning: replaced('', 'warnings of the host') })
