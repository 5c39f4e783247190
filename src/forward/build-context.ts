/** The context of a build on its way to the engine: passed on as it comes, but its end is held back until the Dockerfile was checked. */
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TarError, TarWalker, type Entry } from '../decode/tar.ts'
import type { Violation } from '../policy/refuse.ts'

/** Two blocks of zeros: without them, or the end of the body, an engine does not begin to build. */
const END_OF_ARCHIVE = Buffer.alloc(1024)

/** How an engine knows gzip, bzip2, xz and zstd (moby, pkg/archive), as Latin-1. */
const PACKED = /^(?:\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18)/
const LONGEST_MAGIC = 6
/** Characters of the paths of all links together. */
const MOST_LINKS = 16 * 2 ** 20

export class BuildContext extends Transform {
  readonly #walker: TarWalker
  readonly #dockerfile: string
  readonly #check: (dockerfile: string) => readonly Violation[]
  /** By path: its content, or undefined where the last entry of that path is no plain file. */
  readonly #found = new Map<string, string | undefined>()
  readonly #links = new Set<string>()
  #linkLengths = 0
  #start = Buffer.alloc(0)
  #violations: readonly Violation[] = []

  /**
   * @param dockerfile its path in the context
   * @param check gives the violations of a Dockerfile's text
   */
  constructor(dockerfile: string, check: (dockerfile: string) => readonly Violation[]) {
    super()
    this.#dockerfile = dockerfile
    this.#check = check
    this.#walker = new TarWalker({
      entry: (entry) => this.#entry(entry),
      content: ({ path }, content) => this.#found.set(path, content.toString()),
    })
  }

  /** Why the context was not passed on; empty while it is. */
  get violations(): readonly Violation[] {
    return this.#violations
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#guard(done, () => {
      this.#checkStart(chunk)
      this.push(chunk.subarray(0, this.#walker.push(chunk)))
    })
  }

  override _flush(done: TransformCallback): void {
    this.#guard(done, () => {
      this.#walker.end()
      this.#violations = this.#checkDockerfile()
      if (this.#violations.length > 0) throw new TarError('the Dockerfile is refused')
      this.push(END_OF_ARCHIVE)
    })
  }

  /** A file's name at the start can make a tar that an engine would unpack first, and read something else. */
  #checkStart(chunk: Buffer): void {
    if (this.#start.length >= LONGEST_MAGIC) return
    this.#start = Buffer.concat([this.#start, chunk.subarray(0, LONGEST_MAGIC - this.#start.length)])
    if (PACKED.test(this.#start.toString('latin1')))
      throw new TarError('the context is compressed; send it plain, or with gzip')
  }

  #guard(done: TransformCallback, step: () => void): void {
    try {
      step()
      done()
    } catch (cause) {
      if (!(cause instanceof TarError)) throw cause
      if (this.#violations.length === 0) this.#violations = [violation('context', cause.message)]
      done(cause)
    }
  }

  /** Of two entries of one path the last one counts, as for the engine. */
  #entry({ path, type }: Entry): boolean {
    this.#checkWay(path)
    if (type === 'link') this.#addLink(path)
    const candidates = this.#candidates()
    if (candidates.includes(path)) {
      this.#found.set(path, undefined)
      return type === 'file'
    }
    // What stands in the place of a directory on the way there could lead anywhere.
    if (type !== 'directory' && this.#dockerfile.startsWith(`${path}/`))
      throw new TarError(`${path} is no plain directory`)
    return false
  }

  /** What is unpacked through a link lands somewhere else, and could replace the Dockerfile. */
  #checkWay(path: string): void {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const above = path.slice(0, slash)
      if (this.#links.has(above)) throw new TarError(`${above} is a link, and has something in it`)
    }
  }

  #addLink(path: string): void {
    if (this.#links.has(path)) return
    this.#links.add(path)
    this.#linkLengths += path.length
    if (this.#linkLengths > MOST_LINKS) throw new TarError('the context has too many links')
  }

  /** An engine takes `dockerfile` where there is no `Dockerfile` (moby, builder/remotecontext). */
  #candidates(): readonly string[] {
    return this.#dockerfile === 'Dockerfile' ? ['Dockerfile', 'dockerfile'] : [this.#dockerfile]
  }

  #checkDockerfile(): readonly Violation[] {
    const path = this.#candidates().find((candidate) => this.#found.has(candidate))
    const content = path === undefined ? undefined : this.#found.get(path)
    if (content === undefined) return [violation(this.#dockerfile, 'it must be a plain file in the context')]
    return this.#check(content)
  }
}

function violation(what: string, why: string): Violation {
  return { rule: 'build.context', what, why, instead: ['docker build DIR, with a plain Dockerfile in it'] }
}

/** The first bytes of gzip (RFC 1952), as compose sends contexts. */
const GZIP = [0x1f, 0x8b]

/** A context as a plain tar, which is what is checked and sent, however the client packed it. */
export async function* unpacked(content: Readable): AsyncGenerator<Buffer> {
  const chunks = content[Symbol.asyncIterator]()
  let start = Buffer.alloc(0)
  while (start.length < GZIP.length) {
    const next = await chunks.next()
    if (next.done === true) break
    start = Buffer.concat([start, bytesOf(next.value)])
  }
  if (start.length === 0) return
  const whole = Readable.from(prepend(start, chunks), { objectMode: false })
  const isGzip = GZIP.every((byte, index) => start[index] === byte)
  for await (const chunk of isGzip ? whole.pipe(createGunzip()) : whole) yield bytesOf(chunk)
}

async function* prepend(start: Buffer, rest: AsyncIterator<unknown>): AsyncGenerator<Buffer> {
  yield start
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield bytesOf(next.value)
}

function bytesOf(chunk: unknown): Buffer {
  if (chunk instanceof Buffer) return chunk
  throw new TypeError('a context is read as bytes')
}
