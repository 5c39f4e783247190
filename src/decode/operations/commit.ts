/** POST /commit: an image of a container's files, with the configuration that the query and the body give. */
import { FieldError, forwarded, limited, record, rewritten, type Read } from '../fields.ts'
import type { Json } from '../json.ts'
import { queryFlag, queryText } from '../query.ts'
import { checkTexts, checkTimes, checkVolumes } from './container-create.ts'
import { imageConfigFields } from './container-create-body.ts'
import { containerReference, type Parts } from '../parts.ts'
import { imageChanges } from './image-changes.ts'

export const commitQuery = record({
  container: limited(queryText, "one of the worker's own"),
  repo: limited(queryText, "a name that run.images has, free or the worker's own"),
  tag: limited(queryText, 'likewise'),
  comment: forwarded(queryText),
  author: forwarded(queryText),
  pause: forwarded(pauseFlag),
  changes: limited(imageChanges, 'single instructions that only describe the image'),
})

/** The body: a container's Config, of what an image has. */
export const commitBody = record({
  ...imageConfigFields,
  Image: rewritten(queryText, 'left out: the image is the one that is made'),
})

export interface ContainerCommit {
  readonly kind: 'container.commit'
  /** The container as the client names it. */
  readonly container: string
  readonly parameters: Read<typeof commitQuery>
  readonly config: Omit<Read<typeof commitBody>, 'Image' | 'MacAddress' | 'OnBuild'>
}

/** Reads a commit. @throws {FieldError} */
export function readCommit({ query, body, findings }: Parts): ContainerCommit {
  const { container = '', ...parameters } = commitQuery.read(query, '', findings)
  if (container === '') throw new FieldError('container must name a container')
  const { Image: _image, ...config } = commitBody.read(body ?? new Map(), '', findings)
  checkVolumes(config.Volumes)
  checkTimes(config, findings)
  checkTexts(config)
  return { kind: 'container.commit', container: containerReference(container), parameters, config }
}

/** An engine takes none for yes. */
function pauseFlag(value: Json, path: string): boolean | undefined {
  return queryText(value, path) === '' ? undefined : queryFlag(value, path)
}
