/** PUT of files into a container, a tar as a stream: what compose does with configs and secrets before the first start. */
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

function absolutePath(value: Json, path: string): string {
  const written = queryText(value, path)
  if (!written.startsWith('/')) throw new FieldError(`${path} must be an absolute path in the container`)
  return written
}
