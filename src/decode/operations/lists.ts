/** Lists of networks and volumes. */
import { forwarded, record, type Read } from '../fields.ts'
import { queryFilters } from '../query.ts'

export const networkListQuery = record({
  filters: forwarded(queryFilters(['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type'])),
})
export interface NetworkList {
  readonly kind: 'network.list'
  readonly parameters: Read<typeof networkListQuery>
}

export const volumeListQuery = record({
  filters: forwarded(queryFilters(['dangling', 'driver', 'label', 'name'])),
})
export interface VolumeList {
  readonly kind: 'volume.list'
  readonly parameters: Read<typeof volumeListQuery>
}
