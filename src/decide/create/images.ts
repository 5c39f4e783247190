/** Images that a container is made of, or mounts: by a name under `run.images`, or the worker's own. */
import type { ImageMount } from '../../decode/operations/mounts.ts'
import { fullReference, looksLikeImageId, parseReference } from '../../decode/reference.ts'
import { ImageSpace } from '../../policy/image-space.ts'
import { describePatterns, someImageMatches } from '../../policy/match.ts'
import type { RunPolicy } from '../../policy/policy.ts'
import { isUsable, usableName } from '../image-names.ts'
import type { PlannedImageMount } from '../plans.ts'
import type { Violation } from '../refuse.ts'
import type { PlanFacts } from './facts.ts'

/**
 * The image as it is sent: a name with its tag, which an engine can't take for the start of an id, or an id in full; and what
 * grants it: a name in full, or the id of an own one.
 * @param field in which it was asked for
 */
export function planImage(
  run: RunPolicy,
  written: string,
  image: PlanFacts['image'],
  field: string,
  violations: Violation[],
): { readonly sent: string; readonly granted: string } {
  const names = (image?.names ?? []).flatMap((name) => parseReference(name) ?? [])
  const reference = parseReference(written)
  const byId = image !== undefined && looksLikeImageId(written) && !isNameOf(written, names)
  const own = image && usableName(run, written, image)
  if (byId) {
    const covered = image.own ? undefined : image.names.find((name) => isUsable(run, name, image))
    if (image.own || covered !== undefined) return { sent: image.id, granted: covered ?? image.id }
  } else if (own !== undefined) {
    return { sent: fullReference(own), granted: fullReference(own) }
  } else if (reference !== undefined && someImageMatches(run.images, reference)) {
    return { sent: fullReference(reference), granted: fullReference(reference) }
  }
  violations.push({
    rule: 'run.images',
    what: `${field} = ${written}`,
    why: 'this image is outside the names that this worker may use',
    instead: [describePatterns(run.images)],
  })
  return { sent: '', granted: '' }
}

function isNameOf(written: string, names: readonly { readonly name: string }[]): boolean {
  const name = parseReference(written)?.name
  return names.some((known) => known.name === name)
}

/** What is mounted of an image. An engine goes by its id: it has a place for it by what it is given. */
export function planImageMount(
  run: RunPolicy,
  mount: ImageMount,
  facts: Pick<PlanFacts, 'engine' | 'images'>,
  violations: Violation[],
): PlannedImageMount {
  const { images } = facts
  checkImageMount(mount, facts, violations)
  const image = images === undefined ? ownImage(run, mount.source) : images.get(mount.source)
  const { sent, granted } = planImage(run, mount.source, image, `${mount.at}.Source`, violations)
  return { ...mount, source: image?.id ?? sent, granted }
}

/** Docker before 28 says itself that it mounts no images. */
function checkImageMount(
  { at, source }: ImageMount,
  { engine }: Pick<PlanFacts, 'engine'>,
  violations: Violation[],
): void {
  if (!engine.podman) return
  const why = 'images are mounted by Docker from 28 on'
  violations.push({
    rule: 'run.mounts',
    what: `${at}.Source = ${source}`,
    why,
    instead: ['a container of that image'],
  })
}

/** An image that the worker brought itself needs no pattern; any other is known by the name that granted it. */
export function ownImage({ imageHost }: RunPolicy, granted: string): PlanFacts['image'] {
  const own = { id: granted, digests: [], own: true, hidden: [] }
  if (looksLikeImageId(granted)) return { ...own, names: [], ownNames: [] }
  return new ImageSpace(imageHost).holds(granted)
    ? { ...own, names: [granted], ownNames: [granted] }
    : undefined
}
