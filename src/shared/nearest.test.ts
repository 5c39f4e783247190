import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearestWord } from './nearest.ts'

const words = ['ps', 'inspect', 'logs', 'images', 'system df', 'network ls']

describe('the nearest word', () => {
  test.each([
    ['insepct', 'inspect', 'two neighbours swapped'],
    ['inspct', 'inspect', 'a character left out'],
    ['logss', 'logs', 'a character too many'],
    ['lags', 'logs', 'a character exchanged'],
    ['LOGS', 'logs', 'another case'],
    ['system fd', 'system df', 'a swap in the second word'],
    ['sp', 'ps', 'a swap in a word of two characters'],
  ])('%s is probably %s: %s', (written, meant) => {
    expect(nearestWord(written, words)).toBe(meant)
  })

  test.each(['xyzzy', 'q', '', 'inspect-everything-there-is', 'x'.repeat(100_000)])(
    'nothing is near %.30s',
    (written) => {
      expect(nearestWord(written, words)).toBeUndefined()
    },
  )

  test('a known word is nearest to itself', () => {
    fc.assert(fc.property(fc.constantFrom(...words), (word) => nearestWord(word, words) === word))
  })

  test('one slip in a word of the list is always found', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.constantFrom('x', 'y', ''), (place, replacement) => {
        const written = 'inspect'.slice(0, place) + replacement + 'inspect'.slice(place + 1)
        expect(nearestWord(written, words)).toBe('inspect')
      }),
    )
  })
})
