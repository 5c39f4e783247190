/** What containers were made with that a gate before this one made, and kept nothing of. */
import { looksLikeImageId } from '../decode/reference.ts'
import { inspectContainer } from '../engine/questions/containers.ts'
import type { Asker } from '../engine/call-engine.ts'
import type { MadeWith } from './made.ts'
import { seen, type ImageSight } from './image-sight.ts'
import type { World } from './world.ts'
import { madeOfInspected } from './made-body.ts'
import { objectOf, textOf } from '../shared/json-value.ts'
import type { Change, Owned } from '../record/store.ts'

/** What is known of them, and may be learnt. */
interface Learning extends Pick<World, 'ownership'> {
  readonly sight: Pick<ImageSight, 'known'>
  readonly made: MadeWith
}

/**
 * Asks the engine, once, for what is not known.
 * @returns the change to write; undefined where it is known, or the engine has no such container
 * @throws {EngineUnavailable}
 */
export async function learnMade(
  world: Learning,
  engine: Asker,
  minor: number,
  id: string,
): Promise<Change | undefined> {
  const owned = world.ownership.get('container', id)
  if (owned === undefined || world.made.textOf(owned.nonce) !== undefined) return undefined
  const inspected = await inspectContainer(engine, minor, id)
  if (inspected === undefined || world.ownership.get('container', id)?.nonce !== owned.nonce) return undefined
  const image = textOf(objectOf(inspected['Config'])['Image'])
  return world.made.put(owned.nonce, madeOfInspected(inspected, granting(world, owned, image)))
}

/** What granted an image: its name, or that the worker brought it; empty where that is not known any more. */
function granting({ sight, ownership }: Learning, { worker }: Owned, image: string): string {
  if (!looksLikeImageId(image)) return image
  if (ownership.owner('image', image) === worker) return image
  return seen(sight.known).get(image)?.names[0] ?? ''
}
