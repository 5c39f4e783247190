import { describe, expect, test } from 'vitest'
import { parseReference } from '../decode/reference.ts'
import { describePatterns, someImageMatches } from './match.ts'

function matches(pattern: string, image: string): boolean {
  const reference = parseReference(image)
  if (reference === undefined) throw new Error(`${image} is no image`)
  return someImageMatches([pattern], reference)
}

const DIGEST = `sha256:${'0'.repeat(64)}`

describe('an image', () => {
  test.each([
    ['docker.io/library/*', 'alpine'],
    ['docker.io/library/alpine', 'alpine:3'],
    ['docker.io/library/alpine', `alpine@${DIGEST}`],
    ['docker.io/library/alpine:latest', 'alpine'],
    ['docker.io/library/alpine:3.*', 'alpine:3.19'],
    ['docker.io/**', 'team/deep/app'],
    ['ghcr.io/acme/**', 'ghcr.io/acme/a/b'],
    ['ghcr.io/*/app', 'ghcr.io/acme/app'],
    ['localhost:5000/app', 'localhost:5000/app:1'],
    ['ghcr.io/**/app', 'ghcr.io/a/b/app'],
    ['ghcr.io/**/b*/app', 'ghcr.io/a/b/bc/app'],
    ['ghcr.io/*-*-*/app', 'ghcr.io/a-b-c-d/app'],
    ['ghcr.io/a*a/app', 'ghcr.io/aa/app'],
    ['ghcr.io/a**', 'ghcr.io/a'],
    ['ghcr.io/app:*.*', 'ghcr.io/app:1.2.3'],
    ['**', 'alpine'],
    ['**', 'localhost:5000/a/b:1'],
    ['**:1.*', 'ghcr.io/acme/app:1.2'],
    ['other.dockgate.invalid/**', 'other.dockgate.invalid/docker.io/library/app:1'],
  ])('%s covers %s', (pattern, image) => {
    expect(matches(pattern, image)).toBe(true)
  })

  test.each([
    ['docker.io/library/*', 'team/app'],
    ['**', 'other.dockgate.invalid/docker.io/library/app:1'],
    ['**', 'Other.Dockgate.Invalid/docker.io/library/app:1'],
    ['**:1', 'other.dockgate.invalid/docker.io/library/app:1'],
    ['**:1.*', 'ghcr.io/acme/app:2'],
    ['docker.io/library/alpine', 'alpine2'],
    ['docker.io/library/alpine:3.*', 'alpine'],
    ['docker.io/library/alpine:3.*', 'alpine:30'],
    ['docker.io/library/alpine:3', `alpine@${DIGEST}`],
    ['docker.io/library/alpine:3', `alpine:3@${DIGEST}`],
    ['docker.io/library/alpine:latest', `alpine@${DIGEST}`],
    ['ghcr.io/acme/*', 'ghcr.io/acme/a/b'],
    ['ghcr.io/acme/**', 'ghcr.io/acme2/b'],
    ['ghcr.io/acme/*', 'ghcrxio/acme/app'],
    ['localhost:5000/app', 'localhost:5001/app'],
    ['ghcr.io/**/app', 'ghcr.io/app'],
    ['ghcr.io/*-*-*/app', 'ghcr.io/a-b/c-d/app'],
    ['ghcr.io/*a', 'ghcr.io/ab'],
    ['ghcr.io/a*a/app', 'ghcr.io/a/app'],
  ])('%s does not cover %s', (pattern, image) => {
    expect(matches(pattern, image)).toBe(false)
  })

  test('is covered by none of no patterns', () => {
    expect(
      someImageMatches([], { name: 'docker.io/library/alpine', tag: undefined, digest: undefined }),
    ).toBe(false)
  })
})

// A name that an expression would take hours for.
test('a name that nearly matches in very many ways is not covered', () => {
  const name = `docker.io/${'a-'.repeat(110)}a`
  expect(matches(`docker.io/${'*-'.repeat(20)}b`, name)).toBe(false)
  expect(matches(`docker.io/**${'a**'.repeat(20)}b`, name)).toBe(false)
})

test('the first patterns are told in a refusal', () => {
  expect(describePatterns([])).toBe('no image at all')
  expect(describePatterns(['a', 'b', 'c', 'd'])).toBe('a or b or c')
})
