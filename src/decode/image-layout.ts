/** An OCI image layout: what the images in it point to, down to their layers, all of which is in the archive. */
import { FieldError } from './fields.ts'
import type { IndexEntry } from './image-archive.ts'
import { readConfig } from './image-config.ts'
import { EMPTY, kindOf, readIndexBlob, readManifestBlob, type BlobKind, type Descriptor } from './oci.ts'

/** A plain file of an archive. */
export interface ArchiveFile {
  readonly size: number
  /** `sha256:…` of its content. */
  readonly digest: string
  /** The same of its content unpacked, where it is packed. */
  readonly plain: string
  /** Its first bytes. */
  readonly start: Buffer
  /** Its content, where it may be JSON. */
  readonly content: Buffer | undefined
}

/** Files by path. */
export type ArchiveFiles = ReadonlyMap<string, ArchiveFile>

/** What an image of a layout points to. */
interface Target {
  /** Its manifest, with the platform that it is said to be for, or its index. */
  readonly target: Blob & Pick<Descriptor, 'platform'>
  /** Of an index: the manifests that are in the archive, where some are not; else undefined. */
  readonly present: readonly Descriptor[] | undefined
  readonly size: ListedSize
}

export interface LayoutImage extends Target {
  /** As written; empty where it has none. */
  readonly name: string
}

/** A blob of the archive. */
export interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** What an image costs an engine when it lists it. */
export interface ListedSize {
  /** Characters of its labels: of several platforms, of the one with most. */
  readonly labels: number
  /** Manifests and layers: each is looked up. */
  readonly parts: number
}

/** An image of an archive that is loaded. */
export interface ArchivedImage extends ListedSize {
  /** What an engine will call it. */
  readonly id: string
  /** Names in full. */
  readonly names: readonly string[]
}

/** Reads what index.json points to. @throws {FieldError | JsonError} */
export function readImages(entries: readonly IndexEntry[], files: ArchiveFiles): readonly LayoutImage[] {
  const reader = new LayoutReader(files)
  return entries.map(({ name, descriptor }) => ({ name, ...reader.image(descriptor) }))
}

class LayoutReader {
  readonly #files: ArchiveFiles
  /** What was read, by digest: several images may share an index, a manifest or a configuration. */
  readonly #indexes = new Map<string, Target>()
  readonly #manifests = new Map<string, ListedSize>()
  readonly #configs = new Map<string, LoadedConfig>()

  constructor(files: ArchiveFiles) {
    this.#files = files
  }

  image(descriptor: Descriptor): Target {
    if (kindOf(descriptor.mediaType) === 'index') return this.#index(this.#blob(descriptor, 'index'))
    const { platform } = descriptor
    const target = { ...this.#blob(descriptor, 'manifest'), platform }
    return { target, present: undefined, size: this.#manifest(descriptor) }
  }

  #index(target: Blob): Target {
    const known = this.#indexes.get(target.digest)
    if (known !== undefined) return known
    const all = readIndexBlob(this.#content(target), target.mediaType)
    // An engine saves of an image the platforms that it has. What is missing could be anybody's content, now or later.
    const present = all.filter(({ digest }) => this.#files.has(pathOf(digest)))
    if (present.length === 0) throw new FieldError(`nothing is in the archive of the index ${target.digest}`)
    const sizes = present.map((each) => this.#manifest(each))
    const size = {
      labels: sizes.reduce((most, { labels }) => Math.max(most, labels), 0),
      parts: sizes.reduce((sum, { parts }) => sum + parts, 1),
    }
    const isWhole = present.length === all.length
    const read = { target, present: isWhole ? undefined : present, size }
    this.#indexes.set(target.digest, read)
    return read
  }

  #manifest(descriptor: Descriptor): ListedSize {
    const blob = this.#blob(descriptor, 'manifest')
    const known = this.#manifests.get(blob.digest)
    if (known !== undefined) return known
    const { config, layers } = readManifestBlob(this.#content(blob), blob.mediaType)
    for (const layer of layers) this.#blob(layer, 'layer')
    const paths = layers.map(({ digest }) => pathOf(digest))
    const { labels, diffIds } = this.#config(config)
    // What has an empty configuration is no image, and makes none of the engine's layers one's own.
    if (config.mediaType !== EMPTY) expectLayers(config.digest ?? '', diffIds, paths, this.#files)
    const size = { labels, parts: 1 + layers.length }
    this.#manifests.set(blob.digest, size)
    return size
  }

  #config(descriptor: Descriptor): LoadedConfig {
    const blob = this.#blob(descriptor, 'config')
    const config = this.#configs.get(blob.digest) ?? readImageConfig(blob.digest, this.#content(blob))
    if (blob.mediaType === EMPTY && config.diffIds.length > 0)
      throw new FieldError(`the configuration ${blob.digest} is said to be empty`)
    this.#configs.set(blob.digest, config)
    return config
  }

  /** The blob that a descriptor is of: of this kind, and in the archive as the descriptor says. */
  #blob({ mediaType = '', digest = '', size }: Descriptor, kind: BlobKind): Blob {
    if (kindOf(mediaType) !== kind)
      throw new FieldError(`${JSON.stringify(mediaType)} is not the type of a ${kind} that is loaded`)
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
      throw new FieldError(`${JSON.stringify(digest)} is not a digest of SHA-256`)
    const file = this.#files.get(pathOf(digest))
    if (file === undefined) throw new FieldError(`not in the archive: the ${kind} ${digest}`)
    if (file.digest !== digest) throw new FieldError(`the content is not what its digest says: ${digest}`)
    if (file.size !== size) throw new FieldError(`the content is not as long as it is said to be: ${digest}`)
    return { mediaType, digest, size }
  }

  #content({ digest }: Blob): Buffer {
    return contentOf(this.#files, pathOf(digest))
  }
}

/** The content of a manifest or a configuration. @throws {FieldError} where it was not kept */
export function contentOf(files: ArchiveFiles, path: string): Buffer {
  const content = files.get(path)?.content
  if (content === undefined) throw new FieldError(`no JSON object of at most 1 MiB: ${path}`)
  return content
}

/** What is taken from a configuration: characters of its labels, digests of its layers. */
type LoadedConfig = Pick<ReturnType<typeof readConfig>, 'labels' | 'diffIds'>

/** Reads a configuration. @throws {FieldError | JsonError} where an image may not have it */
export function readImageConfig(name: string, content: Buffer): LoadedConfig {
  const { wrong, ...config } = readConfig(content)
  if (wrong !== undefined) throw new FieldError(`the image of ${name} has ${wrong}`)
  return config
}

/**
 * The layers of a configuration must be those that are in the archive, one by one: an engine takes one that it has by the digest
 * alone, whoever brought it.
 * @throws {FieldError}
 */
export function expectLayers(
  name: string,
  diffIds: readonly string[],
  paths: readonly string[],
  files: ArchiveFiles,
): void {
  if (diffIds.length !== paths.length)
    throw new FieldError(`${name} tells of ${diffIds.length} layers, and has ${paths.length}`)
  for (const [index, path] of paths.entries()) {
    const file = files.get(path)
    if (file === undefined) throw new FieldError(`not in the archive: the layer ${path}`)
    if (file.plain !== diffIds[index])
      throw new FieldError(`the layer ${path} is not the one that ${name} tells of: ${diffIds[index]}`)
  }
}

/** @param digest of whatever form; what is not a digest is at no path */
function pathOf(digest = ''): string {
  return `blobs/${digest.replace(':', '/')}`
}
