/** Requests about images, from what was decided. */
import { changeText } from '../decode/operations/image-changes.ts'
import { familiar, parseReference } from '../decode/reference.ts'
import type { Permit } from '../decide/verdict.ts'
import type { Sending } from './sending.ts'
import { apiPath, archiveRequest, jsonRequest, plainRequest, type EncodedRequest } from '../engine/encoded.ts'

type On<Kind extends Permit['on']> = Extract<Permit, { on: Kind }>

type AboutImages = 'image' | 'pull' | 'tag' | 'commit' | 'import' | 'load' | 'push' | 'save' | 'search'

/** Encodes what is done with images. @param sending its labels win over those of the client and of the container */
export function encodeAboutImages(
  permit: On<AboutImages>,
  { clientMinor, engineMinor, labels }: Sending,
): EncodedRequest {
  switch (permit.on) {
    case 'image':
      return encodeImage(permit, clientMinor)
    case 'pull':
      return encodePull(permit, clientMinor)
    case 'tag':
      return encodeTag(permit.image, permit.name, clientMinor)
    case 'commit':
      return encodeCommit(permit, engineMinor, labels)
    case 'import':
      return encodeImport(permit, clientMinor, labels)
    case 'load':
      return encodeLoad(permit, clientMinor)
    case 'push':
      return encodePush(permit, clientMinor)
    case 'save':
      return encodeSave(permit, clientMinor)
    case 'search':
      return encodeSearch(permit, clientMinor)
  }
}

function encodePull({ operation, name, tag, digest }: On<'pull'>, minor: number): EncodedRequest {
  const { parameters, registryAuth } = operation
  const query = { fromImage: name, tag: digest ?? tag, platform: parameters.platform }
  const request = plainRequest('POST', apiPath(minor, ['images', 'create'], query))
  return withAuth(request, registryAuth?.reveal())
}

function encodeImage({ operation, reference }: On<'image'>, minor: number): EncodedRequest {
  const name = familiar(reference)
  switch (operation.kind) {
    case 'image.inspect':
      return plainRequest('GET', apiPath(minor, ['images', name, 'json'], operation.parameters))
    case 'image.history':
      return plainRequest('GET', apiPath(minor, ['images', name, 'history'], operation.parameters))
    case 'image.remove': {
      const { force } = operation.parameters
      // An engine would remove nameless images below it, whosever they are.
      return plainRequest('DELETE', apiPath(minor, ['images', name], { force, noprune: true }))
    }
  }
}

/** A name for an image. @param image its id. @param name in full */
export function encodeTag(image: string, name: string, minor: number): EncodedRequest {
  return plainRequest('POST', apiPath(minor, ['images', image, 'tag'], newName(name)))
}

/** Without a name: it is given when the image is there. */
function encodeCommit(
  { operation, container }: On<'commit'>,
  minor: number,
  labels: Readonly<Record<string, string>>,
): EncodedRequest {
  const { comment, author, pause, changes } = operation.parameters
  const query = {
    container: container.id,
    comment,
    author,
    pause,
    changes: changes?.reveal().map(changeText),
  }
  const { Labels, ...config } = operation.config
  // With labels it is never empty: an engine then takes nothing of the container's but what an image may have.
  const body = {
    ...config,
    Env: config.Env?.reveal(),
    Labels: { ...Object.fromEntries(Labels ?? []), ...labels },
  }
  return jsonRequest('POST', apiPath(minor, ['commit'], query), body)
}

/** Without a name, likewise. */
function encodeImport(
  { operation }: On<'import'>,
  minor: number,
  labels: Readonly<Record<string, string>>,
): EncodedRequest {
  const { message, platform, changes } = operation.parameters
  const own = Object.entries(labels).map(([label, value]) => `LABEL ${label}="${value}"`)
  const query = {
    fromSrc: '-',
    message,
    platform,
    changes: [...(changes?.reveal() ?? []).map(changeText), ...own],
  }
  return archiveRequest('POST', apiPath(minor, ['images', 'create'], query))
}

function encodeLoad({ operation }: On<'load'>, minor: number): EncodedRequest {
  return archiveRequest('POST', apiPath(minor, ['images', 'load'], operation.parameters))
}

function encodePush({ operation, name, tag }: On<'push'>, minor: number): EncodedRequest {
  const { platform } = operation.parameters
  const request = plainRequest('POST', apiPath(minor, ['images', name, 'push'], { tag, platform }))
  // Without this header old engines look for credentials in the body.
  return withAuth(request, operation.registryAuth?.reveal() ?? NO_CREDENTIALS)
}

function encodeSave({ operation, references }: On<'save'>, minor: number): EncodedRequest {
  const query = { names: references.map(familiar), ...operation.parameters }
  return plainRequest('GET', apiPath(minor, ['images', 'get'], query))
}

function encodeSearch({ operation }: On<'search'>, minor: number): EncodedRequest {
  const request = plainRequest('GET', apiPath(minor, ['images', 'search'], operation.parameters))
  return withAuth(request, operation.registryAuth?.reveal())
}

/** Base64 of `{}`. */
const NO_CREDENTIALS = 'e30='

function withAuth(request: EncodedRequest, auth: string | undefined): EncodedRequest {
  return auth === undefined ? request : request.with({ 'X-Registry-Auth': auth })
}

function newName(name: string): { readonly repo?: string; readonly tag?: string | undefined } {
  const reference = parseReference(name)
  return reference === undefined ? {} : { repo: reference.name, tag: reference.tag }
}
