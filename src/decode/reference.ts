/** Image references, brought to the one form that Docker resolves them to (distribution/reference). */

export interface ImageReference {
  /** With its registry: `docker.io/library/alpine`. */
  readonly name: string
  readonly tag: string | undefined
  /** `sha256:…` where the reference has one. */
  readonly digest: string | undefined
}

const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]{1,5})?$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/** Reads `alpine`, `ghcr.io/acme/app:1` or `alpine@sha256:…`; undefined where it is not an image reference. */
export function parseReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  const tagged = at === -1 ? text : text.slice(0, at)
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1)
  const tag = colon === -1 ? undefined : tagged.slice(colon + 1)
  const name = canonicalName(colon === -1 ? tagged : tagged.slice(0, colon))
  if (name === undefined || name.length > 255) return undefined
  if (digest !== undefined && !DIGEST.test(digest)) return undefined
  if (tag !== undefined && !TAG.test(tag)) return undefined
  return { name, tag, digest }
}

function canonicalName(name: string): string | undefined {
  const slash = name.indexOf('/')
  const first = slash === -1 ? '' : name.slice(0, slash)
  const hasHost = looksLikeHost(first)
  const host = hasHost ? first : 'docker.io'
  const path = hasHost ? name.slice(slash + 1) : name
  if (!HOST.test(host)) return undefined
  const components = path.split('/')
  if (!components.every((component) => COMPONENT.test(component))) return undefined
  if (host === 'index.docker.io') return canonicalName(`docker.io/${path}`)
  // Engines list and take docker.io/ghcr.io/app as ghcr.io/app, which is an image of another registry.
  if (host === 'docker.io' && components.length > 1 && looksLikeHost(components[0] ?? '')) return undefined
  return host === 'docker.io' && components.length === 1 ? `docker.io/library/${path}` : `${host}/${path}`
}

/** Whether the part before the first slash is a registry (distribution/reference, splitDockerDomain). */
function looksLikeHost(part: string): boolean {
  return part.includes('.') || part.includes(':') || part === 'localhost' || part !== part.toLowerCase()
}

/** The reference in full, `docker.io/library/alpine:3`, with `:latest` where it names neither tag nor digest. */
export function fullReference(reference: ImageReference): string {
  if (reference.digest !== undefined) {
    return `${reference.name}${reference.tag === undefined ? '' : `:${reference.tag}`}@${reference.digest}`
  }
  return `${reference.name}:${reference.tag ?? 'latest'}`
}

/** The reference as an engine lists it: by digest alone where it has one. */
export function storedReference({ name, tag, digest }: ImageReference): string {
  return digest === undefined ? `${name}:${tag ?? 'latest'}` : `${name}@${digest}`
}

/** The reference as people write it, without `docker.io/` and, where one part follows it, `library/`. */
export function familiarReference(reference: ImageReference): string {
  return fullReference(reference).replace(/^docker\.io\/(?:library\/(?!.*\/))?/, '')
}

/** A name as people write it, without what Docker fills in; an id as it is. */
export function familiar(name: string): string {
  const reference = name.startsWith('sha256:') ? undefined : parseReference(name)
  return reference === undefined ? name : familiarReference(reference)
}

/** True for what an engine may take for (the start of) an image's id. */
export function looksLikeImageId(text: string): boolean {
  return /^(?:sha256:)?[0-9a-f]{1,64}$/.test(text)
}

/** The id of an image as Docker has it: Podman tells it without what it was made by. */
export function fullImageId(id: string): string {
  return id.includes(':') ? id : `sha256:${id}`
}
