/** Images that get a name, leave the host, come from a file, or are looked for in a registry. */
import { FieldError, forwarded, limited, record, refused, rewritten, secret, type Read } from '../fields.ts'
import { queryFilters, queryFlag, queryInteger, queryText, queryTexts } from '../query.ts'
import { parseReference, type ImageReference } from '../reference.ts'
import type { Given } from '../parts.ts'
import { imageChanges, tellChanges } from './image-changes.ts'
import type { Credentials } from '../registry-credentials.ts'

const NEW_NAME = "a name of the worker's own; with names: shared one that run.images has, free or its own"

export const imageTagQuery = record({
  repo: limited(queryText, NEW_NAME),
  tag: limited(queryText, 'likewise'),
  force: rewritten(queryFlag, 'left out: engines have moved names anyway since 1.12 (docker-py sends it)'),
})
export interface ImageTag {
  readonly kind: 'image.tag'
  /** The image as the client names it. */
  readonly image: string
  readonly parameters: Read<typeof imageTagQuery>
}

export const imagePushQuery = record({
  tag: limited(queryText, 'an own one; without it all tags of the name, if all are own'),
  platform: forwarded(queryText),
})
export interface ImagePush {
  readonly kind: 'image.push'
  /** As the client names it: a tag is here or in the parameters. */
  readonly image: string
  readonly parameters: Read<typeof imagePushQuery>
  readonly registryAuth: Credentials | undefined
}

export const imageSaveQuery = record({
  names: limited(queryTexts, 'images that the worker may see'),
  platform: forwarded(queryText),
})
export interface ImageSave {
  readonly kind: 'image.save'
  readonly parameters: Omit<Read<typeof imageSaveQuery>, 'names'>
  /** As the client names them. */
  readonly images: readonly string[]
}

export const imageLoadQuery = record({ quiet: forwarded(queryFlag), platform: forwarded(queryText) })
export interface ImageLoad {
  readonly kind: 'image.load'
  readonly parameters: Read<typeof imageLoadQuery>
}

export const imageImportQuery = record({
  fromSrc: refused('the host would fetch an address', ['-'], 'docker import - < FILE'),
  fromImage: refused('an import takes no image from a registry', [], 'docker pull'),
  repo: limited(queryText, NEW_NAME),
  tag: limited(queryText, 'likewise'),
  message: forwarded(queryText),
  changes: secret(limited(imageChanges, 'single instructions that only describe the image'), tellChanges),
  platform: forwarded(queryText),
})
export interface ImageImport {
  readonly kind: 'image.import'
  readonly parameters: Read<typeof imageImportQuery>
}

export const imageSearchQuery = record({
  term: limited(queryText, 'in a registry that run.images names'),
  limit: forwarded(queryInteger),
  filters: forwarded(queryFilters(['is-automated', 'is-official', 'stars'])),
})
export interface ImageSearch {
  readonly kind: 'image.search'
  readonly parameters: Read<typeof imageSearchQuery>
  readonly registryAuth: Credentials | undefined
}

/** What a tag, a commit or an import says of the new name. */
export interface NewName {
  readonly repo?: string | undefined
  readonly tag?: string | undefined
}

/** The new name as one text; undefined where none is given. An engine passes over a tag without a name. */
export function newName({ repo = '', tag = '' }: NewName): string | undefined {
  if (repo === '') return undefined
  return tag === '' ? repo : `${repo}:${tag}`
}

/** What a push names; undefined where it is not a reference, or one by digest. */
export function pushedReference({ image, parameters }: ImagePush): ImageReference | undefined {
  const { tag = '' } = parameters
  const reference = parseReference(tag === '' ? image : `${image}:${tag}`)
  return reference?.digest === undefined ? reference : undefined
}

/** Reads a save of one image, which the path names, or of several, which the query names. @throws {FieldError} */
export function readImageSave({
  name,
  parameters: { names = [], ...parameters },
}: Given<Read<typeof imageSaveQuery>>): ImageSave {
  const images = name === '' ? names : [name]
  if (name !== '' && names.length > 0) throw new FieldError('names: the path names the image')
  if (images.length === 0) throw new FieldError('names must name an image')
  return { kind: 'image.save', parameters, images }
}

/** @throws {FieldError} */
export function readImageLoad({ parameters, header }: Given<Read<typeof imageLoadQuery>>): ImageLoad {
  expectArchive(header('content-type'))
  return { kind: 'image.load', parameters }
}

/** @throws {FieldError} */
export function readImageImport({ parameters, header }: Given<Read<typeof imageImportQuery>>): ImageImport {
  expectArchive(header('content-type'))
  return { kind: 'image.import', parameters }
}

/** A form would be read for parameters. */
function expectArchive(contentType = ''): void {
  if (/form/i.test(contentType)) throw new FieldError('the body must be an archive, not a form')
}
