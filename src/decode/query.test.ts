import { describe, expect, test } from 'vitest'
import { FieldError } from './fields.ts'
import { parseQuery, queryFilters, queryFlag, queryInteger, queryText } from './query.ts'

describe('parseQuery', () => {
  test('reads names and values, percent-decoded', () => {
    expect(parseQuery('a=1&b=&c&&d=x%20y+z%2B')).toEqual(
      new Map([
        ['a', '1'],
        ['b', ''],
        ['c', ''],
        ['d', 'x y z+'],
      ]),
    )
  })

  test('reads an equals sign in a value as a part of it', () => {
    expect(parseQuery('filters=a=b')).toEqual(new Map([['filters', 'a=b']]))
  })

  test('gives repeatable names as lists', () => {
    expect(parseQuery('type=a&type=b', ['type'])).toEqual(new Map([['type', ['a', 'b']]]))
    expect(parseQuery('type=a', ['type'])).toEqual(new Map([['type', ['a']]]))
  })

  test.each([
    ['a=1;b=2', 'semicolon'],
    ['a=%zz', 'escape that is not UTF-8'],
    ['a=%ff', 'escape that is not UTF-8'],
    ['%c0%ae=1', 'escape that is not UTF-8'],
  ])('refuses %s', (query, reason) => {
    expect(() => parseQuery(query)).toThrow(FieldError)
    expect(() => parseQuery(query)).toThrow(reason)
  })

  test('passes over what the body says too, however often', () => {
    expect(parseQuery('Image=a&all=1&Image=b', [], ['Image'])).toEqual(new Map([['all', '1']]))
    expect(parseQuery('Image=a&Image=b', [], ['Cmd'])).toEqual(new Map([['Image', 'a']]))
  })

  test.each(['force=0&force=1', 'for%63e=0&force=1'])('gives the first of %s', (query) => {
    expect(parseQuery(query)).toEqual(new Map([['force', '0']]))
  })

  test('has a number of parameters', () => {
    const query = (count: number) => Array.from({ length: count }, (_, index) => `a${index}=`).join('&')
    expect(parseQuery(query(1000)).size).toBe(1000)
    expect(() => parseQuery(query(1001))).toThrow('the query has more than 1000 parameters')
  })

  test('keeps names of any spelling apart from the ones that are known', () => {
    expect([...parseQuery('__proto__=1&Force=1').keys()]).toEqual(['__proto__', 'Force'])
  })
})

describe('values of a query', () => {
  test.each(['', '0', 'no', 'false', 'none', ' FALSE '])('%j is false', (word) => {
    expect(queryFlag(word, 'force')).toBe(false)
  })
  test.each(['1', 'true', 'yes', 'x', '00'])('%j is true', (word) => {
    expect(queryFlag(word, 'force')).toBe(true)
  })

  test.each([
    ['', undefined],
    ['0', 0],
    ['-1', -1],
    ['80', 80],
  ])('%j is the number %s', (word, number) => {
    expect(queryInteger(word, 't')).toBe(number)
  })
  test.each(['1.5', '1e3', '0x1', ' 1', '+1', 'ten', '1'.repeat(16)])('%j is not a number', (word) => {
    expect(() => queryInteger(word, 't')).toThrow('t must be a whole number')
  })

  test.each(['a\nb', 'a\u0000', '\u007f'])('%j is not a text', (word) => {
    expect(() => queryText(word, 'tail')).toThrow('tail has a control character')
  })
  test('a list is not a text', () => {
    expect(() => queryText(['a'], 'tail')).toThrow('tail must be a text')
  })
})

describe('filters', () => {
  const read = (text: string) => queryFilters(['name', 'label'])(text, 'filters')

  test('with a name that is not wanted are refused, as engines disagree about them', () => {
    expect(() => queryFilters(['name'])('{"name":{"web":true,"db":false}}', 'filters')).toThrow(
      /list of texts/,
    )
  })

  test('are read in both forms', () => {
    const both = new Map([['name', ['web', 'db']]])
    expect(read('{"name":["web","db"]}')).toEqual(both)
    expect(read('{"name":{"web":true,"db":true}}')).toEqual(both)
    expect(read('')).toBeUndefined()
  })

  test.each([
    ['{"Name":["web"]}', 'a key that is not known here: "Name"'],
    ['{"id":["web"]}', 'a key that is not known here: "id"'],
    ['{"name":["a"],"name":["b"]}', 'there twice'],
    ['{"name":{"web":false}}', 'must be a list of texts'],
    ['{"name":"web"}', 'must be a list of texts'],
    ['{"name":[1]}', 'filters.name must be a text'],
    ['["name"]', 'must be a JSON object'],
    ['name=web', 'filters: a value expected'],
  ])('%s is refused', (text, reason) => {
    expect(() => read(text)).toThrow(FieldError)
    expect(() => read(text)).toThrow(reason)
  })
})
