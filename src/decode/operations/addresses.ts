/** Addresses that a client chooses itself: of a network, and of a container on one. */
import { isIpv4, parseAddress, parseSubnet, type Addresses } from '../../shared/addresses.ts'
import { FieldError, limited, list, record, refused, text, type Read } from '../fields.ts'

/** A subnet of a new network. */
export interface ChosenSubnet {
  readonly subnet: Addresses
  /** What containers get addresses of; undefined where it is all of the subnet. */
  readonly range: Addresses | undefined
  readonly gateway: Addresses | undefined
}

const DRIVER = "the engine's own driver hands addresses out"
const IN_SUBNET = 'in its subnet'

export const ipamFields = record({
  Config: list(
    record({
      AuxiliaryAddresses: refused('addresses are kept free by their range', [], 'a smaller --ip-range'),
      Gateway: limited(text, IN_SUBNET),
      IPRange: limited(text, IN_SUBNET),
      Subnet: limited(text, 'in one of run.subnets'),
    }),
  ),
  Driver: refused(DRIVER, ['default']),
  Options: refused(DRIVER),
})

export const fixedFields = record({
  IPv4Address: limited(text, 'in one of run.subnets, on an own network'),
  IPv6Address: limited(text, 'likewise'),
  LinkLocalIPs: refused('such an address is checked by nothing, and can be that of another container'),
})

/** @throws {FieldError} for what is no subnet or address, and for what belongs to no subnet */
export function readSubnets({ Config = [] }: Read<typeof ipamFields>): readonly ChosenSubnet[] {
  return Config.flatMap(({ Subnet = '', IPRange = '', Gateway = '' }, index) => {
    const at = `IPAM.Config[${index}]`
    if (`${Subnet}${IPRange}${Gateway}` === '') return []
    return {
      subnet: read(Subnet, parseSubnet, `${at}.Subnet`, 'a subnet'),
      range: IPRange === '' ? undefined : read(IPRange, parseSubnet, `${at}.IPRange`, 'a subnet'),
      gateway: Gateway === '' ? undefined : read(Gateway, parseAddress, `${at}.Gateway`, 'an address'),
    }
  })
}

/** One of IPv4 and one of IPv6 at most. @throws {FieldError} for what is none of its version */
export function readFixed(
  { IPv4Address = '', IPv6Address = '' }: Read<typeof fixedFields>,
  at: string,
): readonly Addresses[] {
  const fixed = (written: string, name: string, isVersion: (address: Addresses) => boolean) => {
    if (written === '') return []
    const ofVersion = (one: string): Addresses | undefined => {
      const address = parseAddress(one)
      return address && isVersion(address) ? address : undefined
    }
    return [read(written, ofVersion, `${at}.${name}`, 'such an address')]
  }
  return [
    ...fixed(IPv4Address, 'IPv4Address', isIpv4),
    ...fixed(IPv6Address, 'IPv6Address', (address) => !isIpv4(address)),
  ]
}

function read(
  written: string,
  parse: (text: string) => Addresses | undefined,
  at: string,
  what: string,
): Addresses {
  const addresses = parse(written)
  if (addresses === undefined) throw new FieldError(`${at}: ${JSON.stringify(written)} is not ${what}`)
  return addresses
}
