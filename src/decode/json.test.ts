import { describe, expect, test } from 'vitest'
import { foldKey, JsonError, parseJson } from './json.ts'

const read = (text: string) => parseJson(Buffer.from(text))

describe('parseJson', () => {
  test.each([
    ['null', null],
    [' \t\r\n true ', true],
    ['"a\\u00e9\\n\\/\\ud83d\\ude00é😀"', 'aé\n/😀é😀'],
    ['-12.5e-1', -1.25],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['[]', []],
    ['[1, [2], {}]', [1, [2], new Map()]],
    [
      '{"a": 1, "b": {"a": 2}}',
      new Map<string, unknown>([
        ['a', 1],
        ['b', new Map([['a', 2]])],
      ]),
    ],
    [
      '{"__proto__": 1, "constructor": 2}',
      new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    ],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  test.each([
    ['', 'a value expected, at character 1'],
    ['{', 'a string expected, at character 2'],
    ['{"a"}', '":" expected'],
    ['{"a":1,}', 'a string expected'],
    ['{"a":1 "b":2}', '"," or "}" expected'],
    ['{a:1}', 'a string expected'],
    ['[1,]', 'a value expected'],
    ['[1 2]', '"," or "]" expected'],
    ['1 2', 'there is more after the value'],
    ['{} {}', 'there is more after the value'],
    ['{}\u0000', 'there is more after the value'],
    ['nul', 'a value expected'],
    ['NaN', 'a value expected'],
    ['Infinity', 'a value expected'],
    ['+1', 'a value expected'],
    ['.5', 'a value expected'],
    ['01', 'there is more after the value'],
    ['1.', 'there is more after the value'],
    ['0x10', 'there is more after the value'],
    ["'a'", 'a value expected'],
    ['"a', 'an open string'],
    ['"a\nb"', 'a control character'],
    ['"\\x41"', 'an escape that JSON does not have'],
    ['"\\u12"', 'four hexadecimal digits'],
    ['"\\u 123"', 'four hexadecimal digits'],
    ['"\\ud800"', 'half of a surrogate pair'],
    ['"\\ude00\\ud83d"', 'half of a surrogate pair'],
    ['{"\\ud800":1}', 'half of a surrogate pair'],
    ['9007199254740993', '9007199254740993 is out of range'],
    ['1e400', 'is out of range'],
    ['-9223372036854775808', 'is out of range'],
    ['{"a":1,"a":1}', 'the key "a" is there twice'],
    ['{"a":1,"\\u0061":1}', 'the key "a" is there twice'],
    ['// no\n1', 'a value expected'],
    ['\ufeff{}', 'a value expected'],
    ['\u00a01', 'a value expected'],
    [`${'['.repeat(30)}${']'.repeat(30)}`, 'nested deeper than 24'],
    ['{"a":'.repeat(30), 'nested deeper than 24'],
  ])('refuses %j', (text, reason) => {
    expect(() => read(text)).toThrow(JsonError)
    expect(() => read(text)).toThrow(reason)
  })

  test.each([
    '{"a":1,"A":1}',
    '{"HTTP_PROXY":"a","http_proxy":"b"}',
    '{"Binds":[],"Bind\u017f":[]}',
    '{"NetworkMode":1,"Networ\u212aMode":2}',
  ])('refuses %j where keys are fields to Go', (text) => {
    expect([...(read(text) instanceof Map ? Object.keys(JSON.parse(text)) : [])]).toHaveLength(2)
    expect(() => parseJson(Buffer.from(text), { folded: true })).toThrow(/there twice/)
  })

  test.each([[[0x22, 0xff, 0x22]], [[0x22, 0xc0, 0x80, 0x22]], [[0x22, 0xed, 0xa0, 0x80, 0x22]]])(
    'refuses bytes that are no UTF-8: %j',
    (bytes) => {
      expect(() => parseJson(Uint8Array.from(bytes))).toThrow('the body is not valid UTF-8')
    },
  )

  test('has a number of values', () => {
    // The list is one itself.
    expect(read(`[${'0,'.repeat(9_998)}0]`)).toHaveLength(9_999)
    expect(() => read(`[${'0,'.repeat(9_999)}0]`)).toThrow('more than 10000 values')
  })

  test('refuses by an error with a name of its own', () => {
    expect(new JsonError('x').name).toBe('JsonError')
  })

  test('reads what is nested as deeply as it allows', () => {
    expect(() => read(`${'['.repeat(24)}1${']'.repeat(24)}`)).not.toThrow()
  })
})

describe('foldKey', () => {
  test('makes one of what Go takes for one', () => {
    expect(foldKey('BINDS')).toBe(foldKey('bind\u017f'))
    expect(foldKey('LinK')).toBe(foldKey('lin\u212a'))
    expect(foldKey('Bind')).not.toBe(foldKey('Binds'))
  })
})
