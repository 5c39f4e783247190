/** Changes to inputs: at the level of bytes, and of the words that a target's grammar has. */

/** A small generator of numbers that gives the same ones for the same seed (Marsaglia, xorshift32). */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) % Math.max(1, limit)
  }

  /** One of a list that is not empty. */
  of<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)]
    if (chosen === undefined) throw new RangeError('there is nothing to choose from')
    return chosen
  }
}

/** Longer ones are cut: what matters shows in short inputs too. */
const LONGEST = 16_384

type Change = (bytes: Buffer, dice: Dice, others: readonly Buffer[], words: readonly string[]) => Buffer

const NUMBERS = ['0', '-1', '1', '00', '8', '99999999999999999999', '1e999', '0x10', '4294967296', '٣', '']

const CHANGES: readonly Change[] = [
  // A bit, a byte, a number.
  (bytes, dice) => replaced(bytes, dice.below(bytes.length), 1, Buffer.from([dice.below(256)])),
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    return replaced(bytes, at, 1, Buffer.from([(bytes[at] ?? 0) ^ (1 << dice.below(8))]))
  },
  (bytes, dice) => {
    const number = /-?[0-9]+/.exec(bytes.subarray(dice.below(bytes.length)).toString('latin1'))
    const at = number === null ? -1 : bytes.indexOf(number[0], 0, 'latin1')
    return at === -1 ? bytes : replaced(bytes, at, number?.[0].length ?? 0, Buffer.from(dice.of(NUMBERS)))
  },
  // A part gone, twice, elsewhere, or out of another input.
  (bytes, dice) => replaced(bytes, dice.below(bytes.length), 1 + dice.below(32), Buffer.alloc(0)),
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    return replaced(bytes, at, 0, bytes.subarray(at, at + 1 + dice.below(64)))
  },
  (bytes, dice) => {
    const at = dice.below(bytes.length)
    const part = bytes.subarray(at, at + 1 + dice.below(64))
    const rest = replaced(bytes, at, part.length, Buffer.alloc(0))
    return replaced(rest, dice.below(rest.length), 0, part)
  },
  (bytes, dice, others) => {
    const other = dice.of(others)
    const from = dice.below(other.length)
    return replaced(
      bytes,
      dice.below(bytes.length),
      dice.below(32),
      other.subarray(from, from + 1 + dice.below(256)),
    )
  },
  // Words of the grammar, alone and nested deep.
  (bytes, dice, _others, words) =>
    replaced(bytes, dice.below(bytes.length + 1), dice.below(3), Buffer.from(dice.of(words), 'latin1')),
  (bytes, dice, _others, words) =>
    replaced(
      bytes,
      dice.below(bytes.length + 1),
      0,
      Buffer.from(dice.of(words).repeat(1 + dice.below(40)), 'latin1'),
    ),
  (bytes, dice) => bytes.subarray(0, dice.below(bytes.length + 1)),
]

/** An input made of another by a few changes. */
export function mutated(
  bytes: Buffer,
  dice: Dice,
  others: readonly Buffer[],
  words: readonly string[],
): Buffer {
  let result = bytes
  for (let left = 1 + dice.below(4); left > 0; left -= 1)
    result = dice.of(CHANGES)(result, dice, others, words)
  return result.subarray(0, LONGEST)
}

function replaced(bytes: Buffer, at: number, length: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), by, bytes.subarray(at + length)])
}

/** The shortest input found, by leaving parts out, for which a property still holds. */
export function minimised(bytes: Buffer, holds: (bytes: Buffer) => boolean): Buffer {
  let shortest = bytes
  for (let size = bytes.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < shortest.length;) {
      const shorter = replaced(shortest, at, size, Buffer.alloc(0))
      if (holds(shorter)) shortest = shorter
      else at += size
    }
  }
  return shortest
}
