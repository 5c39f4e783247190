import { describe, expect, test } from 'vitest'
import { keptOfEvents, keptOfList } from './by-words.ts'

const container = (name: string, labels: object = {}) => ({ Names: [`/${name}`], Labels: labels })

describe('a list by names and labels', () => {
  test.each([
    [['db'], 'my-db-1', true],
    [['db'], 'web', false],
    [['^db$'], 'db', true],
    [['^/db$'], 'db', true],
    [['^/?db$'], 'db', true],
    [['^db$'], 'db-1', false],
    [['db$'], 'my-db', true],
    [['web', 'db'], 'db', true],
    [['d.'], 'db', true],
    [['(?i)DB'], 'db', true],
    [['[[:alpha:]]+$'], 'db', true],
    [['('], 'db', false],
    [['('], '(', true],
    [['a{10}'], 'a'.repeat(10), false],
    [['((\\PM?){30}){33}'], 'x', false],
    [['a?'.repeat(100)], 'a', false],
    [[...Array.from({ length: 8 }, () => 'x.'), 'd.'], 'db', false],
  ])('%j of %s: %s', async (patterns, name, expected) => {
    const keep = await keptOfList(new Map([['name', patterns]]))
    expect(keep(container(name))).toBe(expected)
  })

  test('has all labels that are asked for, and no more than the most', async () => {
    const keep = await keptOfList(new Map([['label', ['a', 'b=1']]]), 2)
    expect(keep(container('x', { a: '', b: '2' }))).toBe(false)
    expect(keep(container('x', { b: '1' }))).toBe(false)
    const all = { a: 'any', b: '1', c: '' }
    expect([keep(container('x', all)), keep(container('y', all)), keep(container('z', all))]).toEqual([
      true,
      true,
      false,
    ])
  })
})

test('events by names and ids are those that begin so', () => {
  const event = (ID: string, name: string, more: object = {}) => ({
    Actor: { ID, Attributes: { name, ...more } },
  })
  const keep = keptOfEvents(
    new Map([
      ['container', ['db', 'abc']],
      ['label', ['a=b']],
    ]),
  )
  expect(keep(event('123', 'db-1', { a: 'b' }))).toBe(true)
  expect(keep(event('abcdef', 'web', { a: 'b' }))).toBe(true)
  expect(keep(event('123', 'web', { a: 'b' }))).toBe(false)
  expect(keep(event('123', 'db'))).toBe(false)
})
