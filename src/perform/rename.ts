/** A rename of an own container, which is found by its name on the worker's networks too. */
import { ownAliases } from '../decide/create/aliases.ts'
import type { ContainerPermit } from '../decide/verdict.ts'
import { inspectContainer } from '../engine/questions/containers.ts'
import { rejoin } from '../engine/questions/networks.ts'
import { errorReply, type Reply } from '../engine/reply.ts'
import { askedAliases } from '../filter/words.ts'
import { spaceOf } from '../policy/space.ts'
import { objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import { exchange, type Undertaking } from './exchange.ts'

/** An engine gives aliases when a container joins a network: where its name is one, it joins anew, which cuts connections there. */
export async function rename(
  undertaking: Undertaking,
  permit: ContainerPermit,
  name: string | undefined,
): Promise<Reply> {
  const reply = await exchange(undertaking, permit)
  const { prefix } = spaceOf(undertaking.right.worker)
  const isDone = reply.kind !== 'hijacked' && reply.status < 400
  if (!isDone || prefix === '' || permit.container.owner !== 'self' || name === undefined)
    return undertaking.outcome.close(reply)
  const failed = await joinAnew(undertaking, permit, name)
  return undertaking.outcome.close(failed === undefined ? reply : errorReply(500, failed))
}

/** @returns what went wrong */
async function joinAnew(
  { call, right }: Undertaking,
  { container }: ContainerPermit,
  name: string,
): Promise<string | undefined> {
  const { gate, connected } = call
  const { minor } = connected.facts
  const space = spaceOf(right.worker)
  const inspected = await inspectContainer(right.engine, minor, container.id)
  const networks = objectOf(objectOf(inspected?.['NetworkSettings'])['Networks'])
  for (const [called, value] of Object.entries(networks)) {
    const endpoint = objectOf(value)
    // Before its first start an engine can know a network by its name alone, or by its id.
    const { inventory } = gate
    const network = [textOf(endpoint['NetworkID']), called].find(
      (id) => inventory.networkName(id) !== undefined,
    )
    const id = network ?? inventory.networkNamed(called) ?? ''
    if (gate.ownership.owner('network', id) !== right.worker.name) continue
    const word = space.wordFor(inventory.networkName(id) ?? called)
    const asked = askedAliases(textsOf(endpoint['Aliases']), word)
    const Aliases = ownAliases({ name, word: space.wordFor(name) }, { word }, asked)
    const failed = await rejoin(right.engine, minor, id, container.id, { ...kept(endpoint), Aliases })
    if (failed !== undefined) return `it is renamed, and is not on the network ${word} any more: ${failed}`
  }
  return undefined
}

/** What a container was given on a network, beside its aliases. */
function kept(endpoint: Unknown): Unknown {
  const names = ['IPAMConfig', 'DriverOpts', 'GwPriority', 'MacAddress', 'Links']
  return Object.fromEntries(
    Object.entries(endpoint).filter(
      ([name, value]) => names.includes(name) && value !== null && value !== '',
    ),
  )
}
