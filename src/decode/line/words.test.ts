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
    expect(() => splitLine('a'.repeat(32_769))).toThrow(LineError)
    expect(() => splitLine('a '.repeat(1025))).toThrow(LineError)
  })
})

describe('words', () => {
  test('may hold line breaks and tabs, and no other control character', () => {
    expect(checkWords(['sh', '-c', 'a\n\tb'])).toEqual(['sh', '-c', 'a\n\tb'])
    for (const word of ['\u0000', '\u001b', '\u007f', '\ud800', '\ufffd'])
      expect(() => checkWords([word])).toThrow(LineError)
  })
})
