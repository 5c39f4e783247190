/** The request target: `/v1.41/containers/web/json?size=1` taken apart, in the one spelling that every reader agrees on. */

/** An API version as clients write it, `1.41`: its minor number. */
export type ApiMinor = number

/** A target with its version and segments; segments are percent-decoded, the query is not read yet. */
export interface Target {
  /** Minor number of the version prefix, or undefined for a path without one. */
  readonly minor: ApiMinor | undefined
  readonly segments: readonly string[]
  /** Which segments held a percent sign: words of the API may not. */
  readonly encoded: readonly boolean[]
  readonly query: string
}

/** A request that is not spelt as any honest client spells it. */
export class TargetError extends Error {
  override readonly name = 'TargetError'
}

/** Versions below 1.24 read a HostConfig at start (moby, api/server/router/container); none is spoken here. */
export const OLDEST_MINOR = 24
/** The newest version that the tables in test/engine-api describe. */
export const NEWEST_MINOR = 55

/** Characters of a path; names of images, the longest of all, have a few hundred. */
const LONGEST_PATH = 4 * 2 ** 10

const VERSION = /^v1\.([1-9][0-9]?)$/
const SEGMENT = /^(?:[A-Za-z0-9._~:@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+$/

/**
 * Takes a target apart.
 * @throws {TargetError} for another form than an absolute path, dot segments, empty segments, odd versions and characters
 */
export function parseTarget(target: string): Target {
  if (!target.startsWith('/')) throw new TargetError('the request target must be a path')
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (path.length > LONGEST_PATH)
    throw new TargetError(`the path has more than ${LONGEST_PATH} characters, as that of no object has`)
  const raw = path.slice(1).split('/')
  for (const segment of raw) {
    if (!SEGMENT.test(segment) || segment === '.' || segment === '..') {
      throw new TargetError(
        `the path has a part that no client of the Engine API sends: ${JSON.stringify(segment)}`,
      )
    }
  }
  const minor = versionOf(raw[0] ?? '')
  const rest = minor === undefined ? raw : raw.slice(1)
  return {
    minor,
    segments: rest.map(decodeSegment),
    encoded: rest.map((segment) => segment.includes('%')),
    query: mark === -1 ? '' : target.slice(mark + 1),
  }
}

function versionOf(segment: string): ApiMinor | undefined {
  const digits = VERSION.exec(segment)?.[1]
  if (digits !== undefined) return Number(digits)
  // No object or word of the API begins so: a spelling of a version that engines might still take for one.
  if (/^v[0-9%]/.test(segment))
    throw new TargetError(`${JSON.stringify(segment)} is not an API version; write v1.41`)
  return undefined
}

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    const decoded = decodeURIComponent(segment)
    const climbs = decoded.split('/').some((part) => part === '.' || part === '..')
    if (/^[\x20-\x7e]+$/.test(decoded) && !decoded.includes('%') && !climbs) return decoded
  } catch (cause) {
    throw new TargetError(`the path has an escape that is not UTF-8: ${segment}`, { cause })
  }
  throw new TargetError(`the path has an escape that no client of the Engine API sends: ${segment}`)
}
