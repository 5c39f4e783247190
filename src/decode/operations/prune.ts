/** Removing what is not in use: of the worker's own things, which are looked through one by one. */
import { limited, record, refused, type Read } from '../fields.ts'
import { queryFilters } from '../query.ts'
import { wordsIn } from '../../shared/words.ts'

/** What a prune is of. */
export type Prunable = 'container' | 'image' | 'network' | 'volume' | 'build'

const FILTERS: Readonly<Record<Prunable, readonly string[]>> = {
  container: ['label', 'label!', 'until'],
  image: ['dangling', 'label', 'label!', 'until'],
  network: ['label', 'label!', 'until'],
  volume: ['all', 'label', 'label!'],
  build: wordsIn('all id inuse label parent private shared type description until unused-for'),
}

const WHOLE = 'the build cache is not given to workers'

/** The query of a prune. */
export function pruneQuery(of: Prunable) {
  return record({
    filters: limited(queryFilters(FILTERS[of]), 'narrowed to what the worker owns'),
    ...(of === 'build' ? BUILD_PARAMETERS : {}),
  })
}

const BUILD_PARAMETERS = {
  all: limited(() => undefined, WHOLE),
  'keep-storage': limited(() => undefined, WHOLE),
  'max-used-space': refused(WHOLE),
  'min-free-space': refused(WHOLE),
  'reserved-space': refused(WHOLE),
}

export interface Prune {
  readonly kind: 'container.prune' | 'image.prune' | 'network.prune' | 'volume.prune' | 'build.prune'
  readonly parameters: Read<ReturnType<typeof pruneQuery>>
}
