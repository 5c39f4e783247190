/** Endpoints about the engine as a whole. */
import { diskUsageQuery, eventsQuery } from '../operations/system.ts'
import { route, withoutQuery, type Route } from './route.ts'
export const SYSTEM_ROUTES: readonly Route[] = [
  route(
    'GET /_ping',
    'SystemPing',
    withoutQuery(() => ({ kind: 'system.ping', method: 'GET' })),
  ),
  route(
    'HEAD /_ping',
    'SystemPingHead',
    withoutQuery(() => ({ kind: 'system.ping', method: 'HEAD' })),
  ),
  route(
    'GET /version',
    'SystemVersion',
    withoutQuery(() => ({ kind: 'system.version' })),
  ),
  route(
    'GET /info',
    'SystemInfo',
    withoutQuery(() => ({ kind: 'system.info' })),
  ),
  route(
    'GET /system/df',
    'SystemDataUsage',
    ({ query, findings }) => ({ kind: 'system.df', parameters: diskUsageQuery.read(query, '', findings) }),
    { repeatable: ['type'] },
  ),
  route('GET /events', 'SystemEvents', ({ query, findings }) => ({
    kind: 'system.events',
    parameters: eventsQuery.read(query, '', findings),
  })),
]
