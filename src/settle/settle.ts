/** What a successful operation changes in what the gate knows: at once, before the client is told and before any event comes. */
import type { AnyPermit, ContainerPermit } from '../decide/verdict.ts'
import type { MadeWith } from '../world/made.ts'
import type { World } from '../world/world.ts'
import { madeAfterMove, madeAfterUpdate } from '../encode/made.ts'
import type { Change } from '../record/store.ts'
import type { Claims } from './claims.ts'

interface Settling extends Pick<World, 'inventory' | 'ownership' | 'renames'> {
  readonly made: MadeWith
}

/** Applies the effect of an operation that the engine has answered with success. Returns the changes to write. */
export function settle(
  world: Settling,
  permit: AnyPermit,
  { rename }: Pick<Claims, 'rename'>,
): readonly Change[] {
  switch (permit.on) {
    case 'update': {
      const { container, changes } = permit
      const memory = changes.memory ?? container.memory
      return [
        world.ownership.resize(container.id, memory, changes.nanoCpus ?? container.nanoCpus),
        ...remade(world, container.id, (text) => madeAfterUpdate(text, changes)),
      ]
    }
    case 'network member':
      return remade(world, permit.container.id, (text) => madeAfterMove(text, permit))
    case 'network':
      if (permit.operation.kind !== 'network.remove') return []
      world.inventory.removeNetwork(permit.network.id)
      return changesOf(world.ownership.forget('network', permit.network.id))
    case 'container':
      return settleContainer(world, permit, rename)
    // What is made or brought is settled by its claims (outcome.ts), what is removed by name or in a prune by whatever does so.
    case 'build':
    case 'build connection':
    case 'commit':
    case 'container list':
    case 'create':
    case 'engine':
    case 'exec':
    case 'exec create':
    case 'frontend':
    case 'graph':
    case 'host':
    case 'image':
    case 'import':
    case 'list':
    case 'load':
    case 'network create':
    case 'prune':
    case 'pull':
    case 'push':
    case 'save':
    case 'search':
    case 'solve':
    case 'tag':
    case 'volume':
    case 'volume create':
      return []
  }
}

function settleContainer(
  { inventory, ownership, renames }: Settling,
  { operation, container }: ContainerPermit,
  rename: Claims['rename'],
): readonly Change[] {
  switch (operation.kind) {
    case 'container.start':
    case 'container.restart':
      inventory.changeContainer(container.id, { running: true, started: true })
      return []
    case 'container.rename': {
      const { isNews, changes } = rename === undefined ? { isNews: true, changes: [] } : renames.given(rename)
      // Else an event told of it already, and later ones may have told of other names.
      if (isNews)
        inventory.changeContainer(container.id, { name: operation.parameters.name ?? container.name })
      return changes
    }
    case 'container.remove':
      inventory.removeContainer(container.id)
      return changesOf(ownership.forget('container', container.id))
    // Whether it runs is told by an event.
    case 'container.kill':
    case 'container.pause':
    case 'container.stop':
    case 'container.unpause':
    case 'container.archive-get':
    case 'container.archive-put':
    case 'container.archive-stat':
    case 'container.attach':
    case 'container.attach-ws':
    case 'container.changes':
    case 'container.export':
    case 'container.inspect':
    case 'container.logs':
    case 'container.resize':
    case 'container.stats':
    case 'container.top':
    case 'container.wait':
      return []
  }
}

/** What is not known any more where it is not known whether the engine did it: it is asked when it matters. Returns the changes to write. */
export function doubted({ ownership, made }: Settling, permit: AnyPermit): readonly Change[] {
  if (permit.on !== 'update' && permit.on !== 'network member') return []
  const owned = ownership.get('container', permit.container.id)
  return owned === undefined ? [] : [made.doubt(owned.nonce)]
}

function remade(
  { ownership, made }: Settling,
  id: string,
  change: (text: string) => string,
): readonly Change[] {
  const nonce = ownership.get('container', id)?.nonce ?? ''
  const text = made.textOf(nonce)
  return text === undefined ? [] : [made.put(nonce, change(text))]
}

function changesOf(change: Change | undefined): readonly Change[] {
  return change === undefined ? [] : [change]
}
