/** Archives of images, made byte by byte: what `docker save` and others write, and what nobody would. */
import { createHash } from 'node:crypto'
import { CONFIG, INDEX, LAYER, MANIFEST } from '../../src/decode/oci.ts'
import { tarFile } from '../../src/perform/tar-file.ts'

/** A file of an archive; what is not a text or bytes is written as JSON. */
export type Content = string | Buffer | object

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

/** An image of one layer, as its blobs. */
export interface MadeImage {
  readonly config: Buffer
  readonly layer: Buffer
  readonly manifest: Buffer
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

export function descriptorOf(content: Buffer, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length }
}

/** @param text what is in its one file, and makes it another image. @param more parts of the configuration. @param changes of the manifest */
export function madeImage(text: string, more: object = {}, changes: object = {}): MadeImage {
  const layer = Buffer.concat([tarFile('made', Buffer.from(text)), Buffer.alloc(1024)])
  const config = bytesOf({
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['cat', '/made'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    ...more,
  })
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptorOf(config, CONFIG),
    layers: [descriptorOf(layer, LAYER)],
    ...changes,
  })
  return { config, layer, manifest }
}

/** A manifest of index.json, under a name. */
export function entryOf(target: Buffer, name?: string, mediaType = MANIFEST): object {
  const annotations = name === undefined ? undefined : { 'io.containerd.image.name': name }
  return { ...descriptorOf(target, mediaType), annotations }
}

export function indexOf(...manifests: readonly object[]): Buffer {
  return bytesOf({ schemaVersion: 2, mediaType: INDEX, manifests })
}

/** The files of an OCI image layout. @param entries of index.json. @param blobs what they point to, once each */
export function layoutOf(
  entries: readonly object[],
  blobs: readonly Buffer[],
): readonly (readonly [string, Content])[] {
  const named = new Map(blobs.map((blob) => [`blobs/${digestOf(blob).replace(':', '/')}`, blob]))
  return [...named, ['index.json', indexOf(...entries)], ['oci-layout', { imageLayoutVersion: '1.0.0' }]]
}

export function blobsOf(...images: readonly MadeImage[]): readonly Buffer[] {
  return images.flatMap(({ layer, config, manifest }) => [layer, config, manifest])
}

/** The files of an archive as Docker saved it until 24. */
export function savedOf(
  ...images: readonly (MadeImage & { readonly names: readonly string[] | null })[]
): readonly (readonly [string, Content])[] {
  const files = images.flatMap(({ config, layer }): readonly (readonly [string, Content])[] => [
    [`${hexOf(config)}.json`, config],
    [`${hexOf(layer)}/layer.tar`, layer],
  ])
  const items = images.map(({ config, layer, names }) => ({
    Config: `${hexOf(config)}.json`,
    RepoTags: names,
    Layers: [`${hexOf(layer)}/layer.tar`],
  }))
  return [...new Map(files), ['manifest.json', items]]
}

/** A tar of files, in order. */
export function archiveOf(files: readonly (readonly [string, Content])[]): Buffer {
  return Buffer.concat([
    ...files.map(([path, content]) => tarFile(path, bytesOf(content))),
    Buffer.alloc(1024),
  ])
}

export function bytesOf(content: Content): Buffer {
  if (Buffer.isBuffer(content)) return content
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
}

function hexOf(content: Buffer): string {
  return digestOf(content).replace('sha256:', '')
}
