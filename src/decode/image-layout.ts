/** An OCI image layout: what the images in it point to, down to their layers, all of which is in the archive. */
import { FieldError } from './fields.ts'
import type { IndexEntry } from './image-archive.ts'
import { readConfig } from './image-config.ts'
import { kindOf, readIndexBlob, readManifestBlob, type BlobKind, type Descriptor } from './oci.ts'

/** A plain file of an archive. */
export interface ArchiveFile {
  readonly size: number
  /** `sha256:…` of its content. */
  readonly digest: string
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
  readonly #labels = new Map<string, number>()

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
    const size = { labels: this.#config(config), parts: 1 + layers.length }
    this.#manifests.set(blob.digest, size)
    return size
  }

  #config(descriptor: Descriptor): number {
    const blob = this.#blob(descriptor, 'config')
    const labels = this.#labels.get(blob.digest) ?? readImageConfig(blob.digest, this.#content(blob))
    this.#labels.set(blob.digest, labels)
    return labels
  }

  /** The blob that a descriptor is of: of this kind, and in the archive as the descriptor says. */
  #blob({ mediaType = '', digest = '', size }: Descriptor, kind: BlobKind): Blob {
    if (kindOf(mediaType) !== kind)
      throw new FieldError(`${JSON.stringify(mediaType)} is not the type of a ${kind} that is loaded`)
    if (!/^sha256:[0-9a-f]{64}$/.test(digest))
      throw new FieldError(`${JSON.stringify(digest)} is no digest of SHA-256`)
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

/** Characters of the labels of a configuration. @throws {FieldError | JsonError} where an image may not have it */
export function readImageConfig(name: string, content: Buffer): number {
  const { wrong, labels } = readConfig(content)
  if (wrong !== undefined) throw new FieldError(`the image of ${name} has ${wrong}`)
  return labels
}

/** @param digest of whatever form; what is no digest is at no path */
function pathOf(digest = ''): string {
  return `blobs/${digest.replace(':', '/')}`
}
