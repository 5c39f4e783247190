/** Brings the record of owners in line with what the engine has, whenever everything was listed. */
import type { Change, OwnedKind } from '../store/store.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf, textOf, textsOf, type Unknown } from '../shared/json-value.ts'
import type { Inventory } from './inventory.ts'
import type { Ownership } from './ownership.ts'

/**
 * To be called before a listing; what it returns takes the lists and gives the changes to write.
 * Only what was owned before the listing can be missed by it: what was made meanwhile may not be in the lists.
 */
export function beginReconciling(
  ownership: Ownership,
): (containers: readonly Unknown[], volumes: readonly Unknown[]) => readonly Change[] {
  const containersBefore = ownership.all('container')
  const volumesBefore = ownership.all('volume')
  return (containers, volumes) => {
    const containerIds = new Set(containers.map((container) => textOf(container['Id'])))
    const nonces = new Map(volumes.map((volume) => [textOf(volume['Name']), claimOf(volume)]))
    return [
      ...containersBefore
        .filter(({ id }) => !containerIds.has(id))
        .map(({ id }) => forget(ownership, 'container', id)),
      // A volume of the same name that somebody made anew does not carry the claim.
      ...volumesBefore
        .filter(({ id, nonce }) => nonces.get(id) !== nonce)
        .map(({ id }) => forget(ownership, 'volume', id)),
      ...settleClaims(ownership, containers, volumes),
    ].flat()
  }
}

/** Forgets images that are gone. Returns the changes to write. */
export function forgetImages(ownership: Ownership, inventory: Inventory): readonly Change[] {
  return ownership
    .all('image')
    .filter(({ id }) => inventory.image(id) === undefined)
    .flatMap(({ id }) => forget(ownership, 'image', id))
}

/** After a crash: what was made under a claim carries its nonce, which nobody but the engine was ever told. */
function settleClaims(
  ownership: Ownership,
  containers: readonly Unknown[],
  volumes: readonly Unknown[],
): readonly Change[] {
  const made = new Map([
    ...containers.map(
      (container) =>
        [claimOf(container), { id: textOf(container['Id']), name: firstName(container) }] as const,
    ),
    ...volumes.map(
      (volume) => [claimOf(volume), { id: textOf(volume['Name']), name: textOf(volume['Name']) }] as const,
    ),
  ])
  return ownership.unsureClaims().map((claim) => {
    const object = made.get(claim.nonce)
    return object === undefined ? ownership.drop(claim) : ownership.settle(claim, object.id, object.name)
  })
}

function claimOf(object: Unknown): string {
  return textOf(objectOf(object['Labels'])[CLAIM_LABEL])
}

function firstName(container: Unknown): string {
  return (textsOf(container['Names'])[0] ?? '').replace(/^\//, '')
}

function forget(ownership: Ownership, kind: OwnedKind, id: string): readonly Change[] {
  const change = ownership.forget(kind, id)
  return change === undefined ? [] : [change]
}
