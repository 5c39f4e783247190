/** Refusal texts and image patterns, for any values. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReference } from '../../src/decode/reference.ts'
import { someImageMatches } from '../../src/policy/match.ts'
import { refusalText } from '../../src/shared/refusal.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string(),
  fc.constant('\u001b[2J\r\n\u202e'),
)
const refusal = fc.record({
  decision: fc.constant('refused' as const),
  rule: text,
  what: text,
  why: text,
  instead: fc.array(text),
  also: fc.array(text),
  retryable: fc.boolean(),
  next: text,
  record: text,
})

describe('a refusal as text', () => {
  test('is at most six lines of printable ASCII, under 600 characters', () => {
    fc.assert(
      fc.property(refusal, (told) => {
        const written = refusalText(told)
        expect(written).toMatch(/^[\x20-\x7e\n]*$/)
        expect(written.split('\n').length).toBeLessThanOrEqual(6)
        expect(written.length).toBeLessThan(600)
        expect(written.startsWith('refused by policy: ')).toBe(true)
      }),
      { numRuns: 1_000 },
    )
  })
})

/** The same rule said otherwise: letter by letter, without an expression. */
function covers(pattern: string, name: string): boolean {
  if (pattern === '') return name === ''
  if (pattern.startsWith('**')) {
    const rest = pattern.replace(/^\*+/, '')
    return covers(rest, name) || (name !== '' && covers(pattern, name.slice(1)))
  }
  if (pattern.startsWith('*'))
    return (
      covers(pattern.slice(1), name) ||
      (name !== '' && !name.startsWith('/') && covers(pattern, name.slice(1)))
    )
  return name !== '' && pattern[0] === name[0] && covers(pattern.slice(1), name.slice(1))
}

const part = fc.stringMatching(/^[ab.*]{1,4}$/).map((word) => word.replaceAll('***', '**'))
const word = fc.stringMatching(/^[ab]{1,3}(?:[.][ab]{1,2})?$/)

describe('an image pattern', () => {
  test('covers what it says, and no more', () => {
    let matched = 0
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 3 }),
        fc.array(word, { minLength: 1, maxLength: 3 }),
        (parts, words) => {
          const pattern = ['reg.io', ...parts].join('/')
          const reference = parseReference(['reg.io', ...words].join('/'))
          if (reference === undefined) throw new Error('a name was made that is none')
          const expected = covers(pattern, reference.name)
          if (expected) matched += 1
          expect(someImageMatches([pattern], reference)).toBe(expected)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(matched).toBeGreaterThan(30)
  })

  test('with a tag covers that tag of those names alone', () => {
    fc.assert(
      fc.property(part, word, word, (tagPattern, name, tag) => {
        const reference = parseReference(`reg.io/${name}:${tag}`)
        if (reference === undefined) throw new Error('a name was made that is none')
        expect(someImageMatches([`reg.io/*:${tagPattern}`], reference)).toBe(covers(tagPattern, tag))
        expect(someImageMatches([`other.io/*:${tagPattern}`], reference)).toBe(false)
      }),
    )
  })
})
