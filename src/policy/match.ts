/** Matching of image names against a policy's patterns: `*` is any part of one path component, `**` of several. */
import type { ImageReference } from '../decode/reference.ts'
import { isOfAnyImageSpace } from './image-space.ts'

/** Of patterns that were matched before: what is written out in them, and the stars. */
const partsOf = new Map<string, readonly string[]>()

/** True if a pattern (in full, as the policy holds it) covers the reference. A pattern without a tag covers every tag. */
function imageMatches(pattern: string, reference: ImageReference): boolean {
  const colon = pattern.indexOf(':', pattern.lastIndexOf('/') + 1)
  const name = colon === -1 ? pattern : pattern.slice(0, colon)
  if (!globMatches(name, reference.name)) return false
  // Names that workers have of their own are no registry's: whoever means one writes its host.
  if (name === '**' && isOfAnyImageSpace(reference.name)) return false
  if (colon === -1) return true
  // A digest says what is meant whatever tag stands before it, and no pattern with a tag can cover that.
  return reference.digest === undefined && globMatches(pattern.slice(colon + 1), reference.tag ?? 'latest')
}

/** True if any of the patterns covers the reference. */
export function someImageMatches(patterns: readonly string[], reference: ImageReference): boolean {
  return patterns.some((pattern) => imageMatches(pattern, reference))
}

/** The pattern's own words for a refusal: `docker.io/library/* or ghcr.io/acme/*`, the first few. */
export function describePatterns(patterns: readonly string[]): string {
  return patterns.length === 0 ? 'no image at all' : patterns.slice(0, 3).join(' or ')
}

/**
 * Whether a pattern covers a text, in a time that goes with the length of both: all places that its parts can reach are followed at
 * once. An expression would try them one after the other, for seconds where the text is chosen for that.
 */
function globMatches(pattern: string, text: string): boolean {
  const parts = partsOf.get(pattern) ?? pattern.split(/(\*+)/).filter((part) => part !== '')
  partsOf.set(pattern, parts)
  let places: readonly number[] = [0]
  for (const part of parts)
    places = part.startsWith('*') ? spread(part, text, places) : pass(part, text, places)
  return places.at(-1) === text.length
}

/** Places behind a part that is written out. */
function pass(part: string, text: string, places: readonly number[]): readonly number[] {
  return places.filter((place) => text.startsWith(part, place)).map((place) => place + part.length)
}

/** Places behind stars: one stops at a slash. */
function spread(stars: string, text: string, places: readonly number[]): readonly number[] {
  const reached: number[] = []
  for (const place of places) {
    // What can be reached from a place that was reached before was then too.
    if (place <= (reached.at(-1) ?? -1)) continue
    const slash = stars === '*' ? text.indexOf('/', place) : -1
    const end = slash === -1 ? text.length : slash
    for (let at = place; at <= end; at += 1) reached.push(at)
  }
  return reached
}
