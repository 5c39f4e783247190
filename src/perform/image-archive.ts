/**
 * An archive of images on its way to `load` (moby, image/tarexport; OCI image layout), written anew: of each entry what was read of
 * it, in the order in which they come, and behind them the files that name the images, which are held back until they were decided on.
 */
import { createHash, type Hash } from 'node:crypto'
import { posix } from 'node:path'
import { FieldError } from '../decode/fields.ts'
import { NAMING, readNaming, type SaidImages } from '../decode/image-archive.ts'
import type { ArchivedImage, ArchiveFile } from '../decode/image-layout.ts'
import { JsonError } from '../decode/json.ts'
import { LONGEST_MAGIC, packingOf } from '../decode/packing.ts'
import { cleanPath, TarError, type Entry } from '../decode/tar.ts'
import type { Violation } from '../decide/refuse.ts'
import {
  encodeForDocker,
  encodeItemsForContainerd,
  encodeLayoutForContainerd,
  type EncodedArchive,
} from '../encode/image-archive.ts'
import { CheckedArchive } from './checked-archive.ts'
import { PlainDigests, type Turn } from './plain-digests.ts'
import { tarFile, tarHeader, tarLink, tarPadding } from './tar-file.ts'

/** Bytes of all files that are kept because they may be an image's configuration. */
const MOST_KEPT = 4 * 2 ** 20
const MOST_ENTRIES = 50_000
/** Characters of the paths of all entries. */
const MOST_PATHS = 4 * 2 ** 20
/** Bytes of a configuration or a manifest. */
const LARGEST_CONFIG = 2 ** 20
/** How a JSON object begins; a layer begins otherwise. */
const OBJECT = Buffer.from('{')
/** How BuildKit begins what it attests, which nobody takes for a configuration. */
const STATEMENT = Buffer.from('{"_type"')

/** A file that passes at this moment. */
interface Passing {
  readonly path: string
  readonly size: number
  readonly hash: Hash
  /** What came of it until there was enough to see whether it is packed. */
  start: Buffer
  isPacked: boolean
}

interface Checks {
  /** The name that an image gets for one that is written in the archive. */
  readonly nameOf: (written: string) => string
  /** Gives the violations of the names in the archive, as they are written there. */
  readonly names: (names: readonly string[]) => Promise<readonly Violation[]>
  /** Gives the violations of the images in it; without any they may come. */
  readonly images: (images: readonly ArchivedImage[]) => Promise<readonly Violation[]>
  readonly turn: Turn
}

export class ImageArchive extends CheckedArchive {
  readonly #containerd: boolean
  readonly #checks: Checks
  /** Those of `NAMING` that are there, and all others. */
  readonly #naming = new Map<string, Buffer>()
  readonly #files = new Map<string, ArchiveFile>()
  /** Where links lead, by path. */
  readonly #links = new Map<string, string>()
  readonly #seen = new Set<string>()
  #kept = 0
  #paths = 0
  #passing: Passing | undefined
  /** Of layers that are packed. */
  readonly #plain: PlainDigests

