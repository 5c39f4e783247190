/** The pruning of one image: its names first, one by one, so that it never takes with it one that somebody else gave. */
import type { CallEngine } from '../engine/call-engine.ts'
import { isImageInUse } from '../engine/questions/containers.ts'
import { inspectImage } from '../engine/questions/images.ts'
import { remove } from '../engine/questions/remove.ts'
import { tagsFirst } from '../decide/image-names.ts'
import { familiar } from '../encode/image.ts'

/** Whether an image is gone that no container uses. @param names all that it has, in full. @throws {EngineUnavailable} */
export async function removeUnused(
  engine: CallEngine,
  minor: number,
  id: string,
  names: readonly string[],
): Promise<boolean> {
  // By its id an engine removes none that has several names; one in use would lose all but the last of them.
  if (names.length > 1 && (await isImageInUse(engine, minor, id))) return false
  for (const reference of names.length === 0 ? [id] : tagsFirst(names).map(familiar))
    // A digest goes with the last tag of its repository.
    if (!(await remove(engine, minor, ['images', reference], { noprune: true }))) break
  return (await inspectImage(engine, minor, id)) === undefined
}
