/** Finds the route of a path. An object's name may hold slashes (images do), the words of the API may not be spelt otherwise. */
import { ROUTES } from './routes.ts'
import type { Route } from './routes/route.ts'
import type { Target } from './target.ts'

export interface Match {
  readonly route: Route
  readonly target: Target
  /** What stands for the placeholder, empty where the endpoint has none. */
  readonly name: string
}

const EXACT = new Map<string, Route>()
/** By method, first word and the words behind the placeholder: `GET containers … json`. */
const NAMED = new Map<string, Route>()

for (const route of ROUTES) {
  const [method = '', path = ''] = route.endpoint.split(' ')
  const words = path.slice(1).split('/')
  const placeholder = words.findIndex((word) => word.startsWith('{'))
  if (placeholder === -1) EXACT.set(`${method} ${words.join('/')}`, route)
  else NAMED.set(key(method, words[0] ?? '', words.slice(placeholder + 1)), route)
}

function key(method: string, first: string, rest: readonly string[]): string {
  return `${method} ${first} … ${rest.map((word) => (word.startsWith('{') ? '*' : word)).join('/')}`
}

/** The route of a target, or undefined where the API has none. */
export function matchRoute(method: string, target: Target): Match | undefined {
  const { segments, encoded } = target
  const exact = EXACT.get(`${method} ${segments.join('/')}`)
  if (exact !== undefined) return encoded.includes(true) ? undefined : { route: exact, target, name: '' }
  const first = segments[0] ?? ''
  if (encoded[0] !== false || segments.length < 2) return undefined
  // Words behind the name: two (attach/ws), one (json), none; the longest that the API knows is meant, as in engines.
  for (const count of [2, 1, 0]) {
    const end = segments.length - count
    if (end < 2 || encoded.slice(end).includes(true)) continue
    const rest = segments.slice(end)
    const route =
      NAMED.get(key(method, first, rest)) ??
      (count === 2 ? NAMED.get(`${method} ${first} … ${rest[0] ?? ''}/*`) : undefined)
    if (route !== undefined) return { route, target, name: segments.slice(1, end).join('/') }
  }
  return undefined
}
