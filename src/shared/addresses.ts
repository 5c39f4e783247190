/** IP addresses and subnets, as ranges that can be compared. Text is read so strictly that no engine reads another address in it. */

/** All addresses of a subnet, or one address. */
export interface Addresses {
  /** As it was written. */
  readonly text: string
  /** The first and the last, in hexadecimal digits: 8 of IPv4, 32 of IPv6. */
  readonly first: string
  readonly last: string
}

/** `172.30.0.5`, `fd00::5`; undefined for what is none. */
export function parseAddress(text: string): Addresses | undefined {
  const digits = digitsOf(text)
  return digits === undefined ? undefined : { text, first: digits, last: digits }
}

/** `172.30.0.0/16`, `fd00::/64`; also with an address that is not the first (isFirst); undefined for what is none. */
export function parseSubnet(text: string): Addresses | undefined {
  const [, written = '', size = ''] = /^(.+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? []
  const digits = digitsOf(written)
  if (digits === undefined || Number(size) > digits.length * 4) return undefined
  const all = 2n ** BigInt(digits.length * 4 - Number(size)) - 1n
  const first = (BigInt(`0x${digits}`) | all) - all
  const hexadecimal = (value: bigint): string => value.toString(16).padStart(digits.length, '0')
  return { text, first: hexadecimal(first), last: hexadecimal(first + all) }
}

/** Whether a subnet is written by its first address. */
export function isByFirst({ text, first }: Addresses): boolean {
  return digitsOf(text.replace(/\/.*$/, '')) === first
}

export function isIpv4({ first }: Addresses): boolean {
  return first.length === 8
}

/** Whether all of the inner ones are among the outer ones. */
export function holds(outer: Addresses, inner: Addresses): boolean {
  return isSameVersion(outer, inner) && outer.first <= inner.first && inner.last <= outer.last
}

export function overlap(one: Addresses, other: Addresses): boolean {
  return isSameVersion(one, other) && one.first <= other.last && other.first <= one.last
}

function isSameVersion(one: Addresses, other: Addresses): boolean {
  return one.first.length === other.first.length
}

function digitsOf(text: string): string | undefined {
  return text.includes(':') ? digitsOfIpv6(text) : digitsOfIpv4(text)
}

function digitsOfIpv4(text: string): string | undefined {
  const parts = text.split('.')
  // Leading zeros are octal to some and decimal to others.
  const isPlain = parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part))
  if (!isPlain || parts.some((part) => Number(part) > 255)) return undefined
  return parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')
}

/** Go takes these for the IPv4 address that they end in. */
const MAPPED = /^0{20}f{4}/

function digitsOfIpv6(text: string): string | undefined {
  const [head = [], tail, ...more] = text
    .toLowerCase()
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (more.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...(tail ?? [])]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined
  const digits = groups.map((group) => group.padStart(4, '0')).join('')
  return MAPPED.test(digits) ? undefined : digits
}
