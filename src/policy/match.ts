/** Matching of image names against a policy's patterns: `*` is any part of one path component, `**` of several. */
import type { ImageReference } from '../decode/reference.ts'

const compiled = new Map<string, RegExp>()

/** True if a pattern (in full, as the policy holds it) covers the reference. A pattern without a tag covers every tag. */
function imageMatches(pattern: string, reference: ImageReference): boolean {
  const colon = pattern.indexOf(':', pattern.lastIndexOf('/') + 1)
  const name = colon === -1 ? pattern : pattern.slice(0, colon)
  if (!globMatches(name, reference.name)) return false
  if (colon === -1) return true
  // A digest says what is meant whatever tag stands before it, and no pattern with a tag can cover that.
  return reference.digest === undefined && globMatches(pattern.slice(colon + 1), reference.tag ?? 'latest')
}

/** True if any of the patterns covers the reference. */
export function someImageMatches(patterns: readonly string[], reference: ImageReference): boolean {
  return patterns.some((pattern) => imageMatches(pattern, reference))
}

/** The pattern's own words for a refusal: `docker.io/library/* | ghcr.io/acme/*`, the first few. */
export function describePatterns(patterns: readonly string[]): string {
  return patterns.length === 0 ? 'no image at all' : patterns.slice(0, 3).join(' | ')
}

function globMatches(pattern: string, text: string): boolean {
  const expression = compiled.get(pattern) ?? compile(pattern)
  return expression.test(text)
}

function compile(pattern: string): RegExp {
  const source = pattern
    .split(/(\*+)/)
    .map((part) =>
      part === '*' ? '[^/]*' : part.startsWith('*') ? '.*' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('')
  const expression = new RegExp(`^${source}$`)
  compiled.set(pattern, expression)
  return expression
}
