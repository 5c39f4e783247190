/** What an event of the engine changes in the inventory. */
import { fullImageId, parseReference, storedReference } from '../decode/reference.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import type { Inventory } from './inventory.ts'
import { wordsIn } from '../shared/words.ts'

/** Actions that are asked for; exec and health events, the bulk of them, are not. `remove` and the last three are Podman's. */
export const EVENT_ACTIONS: readonly string[] = wordsIn(`
  create start die destroy rename restart remove pull push tag untag delete import load loadfromarchive
  build commit
`)

/** What Docker calls destroy, Podman calls remove (libpod/events). */
const GONE: readonly unknown[] = ['destroy', 'remove']

/** That something happened to images, that a container was made under a claim or got a name, or that an object is gone. */
export type Effect =
  | { readonly kind: 'images'; readonly references: readonly string[]; readonly deleted: readonly string[] }
  | { readonly kind: 'made'; readonly id: string; readonly name: string; readonly claim: string }
  | { readonly kind: 'renamed'; readonly id: string; readonly name: string }
  | Gone
  | undefined

/** An object that is gone. */
export interface Gone {
  readonly kind: 'container' | 'volume' | 'network'
  readonly id: string
}

/** Applies one event, and says what others have to know of it. */
export function applyEvent(inventory: Inventory, event: unknown): Effect {
  const { Type: type, Action: action, Actor: actor } = objectOf(event)
  const id = textOf(objectOf(actor)['ID'])
  const attributes = objectOf(objectOf(actor)['Attributes'])
  const name = textOf(attributes['name'])
  // Before 28 nothing else tells of an image that is made so, without a name.
  if (type === 'container' && action === 'commit')
    return { kind: 'images', references: referencesIn(textOf(attributes['imageID'])), deleted: [] }
  if (type === 'container') {
    return applyContainerEvent(inventory, textOf(action), {
      id,
      name,
      claim: textOf(attributes[CLAIM_LABEL]),
      image: textOf(attributes['image']),
    })
  }
  if (type === 'image')
    return {
      kind: 'images',
      references: referencesIn(id, name),
      deleted: action === 'delete' ? referencesIn(id) : [],
    }
  if (type === 'network') {
    // Podman 5 gives a network's name under another key than Docker.
    if (action === 'create') inventory.putNetwork(id, name === '' ? textOf(attributes['network']) : name)
    if (!GONE.includes(action)) return undefined
    inventory.removeNetwork(id)
    return { kind: 'network', id }
  }
  if (type !== 'volume') return undefined
  // Podman gives a volume's name as an attribute alone.
  const volume = id === '' ? name : id
  if (action === 'create') inventory.putVolume(volume)
  if (!GONE.includes(action)) return undefined
  inventory.removeVolume(volume)
  return { kind: 'volume', id: volume }
}

/** Ids and names in full of images, as engines tell them: Podman ids without `sha256:`, a pull and a push the name for an id. */
function referencesIn(...told: readonly string[]): readonly string[] {
  const found = told.flatMap((text) => {
    if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return [fullImageId(text)]
    const reference = parseReference(text)
    return reference === undefined ? [] : [storedReference(reference)]
  })
  return [...new Set(found)]
}

interface Subject {
  readonly id: string
  readonly name: string
  readonly claim: string
  readonly image: string
}

function applyContainerEvent(
  inventory: Inventory,
  action: string,
  { id, name, claim, image }: Subject,
): Effect {
  switch (action) {
    case 'create':
      if (inventory.container(id) === undefined) {
        inventory.putContainer({ id, name, claim, image, running: false, started: false, binds: [] })
      } else {
        inventory.changeContainer(id, { name })
      }
      return claim === '' ? undefined : { kind: 'made', id, name, claim }
    case 'start':
    case 'restart':
      inventory.changeContainer(id, { running: true, started: true })
      return undefined
    case 'die':
      inventory.changeContainer(id, { running: false })
      return undefined
    case 'rename':
      inventory.changeContainer(id, { name })
      return { kind: 'renamed', id, name }
    case 'destroy':
    case 'remove':
      inventory.removeContainer(id)
      return { kind: 'container', id }
    default:
      return undefined
  }
}