  /** @param containerd whether the engine keeps images in containerd's store */
  constructor(containerd: boolean, checks: Checks) {
    super()
    this.#containerd = containerd
    this.#checks = checks
    this.#plain = new PlainDigests(checks.turn)
    this.once('close', () => this.#plain.close())
  }

  protected override entry(entry: Entry): boolean {
    const { path, type, size } = entry
    if (path === '' && type !== 'directory') throw new TarError('the archive has an entry without a name')
    if (this.#seen.has(path) && type !== 'directory') throw new TarError(`${path} is there twice`)
    this.#paths += path.length
    if (this.#seen.add(path).size > MOST_ENTRIES || this.#paths > MOST_PATHS)
      throw new TarError('the archive has too many entries')
    const [top = ''] = path.split('/', 1)
    if (NAMING.includes(top) && (top !== path || type !== 'file'))
      throw new TarError(`${top} is not a plain file`)
    if (type === 'special') throw new TarError(`${path} is a device or a pipe`)
    if (type === 'link') this.#link(path, entry.target)
    if (type !== 'file') return false
    if (NAMING.includes(path) || mayBeConfig(path, size)) return true
    this.#passing = { path, size, hash: createHash('sha256'), start: Buffer.alloc(0), isPacked: false }
    this.push(tarHeader(path, size))
    return false
  }

  /** Engines save a layer that two images share as a link. */
  #link(path: string, target: string): void {
    if (!path.endsWith('/layer.tar')) throw new TarError(`${path} is a link`)
    const from = target.startsWith('/') ? '' : posix.dirname(path)
    this.#links.set(path, cleanPath(posix.normalize(posix.join(from, target))))
  }

  protected override content({ path }: Entry, content: Buffer): void {
    if (NAMING.includes(path)) {
      this.#keep(content)
      this.#naming.set(path, content)
      return
    }
    this.push(tarFile(path, content))
    const mayBe = startsWith(content, OBJECT) && !startsWith(content, STATEMENT)
    if (mayBe) this.#keep(content)
    const hash = createHash('sha256').update(content)
    const passing = { path, size: content.length, hash, start: content, isPacked: false }
    this.#lookAtStart(passing)
    this.#put(passing, mayBe ? content : undefined)
  }

  #keep(content: Buffer): void {
    this.#kept += content.length
    if (this.#kept > MOST_KEPT) throw new TarError('the archive has too many small files')
  }

  protected override piece(piece: Buffer): void {
    const passing = this.#passing
    if (passing === undefined) return
    this.push(piece)
    passing.hash.update(piece)
    if (passing.isPacked) this.#plain.piece(piece)
    if (passing.start.length >= LONGEST_MAGIC) return
    passing.start = Buffer.concat([passing.start, piece])
    if (passing.start.length >= LONGEST_MAGIC) this.#lookAtStart(passing)
  }

  protected override ended(): void {
    if (this.#passing === undefined) return
    const passing = this.#passing
    this.#passing = undefined
    this.push(tarPadding(passing.size))
    if (passing.start.length < LONGEST_MAGIC) this.#lookAtStart(passing)
    this.#put(passing, undefined)
  }

  /** Has what is packed unpacked beside it: layers are compared with what the configuration says of them, unpacked. */
  #lookAtStart(passing: Passing): void {
    const { path, start } = passing
    passing.start = Buffer.from(start.subarray(0, LONGEST_MAGIC))
    passing.isPacked = packingOf(start) !== undefined
    if (!passing.isPacked) return
    this.#plain.begin(path)
    this.#plain.piece(start)
  }

  #put({ path, size, hash, start, isPacked }: Passing, content: Buffer | undefined): void {
    const digest = digestOf(hash)
    const put = (plain: string): unknown => this.#files.set(path, { size, digest, plain, start, content })
    if (isPacked) this.#plain.end(put)
    else put(digest)
  }

  protected override settle(): Promise<void> | undefined {
    return this.#plain.settle()
  }

  protected override async check(): Promise<readonly Violation[]> {
    try {
      const said = named(readNaming(this.#naming), this.#checks.nameOf)
      const violations = await this.#checks.names(said.names)
      if (violations.length > 0) return violations
      this.#followLinks()
      const { images, files } = this.#encode(said)
      const others = await this.#checks.images(images)
      if (others.length > 0) return others
      for (const [path, content] of files) this.push(tarFile(path, content))
      return []
    } catch (cause) {
      if (!(cause instanceof FieldError || cause instanceof JsonError)) throw cause
      return [this.violation(cause.message)]
    }
  }

  #encode({ items, entries }: SaidImages): EncodedArchive {
    if (!this.#containerd) {
      if (items === undefined)
        throw new TarError('manifest.json is missing: this is not an archive of docker save')
      return encodeForDocker(items, this.#files)
    }
    if (entries !== undefined) return encodeLayoutForContainerd(entries, this.#files)
    if (items !== undefined) return encodeItemsForContainerd(items, this.#files)
    throw new TarError('it has neither manifest.json nor oci-layout: this is not an archive of images')
  }

  #followLinks(): void {
    const found = [...this.#links].map(([path, target]) => {
      const file = this.#files.get(target)
      if (file === undefined) throw new TarError(`${path} leads to no file of the archive`)
      if (!this.#containerd) this.push(tarLink(path, posix.relative(posix.dirname(path), target)))
      return [path, file] as const
    })
    for (const [path, file] of found) this.#files.set(path, file)
  }

  protected override violation(why: string): Violation {
    return {
      rule: 'load.archive',
      what: 'archive',
      why,
      instead: ['docker save IMAGE | docker load', 'docker pull'],
    }
  }
}

/** What the archive says, with the names that its images get. */
function named({ names, items, entries }: SaidImages, nameOf: Checks['nameOf']): SaidImages {
  return {
    names: names.map(nameOf),
    items: items?.map((item) => ({ ...item, names: item.names.map(nameOf) })),
    entries: entries?.map((entry) => ({ ...entry, name: entry.name === '' ? '' : nameOf(entry.name) })),
  }
}

function mayBeConfig(path: string, size: number): boolean {
  return (
    size <= LARGEST_CONFIG &&
    (/^(?:[^/]+\.json|sha256:[0-9a-f]{64})$/.test(path) || /^blobs\/[a-z0-9]+\/[0-9a-f]+$/.test(path))
  )
}

function startsWith(content: Buffer, start: Buffer): boolean {
  return content.subarray(0, start.length).equals(start)
}

function digestOf(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`
}
