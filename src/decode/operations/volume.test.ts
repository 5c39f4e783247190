import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'
import { volumeName } from './volume.ts'

describe('a new volume', () => {
  const create = (body: object) => read('POST /volumes/create', body)

  test.each([
    [{}, { name: undefined, labels: new Map() }],
    [{ Name: '' }, { name: undefined, labels: new Map() }],
    [
      { Name: 'data', Driver: 'local' },
      { name: 'data', labels: new Map() },
    ],
    [
      { Name: 'a'.repeat(255), Labels: { a: 'b' } },
      { name: 'a'.repeat(255), labels: new Map([['a', 'b']]) },
    ],
  ])('of %j is read', (body, expected) => {
    const { operation, found } = create(body)
    expect(operation).toEqual({ kind: 'volume.create', ...expected })
    expect(found).toEqual([])
  })

  test.each(['-a', '/srv', 'a b', 'a/', 'a'.repeat(256)])('of the name %.20j is refused', (name) => {
    expect(create({ Name: name }).why).toBe(`Name: ${JSON.stringify(name)} is not a volume name`)
  })

  test('names what is wrong by its field alone', () => {
    expect(create({ Labels: [] }).why).toBe('Labels must be an object')
  })
})

test('a volume without a name is anonymous', () => {
  expect(volumeName(undefined, 'x')).toBeUndefined()
  expect(volumeName('', 'x')).toBeUndefined()
  expect(volumeName('a', 'x')).toBe('a')
})
