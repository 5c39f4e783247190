/** What a successful operation changes in what the gate knows: at once, before the client is told and before any event comes. */
import type { Permit } from '../policy/verdict.ts'
import type { World } from '../resolve/resolve.ts'
import type { Change } from '../store/store.ts'
import type { Claims } from './claims.ts'

/** Takes over the effect of an operation that the engine has answered with success. Returns the changes to write. */
export function settle(
  { inventory, ownership, renames }: World,
  permit: Permit,
  { rename }: Pick<Claims, 'rename'>,
): readonly Change[] {
  if (permit.on === 'update') {
    const { container, changes } = permit
    return [
      ownership.resize(
        container.id,
        changes.memory ?? container.memory,
        changes.nanoCpus ?? container.nanoCpus,
      ),
    ]
  }
  if (permit.on === 'network' && permit.operation.kind === 'network.remove') {
    inventory.removeNetwork(permit.network.id)
    return changesOf(ownership.forget('network', permit.network.id))
  }
  if (permit.on !== 'container') return []
  const { operation, container } = permit
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
    case 'container.remove': {
      inventory.removeContainer(container.id)
      return changesOf(ownership.forget('container', container.id))
    }
    default:
      return []
  }
}

function changesOf(change: Change | undefined): readonly Change[] {
  return change === undefined ? [] : [change]
}
