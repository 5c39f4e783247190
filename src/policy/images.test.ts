import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalizeImagePattern } from './images.ts'

describe('image patterns', () => {
  test.each([
    ['alpine', 'docker.io/library/alpine'],
    ['alpine:3.*', 'docker.io/library/alpine:3.*'],
    ['docker.io/alpine', 'docker.io/library/alpine'],
    ['index.docker.io/alpine', 'docker.io/library/alpine'],
    ['library/*', 'docker.io/library/*'],
    ['docker.io/library/*', 'docker.io/library/*'],
    ['esc/*', 'docker.io/esc/*'],
    ['docker.io/**', 'docker.io/**'],
    ['docker.io/alp*', 'docker.io/library/alp*'],
    ['docker.io/*/*', 'docker.io/*/*'],
    ['ghcr.io/acme/*', 'ghcr.io/acme/*'],
    ['ghcr.io/acme/team-*/app:v*', 'ghcr.io/acme/team-*/app:v*'],
    ['localhost/app', 'localhost/app'],
    ['localhost:5000/app:1', 'localhost:5000/app:1'],
    ['registry:5000/app', 'registry:5000/app'],
    ['my.image', 'docker.io/library/my.image'],
    ['localhost', 'docker.io/library/localhost'],
    ['**', '**'],
    ['**:1.*', '**:1.*'],
    ['*a', 'docker.io/library/*a'],
    ['python:*-slim', 'docker.io/library/python:*-slim'],
  ])('%s is in full %s', (written, pattern) => {
    expect(normalizeImagePattern(written)).toEqual({ pattern })
  })

  test.each([
    ['*', 'the registry must be written out where the first part is "*"'],
    ['**/app', 'the registry must be written out where the first part is "*"'],
    ['*:1', 'the registry must be written out where the first part is "*"'],
    ['docker.io/*', 'no image of Docker Hub has such a name'],
    ['*/app', 'the registry must be written out where the first part is "*"'],
    ['alpine@sha256:00', 'a pattern names images, not digests'],
    ['*.example.com/app', '"*.example.com" is not a registry\'s host name'],
    ['registry:/app', '"registry:" is not a registry\'s host name'],
    ['Alpine', 'image names are lower case'],
    ['', 'an image name has no empty part'],
    ['ghcr.io//app', 'an image name has no empty part'],
    ['ghcr.io/', 'an image name has no empty part'],
    ['alpine:', '"" is not a tag'],
    ['alpine:a:b', '"a:b" is not a tag'],
    ['al pine', '"al pine" is not a part of an image name'],
    ['ghcr.io/../app', '".." is not a part of an image name'],
  ])('%j is refused: %s', (written, problem) => {
    expect(normalizeImagePattern(written)).toMatchObject({ problem })
  })

  test('a pattern in full stays as it is', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z*.:/]{1,20}$/), (written) => {
        const once = normalizeImagePattern(written)
        if ('pattern' in once) expect(normalizeImagePattern(once.pattern)).toEqual(once)
      }),
    )
  })
})
