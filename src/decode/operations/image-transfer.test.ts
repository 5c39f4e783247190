import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'
import { newName, pushedReference } from './image-transfer.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

describe('a push', () => {
  const pushed = (image: string, tag?: string) =>
    pushedReference({ kind: 'image.push', image, parameters: { tag }, registryAuth: undefined })
  const name = 'docker.io/library/alpine'

  test.each([
    ['alpine', undefined, { name, tag: undefined, digest: undefined }],
    ['alpine', '', { name, tag: undefined, digest: undefined }],
    ['alpine', '3', { name, tag: '3', digest: undefined }],
    ['alpine:3', undefined, { name, tag: '3', digest: undefined }],
  ])('of %s with the tag %j names an image', (image, tag, expected) => {
    expect(pushed(image, tag)).toEqual(expected)
  })

  test.each([
    [`alpine@${DIGEST}`, undefined],
    ['ALPINE', undefined],
    ['alpine:3', '4'],
    ['alpine', DIGEST],
  ])('of %s with the tag %j names none', (image, tag) => {
    expect(pushed(image, tag)).toBeUndefined()
  })
})

test('a new name is one text', () => {
  expect(newName({ repo: 'a/b', tag: '1' })).toBe('a/b:1')
  expect(newName({ repo: 'a/b', tag: '' })).toBe('a/b')
  expect(newName({ repo: 'a/b' })).toBe('a/b')
  expect(newName({ tag: '1' })).toBeUndefined()
  expect(newName({ repo: '', tag: '1' })).toBeUndefined()
})

describe('a save', () => {
  test.each([
    ['GET /images/a%2Fb/get', ['a/b']],
    ['GET /images/a/get?names=', ['a']],
    ['GET /images/get?names=a', ['a']],
    ['GET /images/get?names=a&names=&names=b%3A1', ['a', 'b:1']],
  ])('%s names %j', (line, images) => {
    expect(read(line)).toMatchObject({
      operation: { kind: 'image.save', images, parameters: {} },
      found: [],
    })
  })

  test.each([
    ['GET /images/get', 'names must name an image'],
    ['GET /images/get?names=', 'names must name an image'],
    ['GET /images/a/get?names=b', 'names: the path names the image'],
  ])('%s is refused', (line, why) => {
    expect(read(line).why).toBe(why)
  })
})

describe('an archive of images', () => {
  test.each([
    ['POST /images/load?quiet=1', 'image.load'],
    ['POST /images/create?fromSrc=-&repo=a', 'image.import'],
  ])('(%s) may be of any type but a form', (line, kind) => {
    for (const type of ['', 'application/x-tar', 'application/octet-stream'])
      expect(read(line, undefined, { 'Content-Type': type }).operation.kind).toBe(kind)
    expect(read(line).operation.kind).toBe(kind)
    for (const type of ['application/x-www-form-urlencoded', 'Multipart/Form-Data; boundary=x'])
      expect(read(line, undefined, { 'Content-Type': type }).why).toBe(
        'the body must be an archive, not a form',
      )
  })

  test('is imported from the body alone', () => {
    expect(read('POST /images/create?fromSrc=http%3A%2F%2Fa').found).toEqual(['fromSrc = "http://a"'])
    expect(read('POST /images/create?fromSrc=-&fromImage=a').found).toEqual(['fromImage = "a"'])
  })

  test('is not an import without a source', () => {
    expect(read('POST /images/create?fromSrc=&fromImage=a').operation).toMatchObject({ kind: 'image.pull' })
  })
})
