import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decision, outcome } from '../../test/support/record.ts'
import { canonicalText, parseEntry } from './text.ts'

describe('the text of an entry', () => {
  test('does not depend on the order in which the entry was built', () => {
    const entry = decision()
    const { id, phase, ...rest } = entry
    expect(canonicalText({ ...rest, id, phase })).toBe(canonicalText(entry))
  })

  test('comes back as the same entry, whatever the strings hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (target, reason) => {
        const entries = [decision({ target, reason }), outcome('of', { target, reason })]
        expect(entries.map((entry) => parseEntry(canonicalText(entry)))).toEqual(entries)
      }),
    )
  })

  test.each(['', 'null', '{}', '[]', '{"phase":"decision"}'])('%j is not an entry', (text) => {
    expect(parseEntry(text)).toBeUndefined()
  })

  test('with a field more, or a value of another type, is not an entry', () => {
    const text = canonicalText(outcome('of'))
    expect(parseEntry(text.replace('{', '{"more":1,'))).toBeUndefined()
    expect(parseEntry(text.replace('201', '"201"'))).toBeUndefined()
  })
})
