/**
 * An archive of images on its way to `load` (moby, image/tarexport; OCI image layout), held back at its end until every name
 * in it was checked, wherever an engine could read one.
 */
import { createHash } from 'node:crypto'
import { FieldError } from '../decode/fields.ts'
import { JsonError } from '../decode/json.ts'
import { readIndex, readManifest, readParents, readRepositories } from '../decode/image-archive.ts'
import { readConfig } from '../decode/image-config.ts'
import { TarError, type Entry } from '../decode/tar.ts'
import type { Violation } from '../policy/refuse.ts'
import { CheckedArchive } from './checked-archive.ts'

/** Files that hold names, and what reads them. */
const NAMING = { 'manifest.json': readManifest, 'index.json': readIndex, repositories: readRepositories }
const OTHER_META = ['oci-layout']

/** Bytes of all files that are kept because they may be an image's configuration. */
const MOST_KEPT = 4 * 2 ** 20
const MOST_ENTRIES = 50_000
/** Characters of the paths of all entries. */
const MOST_PATHS = 4 * 2 ** 20

/** An image in an archive. */
export interface ArchivedImage {
  /** As written in the archive. */
  readonly names: readonly string[]
  /** What it will be called by an engine; empty where the archive does not tell. */
  readonly id: string
}

type Check = (images: readonly ArchivedImage[]) => Promise<readonly Violation[]>

export class ImageArchive extends CheckedArchive {
  readonly #checkImages: Check
  readonly #files = new Map<string, Buffer>()
  readonly #seen = new Set<string>()
  #kept = 0
  #paths = 0

  /** @param checkImages gives the violations of the images in the archive */
  constructor(checkImages: Check) {
    super()
    this.#checkImages = checkImages
  }

  protected override entry({ path, type, size }: Entry): boolean {
    if (path === '' && type !== 'directory') throw new TarError('the archive has an entry without a name')
    if (this.#seen.has(path) && type !== 'directory') throw new TarError(`${path} is there twice`)
    this.#paths += path.length
    if (this.#seen.add(path).size > MOST_ENTRIES || this.#paths > MOST_PATHS)
      throw new TarError('the archive has too many entries')
    const names = isNaming(path) || OTHER_META.includes(path)
    if (names && type !== 'file') throw new TarError(`${path} is no plain file`)
    // Engines save a layer that two images share as a link.
    if (type === 'link' && !path.endsWith('/layer.tar')) throw new TarError(`${path} is a link`)
    return type === 'file' && (names || mayBeConfig(path, size))
  }

  protected override content({ path }: Entry, content: Buffer): void {
    if (!isNaming(path) && content[0] !== OBJECT) return
    this.#kept += content.length
    if (this.#kept > MOST_KEPT) throw new TarError('the archive has too many small files')
    this.#files.set(path, content)
  }

  protected override async check(): Promise<readonly Violation[]> {
    try {
      const manifest = this.#files.get('manifest.json')
      if (manifest === undefined)
        throw new TarError('manifest.json is missing: this is no archive of docker save')
      if (readParents(manifest).length > 0)
        throw new TarError('an image is said to be built upon another: save and load them one by one')
      for (const { config } of readManifest(manifest)) this.#checkIsThere(config)
      this.#checkConfigs()
      return await this.#checkImages(this.#images())
    } catch (cause) {
      if (!(cause instanceof FieldError || cause instanceof JsonError)) throw cause
      return [this.violation(cause.message)]
    }
  }

  protected override violation(why: string): Violation {
    return {
      rule: 'load.archive',
      what: 'archive',
      why,
      instead: ['docker save IMAGE | docker load', 'docker pull'],
    }
  }

  #images(): readonly ArchivedImage[] {
    return Object.entries(NAMING).flatMap(([path, read]) => {
      const content = this.#files.get(path)
      const images = content === undefined ? [] : read(content)
      return images.map(({ names, config, digest }) => ({
        names,
        id: config === '' ? digest : this.#idOf(config),
      }))
    })
  }

  /** An image is called by the digest of its configuration (OCI image specification, ImageID). */
  #idOf(config: string): string {
    const content = this.#files.get(config)
    return content === undefined ? '' : `sha256:${createHash('sha256').update(content).digest('hex')}`
  }

  #checkIsThere(config: string): void {
    if (!this.#files.has(config))
      throw new TarError(`the configuration ${JSON.stringify(config)} is not in the archive`)
  }

  /** Any of the files may be taken for a configuration. */
  #checkConfigs(): void {
    let labels = 0
    for (const [path, content] of this.#files) {
      if (isNaming(path)) continue
      const config = readConfig(content)
      if (config.wrong !== undefined) throw new TarError(`the image of ${path} has ${config.wrong}`)
      labels += config.labels
    }
    if (labels > MOST_ARCHIVE_LABELS)
      throw new TarError(`its images have labels of more than ${MOST_ARCHIVE_LABELS} characters`)
  }
}

/** The first character of a JSON object; a layer begins otherwise. */
const OBJECT = 0x7b

function isNaming(path: string): boolean {
  return Object.hasOwn(NAMING, path)
}

/** Characters of the labels of all images in an archive. */
const MOST_ARCHIVE_LABELS = 256 * 1024

/** Bytes of a configuration. */
const LARGEST_CONFIG = 2 ** 20

function mayBeConfig(path: string, size: number): boolean {
  return (
    size <= LARGEST_CONFIG &&
    (/^(?:[^/]+\.json|sha256:[0-9a-f]{64})$/.test(path) || /^blobs\/[a-z0-9]+\/[0-9a-f]+$/.test(path))
  )
}
