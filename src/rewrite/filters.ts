/** The client's filters, kept and narrowed to what is in reach. */
import type { Filters } from '../decode/query.ts'

/** A filter that no container has; an engine finds nothing by it. */
const NOBODY = ['0'.repeat(64)]

/**
 * Filters of a container list with the ids in reach put in.
 * Several ids are alternatives to an engine, all other keys have to hold too; ids of the client are resolved here.
 */
export function narrowFilters(filters: Filters | undefined, inReach: readonly string[]): Filters {
  const wanted = filters?.get('id')
  const ids =
    wanted === undefined ? inReach : inReach.filter((id) => wanted.some((prefix) => id.startsWith(prefix)))
  return new Map([...(filters ?? []), ['id', ids.length === 0 ? NOBODY : ids]])
}
