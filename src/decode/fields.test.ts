import { describe, expect, test } from 'vitest'
import {
  dictionary,
  FieldError,
  flag,
  forwarded,
  integer,
  isEmpty,
  limited,
  list,
  record,
  refused,
  text,
  words,
  type Finding,
} from './fields.ts'
import { parseJson, type Json } from './json.ts'

const json = (written: string): Json => parseJson(Buffer.from(written))

const body = record({
  Name: forwarded(text),
  Size: limited(integer, 'at most 7'),
  Tags: list(forwarded(text)),
  Notes: dictionary(forwarded(text)),
  Runtime: refused('the own one is used', ['runc'], 'nothing'),
  Inner: record({ Deep: refused('too deep') }),
})

function read(written: string) {
  const findings: Finding[] = []
  return { value: body.read(json(written), '', findings), findings }
}

describe('a record', () => {
  test('reads its fields and leaves absent and null ones out', () => {
    const { value, findings } = read('{"Name":"a","Size":null,"Tags":["x"],"Notes":{"k":"v"}}')
    expect(value).toEqual({ Name: 'a', Tags: ['x'], Notes: new Map([['k', 'v']]) })
    expect(findings).toEqual([])
  })

  test('names what is refused with its path and value, and does not hold it', () => {
    const { value, findings } = read('{"Runtime":"kata","Inner":{"Deep":{"a":[1]}}}')
    expect(findings).toStrictEqual([
      { what: 'Runtime = "kata"', why: 'the own one is used', instead: 'nothing' },
      { what: 'Inner.Deep = {a}', why: 'too deep' },
    ])
    expect(value).toEqual({ Runtime: undefined, Inner: { Deep: undefined } })
  })

  test('names of a refused object the keys and of a list how much is in it, since values are recorded', () => {
    const told = (written: string) => read(`{"Runtime":${written}}`).findings.map(({ what }) => what)
    expect(told('{"o":"username=u,password=SECRET","type":"cifs"}')).toEqual(['Runtime = {o, type}'])
    expect(told('["SECRET",{"Path":"SECRET"},["SECRET"]]')).toEqual(['Runtime = [..., {Path}, [...]]'])
    expect(told('"https://me:SECRET@example.org/a"')).toEqual(['Runtime = "https://...@example.org/a"'])
    expect(told(`"${'x'.repeat(1_000)}"`)).toEqual([expect.stringMatching(/^Runtime = "x{196}\.\.\.$/)])
    expect(told(JSON.stringify(Array(1_000).fill('x')))[0]).toHaveLength(210)
  })

  test('lets a refused field be empty or harmless', () => {
    expect(read('{"Runtime":"","Inner":{"Deep":[]}}').findings).toEqual([])
    expect(read('{"Runtime":"runc"}').findings).toEqual([])
  })

  test('names unknown fields, not their values, and the spelling that was meant', () => {
    const { findings } = read('{"name":"secret","Else":1,"Inner":{"deep":true}}')
    expect(findings).toMatchObject([
      { what: 'name', instead: 'spell it Name' },
      { what: 'Else' },
      { what: 'Inner.deep', instead: 'spell it Deep' },
    ])
    expect(JSON.stringify(findings)).not.toContain('secret')
    // There is no spelling to tell of a field that is like none.
    expect(findings[1]).not.toHaveProperty('instead')
  })

  test('knows no field by the name of what every object has', () => {
    expect(
      read('{"constructor":1,"__proto__":{"Name":"x"},"toString":2}').findings.map(({ what }) => what),
    ).toEqual([...['constructor', '__proto__', 'toString']])
  })

  test.each([
    ['[]', 'the body must be an object'],
    ['{"Name":1}', 'Name must be a string'],
    ['{"Name":"a\\u0000"}', 'Name has a NUL character'],
    ['{"Size":1.5}', 'Size must be a whole number'],
    ['{"Size":"1"}', 'Size must be a whole number'],
    ['{"Tags":"x"}', 'Tags must be a list'],
    ['{"Tags":[1]}', 'Tags[0] must be a string'],
    ['{"Notes":[]}', 'Notes must be an object'],
    ['{"Notes":{"k":1}}', 'Notes.k must be a string'],
    ['{"Inner":1}', 'Inner must be an object'],
  ])('refuses %s', (written, reason) => {
    expect(() => read(written)).toThrow(FieldError)
    expect(() => read(written)).toThrow(reason)
  })
})

test('errors of fields have a name of their own', () => {
  expect(new FieldError('x').name).toBe('FieldError')
})

describe('readers', () => {
  test('words are a list, or one word as a list of one', () => {
    expect(words('sh', 'Cmd')).toEqual(['sh'])
    expect(words(['sh', '-c'], 'Cmd')).toEqual(['sh', '-c'])
    expect(() => words([['sh']], 'Cmd')).toThrow('Cmd[0] must be a string')
    expect(() => words(1, 'Cmd')).toThrow('Cmd must be a list of strings')
  })

  test('flags are true or false alone', () => {
    expect(flag(false, 'Tty')).toBe(false)
    expect(() => flag(1, 'Tty')).toThrow('Tty must be true or false')
    expect(() => flag('true', 'Tty')).toThrow(FieldError)
  })

  test.each(['null', 'false', '0', '-0', '""', '[]', '{}', '[[], {"a": 0}]'])('%s is empty', (written) => {
    expect(isEmpty(json(written))).toBe(true)
  })
  test.each(['true', '1', '" "', '[0, 1]', '{"a": {"b": "x"}}'])('%s is not empty', (written) => {
    expect(isEmpty(json(written))).toBe(false)
  })
})
