/** What is asked about the engine itself. */
import { forwarded, record, type Read } from '../fields.ts'
import { queryFilters, queryFlag, queryText, type ByWords } from '../query.ts'
import { wordsIn } from '../../shared/words.ts'

export interface SystemPing {
  readonly kind: 'system.ping'
  readonly method: 'GET' | 'HEAD'
}
export interface SystemVersion {
  readonly kind: 'system.version'
}
export interface SystemInfo {
  readonly kind: 'system.info'
}

export const pluginListQuery = record({
  filters: forwarded(queryFilters(['capability', 'enabled'])),
})
/** It is answered as by an engine without plugins: nothing of the operator's is told. */
export interface PluginList {
  readonly kind: 'plugin.list'
  readonly parameters: Read<typeof pluginListQuery>
}

export const diskUsageQuery = record({
  type: forwarded((value, path) =>
    (Array.isArray(value) ? value : [value]).map((item) => queryText(item, path)),
  ),
  verbose: forwarded(queryFlag),
})
export interface SystemDiskUsage {
  readonly kind: 'system.df'
  readonly parameters: Read<typeof diskUsageQuery>
}

const EVENT_FILTERS = wordsIn(
  'container daemon event image label network scope type volume config node plugin secret service',
)
export const eventsQuery = record({
  since: forwarded(queryText),
  until: forwarded(queryText),
  filters: forwarded(queryFilters(EVENT_FILTERS)),
})
export interface SystemEvents extends ByWords {
  readonly kind: 'system.events'
  readonly parameters: Read<typeof eventsQuery>
}
