/** Types of single values. */
import { bytesOf, type Field, type Scalar } from './message.ts'
import { packedNumbers, textOfBytes, varint, WireError, type Raw } from './wire.ts'

export const text: Scalar<string> = {
  none: '',
  read: (raw, path) => textOfBytes(bytesOf(raw, path)),
  write: (value) => Buffer.from(value),
}

/** A view into what was read. */
export const bytes: Scalar<Buffer> = {
  none: Buffer.alloc(0),
  read: (raw, path) => bytesOf(raw, path),
  write: (value) => value,
}

export const flag: Scalar<boolean> = {
  none: false,
  read: (raw, path) => {
    const value = numberOf(raw, path)
    if (value > 1n) throw new WireError(`${path} is neither true nor false`)
    return value === 1n
  },
  write: (value) => (value ? 1n : 0n),
}

export const int64: Scalar<bigint> = {
  none: 0n,
  read: (raw, path) => BigInt.asIntN(64, numberOf(raw, path)),
  write: (value) => BigInt.asUintN(64, value),
}

export const int32 = within(-(2 ** 31), 2 ** 31 - 1)
export const uint32 = within(0, 2 ** 32 - 1)

function within(least: number, most: number): Scalar<number> {
  return {
    none: 0,
    read: (raw, path) => {
      const value = Number(BigInt.asIntN(64, numberOf(raw, path)))
      if (value < least || value > most) throw new WireError(`${path} is out of its range`)
      return value
    },
    write: (value) => BigInt.asUintN(64, BigInt(value)),
  }
}

/** A word of a list, which stands for its place there; the first one is none. */
export function choice<const Word extends string>(...words: readonly [Word, ...Word[]]): Scalar<Word> {
  return {
    none: words[0],
    read: (raw, path) => {
      const number = numberOf(raw, path)
      const word = number < BigInt(words.length) ? words[Number(number)] : undefined
      if (word === undefined) throw new WireError(`${path} = ${number} is not known here`)
      return word
    },
    write: (value) => BigInt(words.indexOf(value)),
  }
}

/** Numbers, which may stand one by one or packed; they are written packed, as version 3 of the language has it. */
export function numbers<T>(number: number, kind: Scalar<T>): Field<readonly T[]> {
  return {
    ...{ number, treatment: 'forwarded', why: '', table: undefined, group: undefined, repeated: true },
    read: (found, path, reading) =>
      found.flatMap((raw) =>
        raw.wire === 'bytes'
          ? [...packedNumbers(raw.value)].map((one) => kind.read(one, path, reading))
          : [kind.read(raw, path, reading)],
      ),
    write: (writer, values) => {
      if (values.length === 0) return
      writer.bytes(number, Buffer.concat(values.map((value) => varintOf(kind.write(value)))))
    },
  }
}

function varintOf(value: bigint | Buffer): Buffer {
  return typeof value === 'bigint' ? varint(value) : value
}

function numberOf(raw: Raw, path: string): bigint {
  if (raw.wire === 'varint') return raw.value
  throw new WireError(`${path} is of another type`)
}
