import { expect, test } from 'vitest'
import { argvMatches, givesExec, isPlaceholder } from './argv.ts'

const PULL = ['ollama', 'pull', '<model>']

test.each(['llama3', 'qwen2.5:7b', 'hf.co/a/b@main', 'a+b', 'a'.repeat(256)])(
  '%j stands for a name',
  (word) => {
    expect(argvMatches(PULL, ['ollama', 'pull', word])).toBe(true)
  },
)

test.each([
  '',
  '-f',
  '--insecure',
  '/etc/passwd',
  './a',
  '../a',
  'a/../b',
  'a..b',
  'a b',
  'a\n',
  'a;b',
  '$(a)',
  '`a`',
  'a*',
  "a'b",
  'a=b',
  '@file',
  'é',
  'a\0',
  'a'.repeat(257),
])('%j does not stand for a name', (word) => {
  expect(argvMatches(PULL, ['ollama', 'pull', word])).toBe(false)
})

test('words are the same to the letter, and as many', () => {
  expect(argvMatches(['ollama', 'list'], ['ollama', 'list'])).toBe(true)
  expect(argvMatches(['ollama', 'list'], ['ollama', 'List'])).toBe(false)
  expect(argvMatches(['ollama', 'list'], ['ollama list'])).toBe(false)
  expect(argvMatches(['ollama', 'list'], ['ollama', 'list', 'a'])).toBe(false)
  expect(argvMatches(PULL, ['ollama', 'pull'])).toBe(false)
})

test('only a plain word in angle brackets is a placeholder', () => {
  expect(['<model>', '<a-1>'].every(isPlaceholder)).toBe(true)
  expect(['model', '<>', '<Model>', 'a<b>', '<1>', '<a>\n'].some(isPlaceholder)).toBe(false)
})

test.each([
  ['any', {}, true],
  [[PULL], {}, true],
  [[], { web: [PULL] }, true],
  [[], {}, false],
] as const)('own programs %j and those of %j give exec: %s', (own, named, expected) => {
  expect(givesExec({ own, named })).toBe(expected)
})
