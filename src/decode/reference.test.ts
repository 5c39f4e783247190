import { describe, expect, test } from 'vitest'
import {
  familiarReference,
  fullReference,
  looksLikeImageId,
  parseReference,
  storedReference,
} from './reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('image references', () => {
  test.each([
    ['alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['alpine:3.19', 'docker.io/library/alpine:3.19', 'alpine:3.19'],
    ['docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['index.docker.io/team/app', 'docker.io/team/app:latest', 'team/app:latest'],
    ['index.docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
    ['docker.io/ghcr.io', 'docker.io/library/ghcr.io:latest', 'ghcr.io:latest'],
    ['localhostx', 'docker.io/library/localhostx:latest', 'localhostx:latest'],
    ['a/b', 'docker.io/a/b:latest', 'a/b:latest'],
    ['A/b', 'A/b:latest', 'A/b:latest'],
    [
      'ghcr.io/docker.io/library/a',
      'ghcr.io/docker.io/library/a:latest',
      'ghcr.io/docker.io/library/a:latest',
    ],
    ['team/app:1', 'docker.io/team/app:1', 'team/app:1'],
    ['docker.io/library/team/app', 'docker.io/library/team/app:latest', 'library/team/app:latest'],
    ['ghcr.io/acme/app', 'ghcr.io/acme/app:latest', 'ghcr.io/acme/app:latest'],
    ['localhost/app:x', 'localhost/app:x', 'localhost/app:x'],
    ['localhost:5000/app', 'localhost:5000/app:latest', 'localhost:5000/app:latest'],
    ['Registry/app', 'Registry/app:latest', 'Registry/app:latest'],
    ['a__b/c--d', 'docker.io/a__b/c--d:latest', 'a__b/c--d:latest'],
    [`alpine@${DIGEST}`, `docker.io/library/alpine@${DIGEST}`, `alpine@${DIGEST}`],
    [`alpine:3@${DIGEST}`, `docker.io/library/alpine:3@${DIGEST}`, `alpine:3@${DIGEST}`],
  ])('%s is in full %s', (written, full, familiar) => {
    const reference = parseReference(written)
    if (reference === undefined) throw new Error('is not a reference')
    expect(fullReference(reference)).toBe(full)
    expect(familiarReference(reference)).toBe(familiar)
    expect(parseReference(full)).toMatchObject({ name: reference.name, digest: reference.digest })
    expect(parseReference(familiar)).toMatchObject({ name: reference.name, digest: reference.digest })
  })

  test.each([
    ...[
      '',
      'Alpine',
      'al pine',
      'alpine:',
      'alpine:a:b',
      '/alpine',
      'alpine/',
      'ghcr.io//app',
      'ghcr.io/',
      '../etc',
      'a..b',
    ],
    ...[
      '_a',
      'a_',
      'a___b',
      '-a',
      'ghcr.io/acme/App',
      'alpine@sha256:abc',
      'alpine@md5:x',
      'alpine@',
      `alpine@${DIGEST}@${DIGEST}`,
    ],
    ...[
      'localhost:port/app',
      'alpine:-x',
      `alpine:${'x'.repeat(129)}`,
      'é',
      'alpine\n',
      'a'.repeat(256),
      'http://x/y',
    ],
  ])('%j is none', (written) => {
    expect(parseReference(written)).toBeUndefined()
  })

  test.each([
    'docker.io/ghcr.io/app',
    'index.docker.io/ghcr.io/app',
    'docker.io/localhost/app',
    'docker.io/a.b/c:1',
  ])('%s is none: engines take it for an image of another registry', (written) => {
    expect(parseReference(written)).toBeUndefined()
  })

  test('is as long as engines take it, 255 signs with its registry', () => {
    const longest = `a.b/${'x'.repeat(251)}`
    expect(parseReference(longest)?.name).toBe(longest)
    expect(parseReference(`${longest}x`)).toBeUndefined()
  })

  test('is stored by its digest alone where it has one', () => {
    const reference = { name: 'docker.io/library/alpine', tag: '3', digest: DIGEST }
    expect(storedReference(reference)).toBe(`docker.io/library/alpine@${DIGEST}`)
    expect(storedReference({ ...reference, digest: undefined })).toBe('docker.io/library/alpine:3')
  })

  test.each(['abc', DIGEST, 'sha256:0', '0123456789ab'])('%s may be the start of an id', (text) => {
    expect(looksLikeImageId(text)).toBe(true)
  })
  test.each(['', 'ABC', 'alpine', 'abc:1', 'sha256:', `${DIGEST}0`])('%j is not a start of an id', (text) => {
    expect(looksLikeImageId(text)).toBe(false)
  })
})
