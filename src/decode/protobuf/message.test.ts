import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../fields.ts'
import { bytes, choice, flag, int32, int64, numbers, text, uint32 } from './kinds.ts'
import { dictionary, given, leftOut, maybe, message, refused, several, type Reading } from './message.ts'
import { WireError } from './wire.ts'

const inner = message('Inner', { word: given(1, text), more: several(2, text) })
const outer = message('Outer', {
  text: given(1, text),
  bytes: given(2, bytes),
  flag: given(3, flag),
  big: given(4, int64),
  small: given(5, int32),
  unsigned: given(6, uint32),
  choice: given(7, choice('none', 'one', 'two')),
  inner: maybe(8, inner),
  all: several(9, inner),
  numbers: numbers(10, int32),
  words: dictionary(11, text),
  messages: dictionary(12, inner),
  left: maybe(13, uint32, 'side'),
  right: maybe(14, text, 'side'),
  never: refused(15, 'it is never given', 'something else'),
  skipped: leftOut(16, 'nobody needs it'),
})

const strict = (): Reading => ({ findings: [], unknown: 'error' })
const decode = (...parts: readonly (readonly number[])[]) => outer.decode(Buffer.from(parts.flat()), strict())

const innerValue = fc.record({ word: fc.string(), more: fc.array(fc.string(), { maxLength: 3 }) })
const outerValue = fc.record({
  text: fc.string(),
  bytes: fc.uint8Array().map((one) => Buffer.from(one)),
  flag: fc.boolean(),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  small: fc.integer(),
  unsigned: fc.nat({ max: 2 ** 32 - 1 }),
  choice: fc.constantFrom<'none' | 'one' | 'two'>('none', 'one', 'two'),
  inner: fc.option(innerValue, { nil: undefined }),
  all: fc.array(innerValue, { maxLength: 3 }),
  numbers: fc.array(fc.integer(), { maxLength: 4 }),
  words: fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  messages: fc.array(fc.tuple(fc.string(), innerValue), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  left: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
})

describe('a message', () => {
  test('that is written is read as it was', () => {
    fc.assert(
      fc.property(outerValue, (value) => {
        const whole = { ...outer.empty, ...value }
        expect(outer.decode(outer.encode(whole), strict())).toEqual(whole)
      }),
    )
  })

  test('is one and the same in bytes, in whatever order its names came', () => {
    const one = {
      ...outer.empty,
      words: new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    }
    const other = {
      ...outer.empty,
      words: new Map([
        ['b', '2'],
        ['a', '1'],
      ]),
    }
    expect(outer.encode(one)).toEqual(outer.encode(other))
  })

  test('is either understood or refused, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (some) => {
        try {
          const value = outer.decode(Buffer.from(some), strict())
          expect(outer.decode(outer.encode(value), strict())).toEqual(value)
        } catch (cause) {
          expect(cause).toBeInstanceOf(WireError)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('that is cut off is none', () => {
    const whole = outer.encode({ ...outer.empty, text: 'some text', big: 2n ** 40n })
    for (let length = 1; length < whole.length; length += 1) {
      const cut = (): unknown => outer.decode(whole.subarray(0, length), strict())
      // Between two fields it is another, shorter message.
      if (length !== 11) expect(cut).toThrow(WireError)
    }
  })
})

describe('refused is', () => {
  test.each([
    ['a field that is not known', [0x98, 0x01, 0x01], 'field 19'],
    [
      'a field that stands there twice',
      [0x0a, 0x01, 0x61, 0x0a, 0x01, 0x62],
      'Outer.text stands there twice',
    ],
    ['a field of another type', [0x08, 0x01], 'Outer.text is of another type'],
    ['a flag that is neither', [0x18, 0x02], 'Outer.flag is neither true nor false'],
    ['a word that is not known', [0x38, 0x03], 'Outer.choice = 3 is not known here'],
    ['two of a group', [0x68, 0x01, 0x72, 0x01, 0x61], 'Outer has both left and right'],
    ['a text that is not UTF-8', [0x0a, 0x01, 0xff], 'not UTF-8'],
    ['a number of more than 64 bits', [0x20, ...Array.from({ length: 9 }, () => 0xff), 0x7f], '64 bits'],
    ['a number that does not end', [0x20, ...Array.from({ length: 11 }, () => 0xff)], '64 bits'],
    ['a number out of its range', [0x30, 0x80, 0x80, 0x80, 0x80, 0x10], 'Outer.unsigned is out of its range'],
    ['a group, as there were', [0x0b, 0x0c], '3 is no wire type'],
    ['the field 0', [0x00, 0x01], '0 is no number of a field'],
    [
      'a name that stands there twice',
      [0x5a, 0x03, 0x0a, 0x01, 0x61, 0x5a, 0x03, 0x0a, 0x01, 0x61],
      '"a" twice',
    ],
    ['an entry that is none', [0x5a, 0x03, 0x1a, 0x01, 0x61], 'an entry that is none'],
    ['a length behind the end', [0x0a, 0x05, 0x61], 'it ends too early'],
  ])('%s', (_, said, says) => {
    expect(() => decode(said)).toThrow(says)
  })

  test('messages in messages without end', () => {
    const path = Array.from({ length: 40 }, () => 'x').join('.')
    const deep = message('Deep', {
      in: maybe(1, { ...inner, read: (raw, _, reading) => inner.read(raw, path, reading) }),
    })
    expect(() => deep.decode(Buffer.from([0x0a, 0x00]), strict())).toThrow('too many messages')
  })

  test('what no policy gives, if it is not empty', () => {
    const findings: Finding[] = []
    outer.decode(Buffer.from([0x7a, 0x00]), { findings, unknown: 'error' })
    expect(findings).toEqual([])
    outer.decode(Buffer.from([0x7a, 0x01, 0x61]), { findings, unknown: 'error' })
    expect(findings).toEqual([{ what: 'Outer.never', why: 'it is never given', instead: 'something else' }])
  })
})

test('numbers may stand one by one', () => {
  expect(decode([0x50, 0x01, 0x50, 0x02]).numbers).toEqual([1, 2])
  expect(decode([0x52, 0x02, 0x01, 0x02]).numbers).toEqual([1, 2])
})

test('what is left out is not written, and what an engine has newly is not told', () => {
  const value = outer.decode(Buffer.from([0x82, 0x01, 0x01, 0x61, 0x98, 0x01, 0x01]), {
    findings: [],
    unknown: 'left out',
  })
  expect(value).toEqual(outer.empty)
  expect(outer.encode(value)).toHaveLength(0)
})

test('a member of a group is there also where it is 0', () => {
  const zero = outer.encode({ ...outer.empty, left: 0 })
  expect(outer.decode(zero, strict()).left).toBe(0)
})
