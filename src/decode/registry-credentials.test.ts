import { expect, test } from 'vitest'
import { parseReference, type ImageReference } from './reference.ts'
import { credentials, credentialsFor } from './registry-credentials.ts'

const CONFIG = {
  'https://index.docker.io/v1/': { username: 'hub', password: 'p', email: '' },
  'registry.example:5000': { identitytoken: 't', serveraddress: 'registry.example:5000' },
  'http://other.example/v2/': { auth: 'a' },
}

function packed(config: unknown): string {
  return Buffer.from(JSON.stringify(config)).toString('base64url')
}

function read(header: string | undefined) {
  return header === undefined ? undefined : credentials.read(header, '', [])
}

function image(written: string): ImageReference {
  const reference = parseReference(written)
  if (reference === undefined) throw new RangeError(written)
  return reference
}

test.each([
  ['alpine', { username: 'hub', password: 'p' }],
  ['registry.example:5000/a:1', { identitytoken: 't', serveraddress: 'registry.example:5000' }],
  ['other.example/a', { auth: 'a' }],
])('%s gets the credentials of its registry alone', (written, expected) => {
  const found = credentialsFor(read(packed(CONFIG)), image(written))
  expect(JSON.parse(Buffer.from(found?.reveal() ?? '', 'base64url').toString())).toEqual(expected)
})

test('only texts are credentials', () => {
  const config = packed({ 'registry.example': { username: 'a', password: 1, auth: null } })
  const found = credentialsFor(read(config), image('registry.example/a'))
  expect(JSON.parse(Buffer.from(found?.reveal() ?? '', 'base64url').toString())).toEqual({ username: 'a' })
})

test.each([
  ['another registry', packed(CONFIG)],
  ['no credentials', undefined],
  ['a list', packed([])],
  ['what is no JSON', 'AAAA'],
  ['a text in the place of credentials', packed({ 'registry.example': 'x' })],
])('of %s there are none', (_what, config) => {
  expect(credentialsFor(read(config), image('registry.example/a'))).toBeUndefined()
})
