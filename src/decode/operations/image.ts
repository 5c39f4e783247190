/** What is asked of images. */
import { forwarded, limited, record, refused, rewritten, type Read } from '../fields.ts'
import { queryFilters, queryFlag, queryText, type ByWords } from '../query.ts'
import { parseReference, type ImageReference } from '../reference.ts'
import type { Credentials } from '../registry-credentials.ts'

// `before` and `since` would tell whether an image that they name exists.
const LIST_FILTERS = ['dangling', 'label', 'reference', 'until']
export const listQuery = record({
  all: forwarded(queryFlag),
  digests: forwarded(queryFlag),
  filters: forwarded(queryFilters(LIST_FILTERS)),
  filter: refused('replaced by filters in API 1.41'),
  identity: forwarded(queryFlag),
  manifests: forwarded(queryFlag),
  only_ids: rewritten(queryFlag, 'left out: no engine reads it (docker-py sends it)'),
  'shared-size': forwarded(queryFlag),
})
export interface ImageList extends ByWords {
  readonly kind: 'image.list'
  readonly parameters: Read<typeof listQuery>
}

export const inspectQuery = record({ manifests: forwarded(queryFlag), platform: forwarded(queryText) })
export interface ImageInspect {
  readonly kind: 'image.inspect'
  readonly image: string
  readonly parameters: Read<typeof inspectQuery>
}

export const historyQuery = record({ platform: forwarded(queryText) })
export interface ImageHistory {
  readonly kind: 'image.history'
  readonly image: string
  readonly parameters: Read<typeof historyQuery>
}

export const removeQuery = record({
  force: forwarded(queryFlag),
  noprune: rewritten(queryFlag, 'sent as 1: the gate removes what is below itself, as far as it is the own'),
  platforms: refused('an image is removed whole here'),
})
export interface ImageRemove {
  readonly kind: 'image.remove'
  readonly image: string
  readonly parameters: Read<typeof removeQuery>
}

/** POST /images/create is `pull` with fromImage, and `import` with fromSrc (image-transfer.ts). */
const IMPORT = 'it belongs to import, not to pull'
export const pullQuery = record({
  fromImage: limited(queryText, 'a name that run.images has'),
  tag: limited(queryText, 'one tag or digest'),
  platform: forwarded(queryText),
  fromSrc: refused(IMPORT),
  repo: refused(IMPORT),
  message: refused(IMPORT),
  changes: refused(IMPORT),
})
export interface ImagePull {
  readonly kind: 'image.pull'
  readonly parameters: Read<typeof pullQuery>
  readonly registryAuth: Credentials | undefined
}

/** What a pull names; undefined where it is no reference. */
export function pulledReference({
  parameters: { fromImage = '', tag = '' },
}: ImagePull): ImageReference | undefined {
  const separator = tag.startsWith('sha256:') ? '@' : ':'
  return parseReference(tag === '' ? fromImage : `${fromImage}${separator}${tag}`)
}
