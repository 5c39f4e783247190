/** Entries of `run.ports`: which is meant where a client does not say all of it. */
import { unblockedPart } from './blocked-ports.ts'
import type { PortRange } from './policy.ts'

/** A port as a client asks for it: the address empty, and the host's ports undefined, where it leaves them to others. */
interface Wanted {
  readonly address: string
  readonly host: { readonly from: number; readonly to: number } | undefined
}

/** The entries that a port without a number is taken from, the first that has one: single ports are for who names them. */
function withoutNumber(ports: readonly PortRange[]): readonly PortRange[] {
  const isRange = ({ from, to }: PortRange): boolean => from < to
  const ranges = ports.filter((entry) => isRange(entry) && unblockedPart(entry) !== undefined)
  return [...ranges, ...ports.filter((entry) => !isRange(entry))]
}

/**
 * What a policy gives of a port, on one address: of several that an engine may take none that browsers block, as far as there are others.
 * Undefined where it gives none.
 */
export function givenPort(ports: readonly PortRange[], { address, host }: Wanted): PortRange | undefined {
  const here = ports.filter((entry) => address === '' || entry.address === address)
  const entry =
    host === undefined
      ? withoutNumber(here)[0]
      : here.find(({ from, to }) => host.from >= from && host.to <= to)
  if (entry === undefined) return undefined
  const range = host ?? entry
  return { address: entry.address, ...(unblockedPart(range) ?? { from: range.from, to: range.to }) }
}

/** `80 on 0.0.0.0`, `20000 to 20999 on 127.0.0.1`. */
export function describePorts({ address, from, to }: PortRange): string {
  return `${describeRange({ from, to })} on ${address}`
}

function describeRange({ from, to }: Omit<PortRange, 'address'>): string {
  return from === to ? String(from) : `${from} to ${to}`
}

/** Which of several entries is meant by what they leave open, in lines. */
export function describeChoices(ports: readonly PortRange[]): readonly string[] {
  if (ports.length < 2) return []
  const [first] = withoutNumber(ports)
  const twice = ports.flatMap((entry, index) =>
    ports.slice(0, index).flatMap((before) => {
      const host = commonPorts(before, entry)
      const taken = host && givenPort(ports, { address: '', host })
      return taken === undefined
        ? []
        : [`${describeRange(host ?? taken)} without an address: on ${taken.address}`]
    }),
  )
  return [...(first === undefined ? [] : [`without a number: ${describePorts(first)}`]), ...new Set(twice)]
}

/** Ports that two entries have in common. */
export function commonPorts(one: PortRange, other: PortRange): Omit<PortRange, 'address'> | undefined {
  const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)]
  return from <= to ? { from, to } : undefined
}
