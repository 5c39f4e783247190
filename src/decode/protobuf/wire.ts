/** The bytes of protocol buffers (protobuf.dev, "Encoding"). */
import { isUtf8 } from 'node:buffer'

/** What is no protocol buffer, or none that is understood whole. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** A value as it stands: a number of variable length, unsigned; what has a length, as a view; or one of four or eight bytes. */
export type Raw =
  | { readonly wire: 'varint'; readonly value: bigint }
  | { readonly wire: 'bytes' | 'fixed'; readonly value: Buffer }

export interface RawField {
  readonly number: number
  readonly raw: Raw
}

const LONGEST_VARINT = 10
const CONTINUES = 0x80
/** Bytes of a list of numbers: exit codes that are no failure. */
const LONGEST_PACKED = 4_096
/** 2^29 - 1 ("Assigning Field Numbers"). */
const LARGEST_NUMBER = 536_870_911

/** The fields of a message, one after the other. @throws {WireError} */
export function* rawFields(bytes: Buffer): Generator<RawField> {
  for (let at = 0; at < bytes.length;) {
    const [tag, behind] = varintAt(bytes, at)
    const number = Number(tag >> 3n)
    if (number < 1 || number > LARGEST_NUMBER) throw new WireError(`${number} is no number of a field`)
    const [raw, end] = rawAt(bytes, behind, Number(tag & 7n))
    yield { number, raw }
    at = end
  }
}

/** The numbers of a list that stands packed. @throws {WireError} */
export function* packedNumbers(bytes: Buffer): Generator<Raw> {
  if (bytes.length > LONGEST_PACKED) throw new WireError(`more than ${LONGEST_PACKED} bytes of numbers`)
  for (let at = 0; at < bytes.length;) {
    const [value, end] = varintAt(bytes, at)
    yield { wire: 'varint', value }
    at = end
  }
}

function rawAt(bytes: Buffer, at: number, wire: number): readonly [Raw, number] {
  switch (wire) {
    case 0: {
      const [value, end] = varintAt(bytes, at)
      return [{ wire: 'varint', value }, end]
    }
    case 2: {
      const [length, start] = varintAt(bytes, at)
      if (length > BigInt(bytes.length - start)) throw new WireError('it ends too early')
      const end = start + Number(length)
      return [{ wire: 'bytes', value: bytes.subarray(start, end) }, end]
    }
    case 1:
    case 5: {
      const end = at + (wire === 1 ? 8 : 4)
      if (end > bytes.length) throw new WireError('it ends too early')
      return [{ wire: 'fixed', value: bytes.subarray(at, end) }, end]
    }
    default:
      throw new WireError(`${wire} is no wire type`)
  }
}

/** A number of 64 bits at most, and where it ends. */
function varintAt(bytes: Buffer, at: number): readonly [bigint, number] {
  // Most are small.
  const first = bytes[at]
  if (first !== undefined && first < CONTINUES) return [BigInt(first), at + 1]
  let value = 0n
  for (let place = 0; place < LONGEST_VARINT; place += 1) {
    const byte = bytes[at + place]
    if (byte === undefined) throw new WireError('it ends too early')
    value |= BigInt(byte & 0x7f) << BigInt(7 * place)
    if (byte < CONTINUES) {
      if (value >> 64n !== 0n) break
      return [value, at + place + 1]
    }
  }
  throw new WireError('a number has more than 64 bits')
}

/** @throws {WireError} */
export function textOfBytes(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new WireError('a text is not UTF-8')
  return bytes.toString()
}

/** Whether a value is the same as none. */
export function isNothing(raw: Raw): boolean {
  if (raw.wire === 'varint') return raw.value === 0n
  return raw.wire === 'bytes' ? raw.value.length === 0 : raw.value.every((byte) => byte === 0)
}

/** Collects fields, one after the other. */
export class WireWriter {
  readonly #chunks: Buffer[] = []

  varint(number: number, value: bigint): void {
    this.#varint(BigInt(number) << 3n)
    this.#varint(value)
  }

  bytes(number: number, value: Buffer): void {
    this.#varint((BigInt(number) << 3n) | 2n)
    this.#varint(BigInt(value.length))
    this.#chunks.push(value)
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #varint(value: bigint): void {
    this.#chunks.push(varint(value))
  }
}

/** @param value unsigned, 64 bits at most */
export function varint(value: bigint): Buffer {
  if (value < 0x80n) return Buffer.from([Number(value)])
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | CONTINUES)
  return Buffer.from([...bytes, Number(rest)])
}
