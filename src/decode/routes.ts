/**
 * Every endpoint of the Engine API (1.25 to 1.55, and what engines honour beside it): its operation and how it is decoded,
 * or why it is refused. An endpoint that is not here is not there for a worker.
 */
import { REFUSED_ENDPOINTS } from './refused-endpoints.ts'
import { BUILD_ROUTES } from './routes/builds.ts'
import { CONTAINER_ROUTES } from './routes/containers.ts'
import { IMAGE_ROUTES } from './routes/images.ts'
import { NETWORK_ROUTES } from './routes/networks.ts'
import { NOTHING, route, takes, type Route } from './routes/route.ts'
import { SYSTEM_ROUTES } from './routes/system.ts'

export const ROUTES: readonly Route[] = [
  ...SYSTEM_ROUTES,
  ...CONTAINER_ROUTES,
  ...IMAGE_ROUTES,
  ...BUILD_ROUTES,
  ...NETWORK_ROUTES,
  ...REFUSED_ENDPOINTS.map(([endpoint, id, words, why, ...instead]) => {
    const operation = { kind: 'unsupported', endpoint: id, words, why, instead } as const
    return route(
      endpoint,
      id,
      takes('unsupported', NOTHING, () => operation),
      { content: 'unread' },
    )
  }),
]
