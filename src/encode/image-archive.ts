/**
 * The files of an archive of images that an engine finds the images by, written anew: each name in full, as it was decided on. Each
 * kind of store gets the one form that it reads, and what it calls an image is known from that.
 */
import { createHash } from 'node:crypto'
import { FieldError } from '../decode/fields.ts'
import type { IndexEntry, ManifestItem } from '../decode/image-archive.ts'
import {
  contentOf,
  expectLayers,
  readImageConfig,
  readImages,
  type ArchivedImage,
  type ArchiveFile,
  type ArchiveFiles,
  type Blob,
  type ListedSize,
} from '../decode/image-layout.ts'
import { CONFIG, INDEX, LAYER, MANIFEST, type Descriptor } from '../decode/oci.ts'
import { packingOf } from '../decode/packing.ts'
import { fullReference, parseReference } from '../decode/reference.ts'

export interface EncodedArchive {
  readonly images: readonly ArchivedImage[]
  /** What is written behind the other files, by path. */
  readonly files: ReadonlyMap<string, Buffer>
}

/** For an engine that keeps images itself: an image is called by the digest of its configuration. @throws {FieldError | JsonError} */
export function encodeForDocker(items: readonly ManifestItem[], files: ArchiveFiles): EncodedArchive {
  const manifest = items.map(({ names, config, layers }) => ({
    Config: config,
    RepoTags: inFull(names),
    Layers: layers,
  }))
  const images = items.map((item) => ({
    id: configOf(item.config, files).digest,
    names: inFull(item.names),
    ...sizeOf(item, files),
  }))
  return { images, files: new Map([['manifest.json', json(manifest)]]) }
}

/** For containerd's store: an image is called by the digest of its manifest or index. @throws {FieldError | JsonError} */
export function encodeItemsForContainerd(
  items: readonly ManifestItem[],
  files: ArchiveFiles,
): EncodedArchive {
  const written = new Map<string, Buffer>()
  const targets = items.map((item) => {
    const { names, config, layers } = item
    const listed = sizeOf(item, files)
    const blob = (mediaType: string, { digest, size }: ArchiveFile): Blob => ({ mediaType, digest, size })
    const manifest = json({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: blob(CONFIG, configOf(config, files)),
      layers: layers.map((path) => layerOf(path, files)).map((layer) => blob(typeOf(layer), layer)),
    })
    return { target: add(written, MANIFEST, manifest), names, size: listed }
  })
  return encodeLayout(targets, written)
}

/** The same of an archive that is an OCI image layout. @throws {FieldError | JsonError} */
export function encodeLayoutForContainerd(
  entries: readonly IndexEntry[],
  files: ArchiveFiles,
): EncodedArchive {
  const written = new Map<string, Buffer>()
  const targets = readImages(entries, files).map(({ name, target, present, size }) => ({
    target: present === undefined ? target : add(written, INDEX, encodeIndex(present)),
    names: name === '' ? [] : [name],
    size,
  }))
  return encodeLayout(targets, written)
}

/** What names point to, in an order that is told. */
interface Named {
  readonly target: Blob & Pick<Descriptor, 'platform'>
  readonly names: readonly string[]
  readonly size: ListedSize
}

function encodeLayout(targets: readonly Named[], written: ReadonlyMap<string, Buffer>): EncodedArchive {
  const images = targets.map(({ target, names, size }) => ({
    id: target.digest,
    names: inFull(names),
    ...size,
  }))
  const entries = targets.flatMap(({ target, names }): readonly Descriptor[] =>
    names.length === 0
      ? [target]
      : inFull(names).map((name) => ({ ...target, annotations: annotationsOf(name) })),
  )
  return {
    images,
    files: new Map([
      ...written,
      ['oci-layout', json({ imageLayoutVersion: '1.0.0' })],
      ['index.json', encodeIndex(entries)],
      // Without one an engine of the other kind would look for images as Docker 1.9 saved them.
      ['manifest.json', json([])],
    ]),
  }
}

function annotationsOf(name: string): ReadonlyMap<string, string> {
  return new Map([
    ['io.containerd.image.name', name],
    ['org.opencontainers.image.ref.name', parseReference(name)?.tag ?? ''],
  ])
}

function encodeIndex(manifests: readonly Descriptor[]): Buffer {
  return json({ schemaVersion: 2, mediaType: INDEX, manifests })
}

/** Adds a blob to the archive. */
function add(files: Map<string, Buffer>, mediaType: string, content: Buffer): Blob {
  const hex = createHash('sha256').update(content).digest('hex')
  files.set(`blobs/sha256/${hex}`, content)
  return { mediaType, digest: `sha256:${hex}`, size: content.length }
}

/** @throws {FieldError | JsonError} where its layers are not those of its configuration, or not in the archive */
function sizeOf({ config, layers }: ManifestItem, files: ArchiveFiles): ListedSize {
  configOf(config, files)
  const { labels, diffIds } = readImageConfig(config, contentOf(files, config))
  expectLayers(config, diffIds, layers, files)
  return { labels, parts: 1 + layers.length }
}

function configOf(path: string, files: ArchiveFiles): ArchiveFile {
  const file = files.get(path)
  if (file === undefined)
    throw new FieldError(`the configuration ${JSON.stringify(path)} is not in the archive`)
  return file
}

function layerOf(path: string, files: ArchiveFiles): ArchiveFile {
  const file = files.get(path)
  if (file === undefined) throw new FieldError(`not in the archive: the layer ${path}`)
  return file
}

/** The media type of a layer, which manifest.json does not tell. */
function typeOf({ start }: ArchiveFile): string {
  const packing = packingOf(start)
  return packing === undefined ? LAYER : `${LAYER}+${packing}`
}

/** Names as they were decided on. What is not a name was refused before. */
function inFull(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => {
    const reference = parseReference(name)
    return reference === undefined ? [] : [fullReference(reference)]
  })
}

function json(value: unknown): Buffer {
  return Buffer.from(
    JSON.stringify(value, (_key, item: unknown) => (item instanceof Map ? Object.fromEntries(item) : item)),
  )
}
