/** Addresses that a worker chooses: they lie in subnets that the policy gives for that, and so are nobody else's. */
import type { ChosenSubnet } from '../decode/operations/addresses.ts'
import type { Endpoint } from '../decode/operations/endpoint.ts'
import type { RunPolicy } from '../policy/policy.ts'
import type { NetworkFacts } from '../resolve/facts.ts'
import { holds, type Addresses } from '../shared/addresses.ts'
import type { Violation } from './refuse.ts'

type Given = Pick<RunPolicy, 'subnets'>

/** Checks the subnets of a new network. Whether somebody has the addresses already an engine says, and not who. */
export function checkSubnets(run: Given, subnets: readonly ChosenSubnet[], violations: Violation[]): void {
  for (const { subnet, range, gateway } of subnets) {
    const outside = notGiven(run, subnet, '--subnet')
    if (outside !== undefined) violations.push(outside)
    // The host itself has the gateway's address: engines did not always look where it lies.
    if (range !== undefined) checkInside(subnet, range, '--ip-range', violations)
    if (gateway !== undefined) checkInside(subnet, gateway, '--gateway', violations)
  }
}

function checkInside(subnet: Addresses, inner: Addresses, option: string, violations: Violation[]): void {
  if (holds(subnet, inner)) return
  violations.push({
    rule: 'run.subnets',
    what: `${option} ${inner.text}`,
    why: `it is outside of the network's own subnet, ${subnet.text}`,
    instead: [`no ${option}: the engine chooses`],
  })
}

/** Checks the addresses of a container on a network. @param network undefined for one that every engine has */
export function checkFixed(
  run: Given,
  { network: called, fixed }: Pick<Endpoint, 'network' | 'fixed'>,
  network: Pick<NetworkFacts, 'owner'> | undefined,
  violations: Violation[],
): void {
  for (const address of fixed) {
    const outside = notGiven(run, address, '--ip')
    if (outside !== undefined) violations.push(outside)
    else if (network?.owner !== 'self')
      violations.push({
        rule: 'run.subnets',
        what: `--ip ${address.text}`,
        why: `on ${called}, which is not its own, it could be that of another's container`,
        instead: ['no --ip', 'an own network with a subnet'],
      })
  }
}

function notGiven({ subnets }: Given, addresses: Addresses, option: string): Violation | undefined {
  if (subnets.some((given) => holds(given, addresses))) return undefined
  const given = subnets.map(({ text }) => text).join(', ')
  return {
    rule: 'run.subnets',
    what: `${option} ${addresses.text}`,
    why:
      given === ''
        ? 'the engine chooses addresses: the policy has no run.subnets for this worker'
        : `addresses that this worker may choose lie in ${given}`,
    instead: [`no ${option}`, ...(given === '' ? [] : [`one in ${given}`])],
  }
}
