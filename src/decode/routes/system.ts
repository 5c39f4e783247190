/** Endpoints about the engine as a whole. */
import { diskUsageQuery, eventsQuery, pluginListQuery } from '../operations/system.ts'
import { NOTHING, route, takes, unnamed, type Route } from './route.ts'

export const SYSTEM_ROUTES: readonly Route[] = [
  route(
    'GET /_ping',
    'SystemPing',
    takes('system.ping', NOTHING, () => ({ kind: 'system.ping', method: 'GET' })),
  ),
  route(
    'HEAD /_ping',
    'SystemPingHead',
    takes('system.ping', NOTHING, () => ({ kind: 'system.ping', method: 'HEAD' })),
  ),
  route(
    'GET /version',
    'SystemVersion',
    takes('system.version', NOTHING, () => ({ kind: 'system.version' })),
  ),
  route(
    'GET /info',
    'SystemInfo',
    takes('system.info', NOTHING, () => ({ kind: 'system.info' })),
  ),
  route('GET /system/df', 'SystemDataUsage', unnamed('system.df', diskUsageQuery), { repeatable: ['type'] }),
  route('GET /plugins', 'PluginList', unnamed('plugin.list', pluginListQuery)),
  route('GET /events', 'SystemEvents', unnamed('system.events', eventsQuery)),
]
