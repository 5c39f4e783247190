/**
 * Reads a tar as it streams by (POSIX ustar and pax, GNU long names), to see what an engine will see.
 * Only plain entries pass: whatever two readers could take differently (sparse files, sizes in pax records, unknown types,
 * bad checksums) is an error. Content is not kept, but for the files that are asked for.
 */

/** A tar that is not read here. */
export class TarError extends Error {
  override readonly name = 'TarError'
}

/** One that came damaged: what was meant can't be known. */
export class DamagedTar extends TarError {}

/** `special` is a device or a pipe. */
type EntryType = 'file' | 'directory' | 'link' | 'special'

export type Entry = {
  /** In its one spelling: no leading `/` or `./`, no `..`. */
  readonly path: string
  /** Bytes of its content. */
  readonly size: number
} & (
  | { readonly type: 'file' | 'directory' | 'special' }
  /** Where it leads, as written: from its own folder, or with a `/` in front from the root of the archive. */
  | { readonly type: 'link'; readonly target: string }
)

const BLOCK = 512
/** The block that an archive ends with. */
const END = Buffer.alloc(BLOCK)
const LARGEST_META = 64 * 2 ** 10
/** Characters of a path, which Linux takes no longer (PATH_MAX), and its parts: each is looked up for every entry. */
const LONGEST_PATH = 4096
const DEEPEST_PATH = 256
const TYPES: Readonly<Record<string, EntryType>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'link',
  '2': 'link',
  '3': 'special',
  '4': 'special',
  '5': 'directory',
  '6': 'special',
}
/** Bytes of a file that is kept. */
const LARGEST_KEPT = 2 ** 20

/** What a walker tells. */
export interface TarVisitor {
  /** Called for each entry, in order. Returns whether its content is to be kept. */
  readonly entry: (entry: Entry) => boolean
  /** Called with the content of an entry that was to be kept. */
  readonly content: (entry: Entry, content: Buffer) => void
  /** Called with the content of any other, piece by piece. */
  readonly piece?: (piece: Buffer) => void
  /** Called behind the content of each such entry. */
  readonly ended?: () => void
}

type State =
  | { readonly at: 'header' }
  | { readonly at: 'meta'; readonly type: string; readonly kept: Buffer; left: number; padding: number }
  | {
      readonly at: 'content'
      readonly entry: Entry
      readonly kept: Buffer | undefined
      left: number
      padding: number
    }
  | { readonly at: 'end' }

export class TarWalker {
  readonly #visitor: TarVisitor
  #state: State = { at: 'header' }
  #rest = Buffer.alloc(0)
  #longName: string | undefined
  #longTarget: string | undefined
  #extended = false

  constructor(visitor: TarVisitor) {
    this.#visitor = visitor
  }

  /** Reads on. Returns how many bytes of the chunk lie before the end of the archive. @throws {TarError} */
  push(chunk: Buffer): number {
    const before = this.#rest.length
    const data = before === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (this.#state.at !== 'end') {
      const used = this.#state.at === 'header' ? this.#header(data, at) : this.#bytes(this.#state, data, at)
      if (used === 0) break
      at += used
    }
    this.#rest = this.#state.at === 'end' ? Buffer.alloc(0) : Buffer.from(data.subarray(at))
    return this.#state.at === 'end' ? Math.max(0, at - before) : chunk.length
  }

