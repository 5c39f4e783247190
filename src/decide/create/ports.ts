/** Ports of a new container: those that its image exposes, and those that are published. */
import type { PublishedPort } from '../../decode/operations/ports.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import { describePorts, givenPort } from '../../policy/ports.ts'
import { MOST_EXPOSED } from '../dockerfile/ports.ts'
import { ONCE_MORE, type Violation } from '../refuse.ts'
import type { PlanFacts } from './facts.ts'

/** Of a container that runs an engine has each port that its image exposes in the list of containers, which is everybody's. */
export function checkExposed({ fromImage }: Pick<PlanFacts, 'fromImage'>, violations: Violation[]): void {
  if (fromImage === undefined) return
  const refused = (why: string, instead: string): void => {
    violations.push({ rule: 'run.ports', what: 'ports of the image', why, instead: [instead] })
  }
  const ports = fromImage.named?.ports
  if (ports === undefined) refused('it is not known how many ports its image exposes', ONCE_MORE)
  else if (ports > MOST_EXPOSED)
    refused(`its image exposes ${ports} ports, ${MOST_EXPOSED} at most`, 'an image that exposes fewer')
}

/** For each of them an engine runs a process of its own on the host, with memory that no limit of the container's counts. */
const MOST_PORTS = 32

/** Ports as they are sent: on an address and within a range of the policy's. Of a range of the host's, an engine takes one. */
export function planPorts(
  { ports: given }: Pick<RunPolicy, 'ports'>,
  ports: readonly PublishedPort[],
  violations: Violation[],
): readonly PublishedPort[] {
  if (given.length > 0 && ports.length > MOST_PORTS) {
    const why = `each is a process on the host: a container may publish ${MOST_PORTS}`
    const what = `${ports.length} published ports`
    violations.push({
      rule: 'run.ports',
      what,
      why,
      instead: ['fewer ports', 'an own network, for containers among each other'],
    })
    return []
  }
  return ports.map((port) => {
    const granted = givenPort(given, port)
    if (granted === undefined) {
      violations.push(notGiven(given, port))
      return port
    }
    const { address, ...host } = granted
    return { container: port.container, address, host }
  })
}

function notGiven(given: RunPolicy['ports'], { container, address, host }: PublishedPort): Violation {
  const wanted = host === undefined ? '' : String(host.from)
  const what = `-p ${address === '' ? '' : `${address}:`}${wanted}:${container}`
  const refused = (why: string, instead: string): Violation => ({
    rule: 'run.ports',
    what,
    why,
    instead: [instead],
  })
  const [first] = given
  if (first === undefined)
    return refused('this worker may not publish ports', 'docker logs, or a shared network namespace')
  const here = given.filter((entry) => address === '' || entry.address === address)
  // The same port on another address is nearest to what is wanted.
  const near = (host && givenPort(given, { address: '', host })) ?? here[0] ?? first
  const example = `-p ${near.address}:${near.from}:${container.split('/')[0] ?? ''}`
  if (here.length === 0) {
    const addresses = [...new Set(given.map((entry) => entry.address))].join(', ')
    return refused(`ports are published on ${addresses} only`, example)
  }
  if (host === undefined)
    return refused('browsers block all of these ports: one is given by its number alone', example)
  const many = given.length > 1 || first.from === first.to
  const why = many
    ? `these ports of the host may be published: ${given.map(describePorts).join(', ')}`
    : `ports ${first.from} to ${first.to} of the host may be published`
  return refused(why, example)
}
