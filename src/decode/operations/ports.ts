/** Published ports of a new container. */
import { FieldError } from '../fields.ts'

export interface PublishedPort {
  /** Port and protocol in the container, `8080/tcp`. */
  readonly container: string
  /** Address on the host, empty where none is given. */
  readonly address: string
  /** First and last port on the host; undefined where the engine may choose. */
  readonly host: { readonly from: number; readonly to: number } | undefined
}

type Bindings = ReadonlyMap<
  string,
  readonly { readonly HostIp?: string | undefined; readonly HostPort?: string | undefined }[]
>

const CONTAINER_PORT = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/

/** Reads PortBindings. @throws {FieldError} for what is not a port */
export function readPorts(bindings: Bindings): readonly PublishedPort[] {
  return [...bindings].flatMap(([written, hosts]) => {
    const at = `HostConfig.PortBindings.${written}`
    const match = CONTAINER_PORT.exec(written)
    if (match === null) throw new FieldError(`${at} must be PORT/PROTOCOL`)
    const container = `${port(match[1] ?? '', at)}/${match[2] ?? 'tcp'}`
    const wanted = hosts.length === 0 ? [{}] : hosts
    return wanted.map(({ HostIp = '', HostPort = '' }) => ({
      container,
      address: HostIp,
      host: readRange(HostPort, at),
    }))
  })
}

function readRange(written: string, at: string): PublishedPort['host'] {
  if (written === '' || written === '0') return undefined
  const [first = '', last = first, ...more] = written.split('-')
  if (more.length > 0) throw new FieldError(`${at}: ${written} is not a port`)
  const range = { from: port(first, at), to: port(last, at) }
  if (range.from > range.to) throw new FieldError(`${at}: ${written} is not a range of ports`)
  return range
}

function port(digits: string, at: string): number {
  const number = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : 0
  if (number < 1 || number > 65_535) throw new FieldError(`${at}: ${JSON.stringify(digits)} is not a port`)
  return number
}
