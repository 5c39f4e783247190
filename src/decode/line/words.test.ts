import { describe, expect, test } from 'vitest'
import { checkWords, LineError, splitLine } from './words.ts'

describe('a line', () => {
  test.each([
    ['', []],
    ['  docker   ps -a ', ['docker', 'ps', '-a']],
    [
      "docker ps --format 'table {{.Names}}\t'".replace('\t', ''),
      ['docker', 'ps', '--format', 'table {{.Names}}'],
    ],
    ['docker ps --format {{.Names}}', ['docker', 'ps', '--format', '{{.Names}}']],
    ['docker ps --format "{{.Names}}\\t{{.ID}}"', ['docker', 'ps', '--format', '{{.Names}}\\t{{.ID}}']],
    [`a'b c'"d"'' "" ''`, ['ab cd', '', '']],
    ['"\\"\\$\\`\\\\"', ['"$`\\']],
    ['docker run -e A=b#c x@y:1/z%^!', ['docker', 'run', '-e', 'A=b#c', 'x@y:1/z%^!']],
    ["docker run 'é ✓'", ['docker', 'run', 'é ✓']],
  ])('%j is %j', (line, words) => {
    expect(splitLine(line)).toEqual(words)
  })

  test.each(
    `a;b|a&b|a>b|a<b|$a|"$a"|\`a\`|"\`a\`"|(a)|*|a?|[a]|~|a~|a\\b|#a|{a,b}|{1..2}|'a|"a|a\nb|a\tb|a\u0000|a\u00a0b|a\u202eb|a\u{e0041}|a\ufffd`
      .split('|')
      .concat('a|b'),
  )('%j is none', (line) => {
    expect(() => splitLine(line)).toThrow(LineError)
  })

  test('has a length and a number of words', () => {
    expect(splitLine('a'.repeat(32_768))).toHaveLength(1)
    expect(() => splitLine('a'.repeat(32_769))).toThrow('a line has at most 32768 characters')
    expect(splitLine('a '.repeat(1024))).toHaveLength(1024)
    expect(() => splitLine('a '.repeat(1025))).toThrow('a line has at most 1024 words')
  })

  test.each([
    ['a,b', ['a,b']],
    ['1..3', ['1..3']],
    ['{a}', ['{a}']],
    ["'{a,b}'", ['{a,b}']],
    ["{'a,b'}", ['{a,b}']],
    ['a"b\\c"', ['ab\\c']],
    ['"a\\\\"b', ['a\\b']],
  ])('%j is plain', (line, words) => {
    expect(splitLine(line)).toEqual(words)
  })

  // Whoever is refused is told what is in the way.
  test.each([
    ['a\nb', 'a line break or another character in it that can not be seen'],
    ['{a,b}', 'braces with a comma or .. could be several words'],
    ['a|b', '| has no meaning here'],
    ['#a', '# would begin a comment'],
    ["'a", "a ' is opened and not closed"],
    ['"a', 'a " is opened and not closed'],
    ['"a\\', 'a " is opened and not closed'],
    ['"$a"', '$ between double quotes has no meaning'],
  ])('%j is told to be none', (line, why) => {
    expect(() => splitLine(line)).toThrow(why)
  })

  test('is refused by an error with a name of its own', () => {
    expect(new LineError('x').name).toBe('LineError')
  })
})

describe('words', () => {
  test('have a number and a length together', () => {
    const half = 'a'.repeat(16_384)
    expect(checkWords(Array<string>(1024).fill('a'))).toHaveLength(1024)
    expect(() => checkWords(Array<string>(1025).fill('a'))).toThrow('there may be at most 1024 words')
    expect(checkWords([half, half])).toEqual([half, half])
    expect(() => checkWords([half, half, 'a'])).toThrow('the words have at most 32768 characters together')
  })

  test('may hold line breaks and tabs, and no other control character', () => {
    expect(checkWords(['sh', '-c', 'a\n\tb'])).toEqual(['sh', '-c', 'a\n\tb'])
    for (const word of ['\u0000', '\u001b', '\u007f', '\ud800', '\ufffd'])
      expect(() => checkWords(['sh', word, 'a'])).toThrow('a word holds a control character or broken text')
  })
})
