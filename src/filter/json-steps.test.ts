import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allOf, countOf } from '../../test/support/share.ts'
import { parseExact, parseSteps, stringifySteps } from './json-steps.ts'

const LONG = 'x"\\\n'.repeat(20_000)
const image = (index: number) => ({
  Id: `${index}`,
  RepoTags: ['a:1'],
  Labels: { text: LONG.slice(0, 5_000) },
})
const images = Array.from({ length: 200 }, (_, index) => image(index))

describe('reading', () => {
  test.each([
    ['a short text', '{"a":[1,2]}'],
    ['a list', JSON.stringify(images)],
    ['a list with spaces', JSON.stringify(images, null, 2)],
    ['an object of lists', JSON.stringify({ Images: images, Size: 1, Volumes: [], '"[\\': { a: images } })],
    ['an object with spaces', ` ${JSON.stringify({ Images: images, Size: null }, null, 2)} `],
    ['an empty list with much space', `[${' '.repeat(100_000)}]`],
    ['an empty object with much space', `{${' '.repeat(100_000)}}`],
    ['a string', JSON.stringify(LONG)],
    ['an element that is longer than a step', JSON.stringify([1, LONG, [LONG, { a: LONG }], 2])],
  ])('%s gives what JSON.parse gives', (_what, text) => {
    expect(allOf(parseSteps(text))).toEqual(JSON.parse(text))
  })

  test('anything at all gives what JSON.parse gives', () => {
    const space = ' '.repeat(70_000)
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, isWide) => {
        const text = `${space}${JSON.stringify(value, null, isWide ? 1 : 0)}`
        expect(JSON.stringify(allOf(parseSteps(text)))).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  test.each([
    '18446744073709551615',
    '-9223372036854775808',
    '[9007199254740993]',
    '{"a":{"b":[12345678901234567890]}}',
  ])('a number with more digits than ours have stays what it is: %s', (text) => {
    expect(JSON.stringify(parseExact(text))).toBe(text)
    const long = `{"space":"${' '.repeat(70_000)}","value":${text},"list":[${text}]}`
    expect(allOf(stringifySteps(allOf(parseSteps(long))))).toBe(long)
  })

  test.each(['[1,', '["', '{"a":[1', '[1]]', '{"a"', '[1 2]'])('what is no JSON is an error: %s', (text) => {
    expect(() => allOf(parseSteps(text + ' '.repeat(100_000)))).toThrow(SyntaxError)
  })

  test('takes steps of some ten thousand characters', () => {
    expect(countOf(parseSteps(JSON.stringify(images)))).toBeGreaterThan(10)
    expect(countOf(parseSteps(JSON.stringify({ Images: images })))).toBeGreaterThan(10)
  })
})

describe('writing', () => {
  test('anything at all gives what JSON.stringify gives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(allOf(stringifySteps(value))).toBe(JSON.stringify(value))
      }),
    )
    const odd = { a: undefined, b: [undefined, () => 1], c: { d: undefined }, '"': 1 }
    expect(allOf(stringifySteps(odd))).toBe(JSON.stringify(odd))
  })

  test('takes a step for each element of a list', () => {
    expect(countOf(stringifySteps(images))).toBeGreaterThan(200)
    expect(countOf(stringifySteps({ Images: images }))).toBeGreaterThan(200)
  })
})
