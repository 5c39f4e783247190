/**
 * Files that a client sends for a build (github.com/tonistiigi/fsutil). An engine writes them into a folder of its own as root, by the paths
 * that stand there: so each is below a folder that came before it, and none stands there twice. What was told once to be a folder is no
 * link later, and what a file is linked to is a file of the same transfer.
 */
import { packet, type Packet } from './session-messages.ts'
import type { Reading } from '../protobuf/message.ts'
import { rawFields, WireError, WireWriter } from '../protobuf/wire.ts'

/** Modes of files as Go has them (io/fs.FileMode). */
const FOLDER = 2 ** 31
const LINK = 2 ** 27
/** Devices of either kind, pipes and sockets. */
const SPECIAL = 2 ** 26 + 2 ** 21 + 2 ** 25 + 2 ** 24

/** Attributes that an image keeps: what a program may do, and the user's own. Others mean something to a file system alone. */
const KEPT_ATTRIBUTES = /^(?:security\.capability$|user\.)/

/** Files of one transfer, and characters of all their paths. */
const MOST_FILES = 1_000_000
const MOST_CHARACTERS = 128 * 2 ** 20

/** Numbers of a packet's fields: its type, the number of the file, and what is in it. */
const OF_CONTENT = [1, 3, 4]
const CONTENT = 2n
const LARGEST_ID = 2n ** 32n - 1n

/** A packet that has nothing but content, written anew; undefined for any other. Most packets are such, and they are read in no other way than this. */
function contentOf(said: Buffer): Buffer | undefined {
  const writer = new WireWriter()
  let last = 0
  for (const { number, raw } of rawFields(said)) {
    const isKnown = OF_CONTENT.includes(number) && number > last && (last > 0 || number === 1)
    if (!isKnown || raw.wire !== (number === 4 ? 'bytes' : 'varint')) return undefined
    if (raw.wire === 'varint' && (number === 1 ? raw.value !== CONTENT : raw.value > LARGEST_ID))
      return undefined
    last = number
    if (raw.wire === 'bytes') writer.bytes(number, raw.value)
    else if (raw.wire === 'varint')
      writer.varint(number, number === 3 ? BigInt.asUintN(32, raw.value) : raw.value)
  }
  return last === 0 ? undefined : writer.whole()
}

/** What a client sends in one call. */
export class Transfer {
  readonly #folders = new Set([''])
  readonly #files = new Set<string>()
  readonly #others = new Set<string>()
  #characters = 0
  /** Whether all files were told: an engine that hears of one more, or that once more, ends (fsutil, receive.go). */
  #isTold = false

  /** Reads a part, and writes it anew. @throws {WireError} */
  rewrite(said: Buffer, reading: Reading): Buffer {
    const content = contentOf(said)
    if (content !== undefined) return content
    return packet.encode(this.#checked(packet.decode(said, reading)))
  }

  #checked(part: Packet): Packet {
    const { stat, type } = part
    if (type === 'request') throw new WireError('a client that sends files asks for none')
    if ((stat !== undefined || type === 'stat') && this.#isTold)
      throw new WireError('all files of the context were told')
    if (stat !== undefined && type !== 'stat')
      throw new WireError('a file is told in the midst of something else')
    if (stat === undefined) {
      this.#isTold = type === 'stat' || this.#isTold
      return part
    }
    this.#take(stat)
    const xattrs = new Map([...stat.xattrs].filter(([name]) => KEPT_ATTRIBUTES.test(name)))
    return { ...part, stat: { ...stat, xattrs } }
  }

  #take({ path, mode, linkname }: NonNullable<Packet['stat']>): void {
    const wrong = (why: string): WireError => new WireError(`${JSON.stringify(path)} in the context ${why}`)
    const parts = path.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..') || path.includes('\0'))
      throw wrong('is no plain path')
    if (this.#folders.has(path) || this.#files.has(path) || this.#others.has(path))
      throw wrong('is there twice')
    if (!this.#folders.has(parts.slice(0, -1).join('/'))) throw wrong('is in no folder that came before it')
    if ((mode & SPECIAL) !== 0) throw wrong('is a device, a pipe or a socket')
    this.#characters += path.length
    if (this.#characters > MOST_CHARACTERS || this.#size >= MOST_FILES)
      throw wrong(`is one too many: ${MOST_FILES} files at most`)
    if (mode >= FOLDER) this.#folders.add(path)
    else if ((mode & LINK) !== 0) this.#others.add(path)
    else if (linkname === '' || this.#files.has(linkname)) this.#files.add(path)
    else throw wrong('is linked to what is no file of it')
  }

  get #size(): number {
    return this.#folders.size + this.#files.size + this.#others.size
  }
}
