/** Files of a container as a tar: into it (`docker cp`, and what compose does before the first start), and out of it. */
import { FieldError, forwarded, record, type Read } from '../fields.ts'
import type { Json } from '../json.ts'
import { queryFlag, queryText } from '../query.ts'

export const archivePutQuery = record({
  path: forwarded(absolutePath),
  noOverwriteDirNonDir: forwarded(queryFlag),
  copyUIDGID: forwarded(queryFlag),
})
export interface ContainerArchivePut {
  readonly kind: 'container.archive-put'
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<typeof archivePutQuery>
}

export const archiveGetQuery = record({ path: forwarded(absolutePath) })
/** `archive-get` has the files, `archive-stat` only what is told of the path. */
export interface ContainerArchiveGet {
  readonly kind: 'container.archive-get' | 'container.archive-stat'
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<typeof archiveGetQuery>
}

/** A path in the container. Engines take one without a slash from the root: it is sent with it. */
function absolutePath(value: Json, path: string): string {
  const written = queryText(value, path)
  if (written === '') throw new FieldError(`${path} must be a path in the container`)
  return written.startsWith('/') ? written : `/${written}`
}
