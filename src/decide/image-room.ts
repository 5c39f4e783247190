/** How much of an engine's list of images a worker may take: everybody who lists images, and the gate itself, gets all of it. */
import type { ArchivedImage } from '../decode/image-layout.ts'
import { addsImages } from '../decode/properties.ts'
import type { Resolved } from '../resolve/facts.ts'
import type { EngineFacts } from '../world/engine-facts.ts'
import { LOOKED_UP } from '../resolve/images.ts'
import { refuseAll, type Violation } from './refuse.ts'
import type { Verdict } from './verdict.ts'

/** Characters; an image has some hundreds, and its labels. */
const MOST_LISTED = 16 * 2 ** 20

/** What one archive may bring. Parts are manifests and layers. */
const MOST_LOADED = { images: 256, names: 1024, parts: 4096, labels: 256 * 1024 }
/** Characters that an engine lists of an image beside its names and labels. */
const ROW = 512

/** A verdict, or a refusal where it would let images come while the worker's take too much of the list. */
export function withRoom(asked: Resolved, verdict: Verdict): Verdict {
  if (verdict.effect === 'refuse' || !addsImages(asked)) return verdict
  const { imagesListed, engine } = asked.facts
  const violation = tooMuchListed(imagesListed, engine)
  return violation === undefined ? verdict : refuseAll(verdict.subcommand, [violation])
}

/**
 * What is wrong with the images of an archive, counted as an engine will list them.
 * @param missing those that are not here yet
 * @param listed what is listed of the worker's images
 */
export function checkLoaded(
  images: readonly ArchivedImage[],
  missing: readonly ArchivedImage[],
  listed: number,
  engine: Pick<EngineFacts, 'containerd'>,
): readonly Violation[] {
  const different = [...new Map(images.map((image) => [image.id, image])).values()]
  const sum = (of: (image: ArchivedImage) => number): number =>
    different.reduce((total, image) => total + of(image), 0)
  const ids = new Map<string, string>()
  for (const { id, names } of images)
    for (const name of names) {
      if ((ids.get(name) ?? id) !== id) return [wrong(`${name} is the name of two images in it`)]
      ids.set(name, id)
    }
  const found = { images: different.length, names: ids.size, parts: sum(({ parts }) => parts) }
  const { labels } = MOST_LOADED
  if (found.images > MOST_LOADED.images) return [tooMany('images', found.images, MOST_LOADED.images)]
  if (found.names > MOST_LOADED.names) return [tooMany('names', found.names, MOST_LOADED.names)]
  if (found.parts > MOST_LOADED.parts)
    return [tooMany('manifests and layers', found.parts, MOST_LOADED.parts)]
  if (sum((image) => image.labels) > labels)
    return [wrong(`its images have labels of more than ${labels} characters`)]
  const row = ROW + (engine.containerd ? LOOKED_UP : 0)
  const added = [...new Map(missing.map((image) => [image.id, row + image.labels])).values()]
  const all = added.reduce((total, each) => total + each, listed)
  const violation = tooMuchListed(all, engine)
  return violation === undefined ? [] : [violation]
}

function tooMany(what: string, found: number, most: number): Violation {
  return wrong(`it has ${found} ${what}, of which ${most} are loaded at once`)
}

function wrong(why: string): Violation {
  return { rule: 'load.archive', what: 'archive', why, instead: ['docker save of fewer images at once'] }
}

function tooMuchListed(
  listed: number,
  { containerd }: Pick<EngineFacts, 'containerd'>,
): Violation | undefined {
  if (listed <= MOST_LISTED) return undefined
  const each = containerd ? `, ${LOOKED_UP / 1024} KiB for each image` : ''
  return {
    rule: 'run.limits.images',
    what: 'images of this worker',
    why: `they already take ${Math.ceil(listed / 2 ** 20)} MiB of the engine's image list, labels included${each} (limit ${MOST_LISTED / 2 ** 20} MiB)`,
    instead: ['docker image prune', 'docker rmi of some', "the operator's docker image prune"],
  }
}
