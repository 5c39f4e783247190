import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from './secret.ts'

const secret = new Secret('s3cret', (value, hide) => [hide(value), 'plain'])

test('what a secret holds is told by its field alone, and given to whoever asks for it', () => {
  expect(secret.reveal()).toBe('s3cret')
  expect(secret.told((value) => `${value.length}`)).toEqual(['6', 'plain'])
})

test('what writes values by itself writes nothing of a secret', () => {
  const written = [
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: null }),
    String(Object.entries(secret)),
  ]
  expect(written.join()).not.toContain('s3cret')
})
