/** The client's filters, kept and narrowed to what is in reach. */
import type { Filters } from '../decode/query.ts'

/** A filter that no container has; an engine finds nothing by it. */
const NOBODY = ['0'.repeat(64)]

/**
 * Filters of a container list with the ids in reach put in.
 * Several ids are alternatives to an engine, all other keys have to hold too; ids of the client are resolved here.
 * @param ancestors ids of the images that it names, in the place of their names
 */
export function narrowFilters(
  filters: Filters | undefined,
  inReach: readonly string[],
  ancestors?: readonly string[],
): Filters {
  const { ancestor: _written, ...kept } = Object.fromEntries(filters ?? [])
  const wanted = filters?.get('id')
  const ids =
    wanted === undefined ? inReach : inReach.filter((id) => wanted.some((prefix) => id.startsWith(prefix)))
  // What no image has is the ancestor of nothing.
  const found = ancestors?.length === 0 ? [] : ids
  // Podman knows images by their digits alone.
  const images = ancestors?.map((id) => id.replace(/^sha256:/, '')) ?? []
  return new Map([
    ...(images.length === 0 ? [] : ([['ancestor', images]] as const)),
    ...Object.entries(kept),
    ['id', found.length === 0 ? NOBODY : found],
  ])
}