  /**
   * To be called at the end of the stream. Returns how many bytes of padding the last entry lacks: the CLI leaves them out
   * where it puts a Dockerfile into a context, and Go reads such a tar. @throws {TarError} if it was cut
   */
  end(): number {
    const state = this.#state
    if (state.at === 'end') return 0
    const lacking = state.at === 'content' && state.left === 0 ? state.padding : 0
    if (state.at === 'content' && lacking > 0) this.#close(state)
    if (this.#state.at !== 'header' || this.#rest.length > 0) throw new DamagedTar('the tar is cut off')
    return lacking
  }

  #header(data: Buffer, at: number): number {
    if (data.length - at < BLOCK) return 0
    const block = data.subarray(at, at + BLOCK)
    if (block.equals(END)) {
      this.#state = { at: 'end' }
      return 0
    }
    checkSum(block)
    const size = octal(block, 124, 12)
    const type = String.fromCharCode(block[156] ?? 0)
    const padding = (BLOCK - (size % BLOCK)) % BLOCK
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > LARGEST_META) throw new TarError('a name in the tar is too long')
      this.#state = { at: 'meta', type, kept: Buffer.alloc(size), left: size, padding }
      return BLOCK
    }
    const known = TYPES[type]
    if (known === undefined) throw new TarError(`the tar has an entry of type ${JSON.stringify(type)}`)
    if (known !== 'file' && size !== 0)
      throw new TarError('the tar has a link, a directory or a device with content')
    const name = this.#longName ?? nameOf(block)
    // Go takes a file of the oldest type for a directory where its name ends so.
    if (known === 'file' && name.endsWith('/'))
      throw new TarError(`the tar has a file that is named as a directory: ${name}`)
    const path = cleanPath(name)
    const target = this.#longTarget ?? text(block.subarray(157, 257))
    const entry: Entry =
      known === 'link'
        ? // A hard link tells its target from the root.
          { path, type: known, size, target: type === '1' ? `/${target}` : target }
        : { path, type: known, size }
    this.#longName = undefined
    this.#longTarget = undefined
    this.#extended = false
    const isKept = this.#visitor.entry(entry)
    if (isKept && size > LARGEST_KEPT) throw new TarError(`${entry.path} is larger than 1 MiB`)
    this.#state = {
      at: 'content',
      entry,
      kept: isKept ? Buffer.alloc(size) : undefined,
      left: size,
      padding,
    }
    return BLOCK
  }

  #bytes(state: Extract<State, { left: number }>, data: Buffer, at: number): number {
    const take = Math.min(state.left, data.length - at)
    if (take > 0) {
      // However small the pieces are in which it comes.
      if (state.kept !== undefined) data.copy(state.kept, state.kept.length - state.left, at, at + take)
      else this.#visitor.piece?.(data.subarray(at, at + take))
      state.left -= take
      if (state.left > 0) return take
    }
    if (state.left > 0) return 0
    const skip = Math.min(state.padding, data.length - at - take)
    state.padding -= skip
    if (state.padding > 0) return take + skip
    this.#close(state)
    // An empty entry uses no bytes; saying one too few would end the loop.
    return take + skip === 0 ? this.#again(data, at) : take + skip
  }

  /** Goes on with the next header at the same place. */
  #again(data: Buffer, at: number): number {
    return this.#state.at === 'header' ? this.#header(data, at) : 0
  }

  #close(state: Extract<State, { left: number }>): void {
    this.#state = { at: 'header' }
    if (state.at === 'content') {
      if (state.kept === undefined) this.#visitor.ended?.()
      else this.#visitor.content(state.entry, state.kept)
      return
    }
    const content = state.kept
    const pax = state.type === 'x' || state.type === 'g' ? paxNames(content) : {}
    const name = state.type === 'L' ? text(content) : state.type === 'x' ? pax.path : undefined
    if (name === '') throw new TarError('the tar has an empty name for an entry')
    if (name !== undefined && this.#longName !== undefined)
      throw new TarError('the tar has two names for one entry')
    // A second header of the kind, or one for all entries, makes Go forget the first.
    if (this.#extended && (state.type === 'x' || state.type === 'g'))
      throw new TarError('the tar has two extended headers for one entry')
    if (state.type === 'g' && this.#longName !== undefined)
      throw new TarError('the tar has a name that belongs to no entry')
    this.#extended ||= state.type === 'x'
    this.#longName = name ?? this.#longName
    if (state.type === 'K') this.#longTarget = text(content)
    if (state.type === 'x') this.#longTarget = pax.linkpath ?? this.#longTarget
    if (state.type === 'g' && pax.path !== undefined)
      throw new TarError('the tar has one name for all entries')
  }
}

function checkSum(block: Buffer): void {
  // Counted by hand: an archive has thousands of them, and an iterator makes garbage of each byte.
  let sum = 8 * 0x20
  for (let index = 0; index < block.length; index += 1)
    if (index < 148 || index >= 156) sum += block[index] ?? 0
  if (octal(block, 148, 8) !== sum) throw new DamagedTar('this is not a tar, or a damaged one')
}

function octal(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length).toString('latin1')
  // Go skips NULs in front of a number, others stop at them.
  const digits = /^ *([0-7]*)[ \0]*$/.exec(field)?.[1]
  if (digits === undefined) throw new TarError('the tar has a number in a form that is not read here')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

function nameOf(block: Buffer): string {
  const name = text(block.subarray(0, 100))
  const isPosix = block.subarray(257, 263).toString('latin1') === 'ustar\0'
  if (block.subarray(508, 512).toString('latin1') === 'tar\0')
    throw new TarError('the tar is of the star format')
  const prefix = text(block.subarray(345, 500))
  // Go takes it for a part of the name in some archives that call themselves GNU's.
  if (!isPosix && prefix !== '') throw new TarError('the tar has times of access, or a name in two forms')
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Text up to the first NUL. */
function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end === -1 ? bytes.length : end).toString('utf8')
}

/** `path` and `linkpath` of pax records (`LENGTH KEY=VALUE\n`). Records that change how the content is read are not taken. */
function paxNames(content: Buffer): { readonly path?: string; readonly linkpath?: string } {
  const names: { path?: string; linkpath?: string } = {}
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(0x20, at)
    const length = Number(content.subarray(at, space).toString('latin1'))
    if (space === -1 || !(length > 0) || at + length > content.length || content[at + length - 1] !== 0x0a) {
      throw new TarError('the tar has a pax record that is damaged')
    }
    const record = content.subarray(space + 1, at + length - 1).toString('utf8')
    const equals = record.indexOf('=')
    const key = record.slice(0, equals)
    if (key === 'size' || key.startsWith('GNU.sparse'))
      throw new TarError(`the tar has a pax record that is not read here: ${key}`)
    if (key === 'path' || key === 'linkpath') names[key] = record.slice(equals + 1)
    at += length
  }
  return names
}

/** A path in its one spelling. @throws {TarError} for one that leads out of the archive, which an engine refuses too */
export function cleanPath(path: string): string {
  if (path.length > LONGEST_PATH) throw new TarError('a path in the tar is too long')
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw new TarError(`the tar has a path that leads out: ${JSON.stringify(path)}`)
  if (parts.length > DEEPEST_PATH) throw new TarError('a path in the tar is too deep')
  return parts.join('/')
}
