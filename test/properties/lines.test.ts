/** Whatever the gate takes a line apart into, dash and bash take it apart into the same. */
import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineError, splitLine } from '../../src/decode/line/words.ts'
import { runs } from '../support/runs.ts'

/** A shell's words for a line, in a directory with files that patterns would find. */
function shellWords(shell: string, line: string): readonly string[] {
  const printed = execFileSync(shell, ['-c', `printf '%s\\0' x ${line}`], {
    cwd: '/usr',
    env: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', HOME: '/root', IFS: ' \t\n' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return printed.split('\0').slice(1, -1)
}

function ownWords(line: string): readonly string[] | undefined {
  try {
    return splitLine(line)
  } catch (cause) {
    if (cause instanceof LineError) return undefined
    throw cause
  }
}

const pieces = [
  ...Array.from({ length: 95 }, (_, code) => String.fromCharCode(32 + code)),
  ...[
    '"',
    "'",
    '\\',
    ' ',
    '{{',
    '}}',
    '..',
    ',',
    '=',
    '~',
    '#',
    '$',
    '`',
    '!',
    '{a,b}',
    '{1..3}',
    '${HOME}',
    '$(id)',
  ],
  ...[
    "''",
    '""',
    '"\\"',
    "'\\'",
    'a=~',
    ':~',
    '\\\n',
    '\t',
    '\n',
    'é',
    '✓',
    '\u00a0',
    '\u2028',
    '\u202e',
    '\ud83d\ude00',
    '[a-z]*',
    '--a=b',
    '{"a".."c"}',
  ],
]

/** Most of such lines are refused, so quoted texts are put in on purpose. */
const lines = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...pieces) },
      { weight: 2, arbitrary: fc.constantFrom('docker', ' ps ', ' -a', ' --format ', 'x', '{', '}', '.') },
      {
        weight: 2,
        arbitrary: fc
          .array(fc.constantFrom(...pieces))
          .map((parts) => `'${parts.join('').replaceAll("'", '')}'`),
      },
      {
        weight: 2,
        arbitrary: fc
          .array(fc.constantFrom(...pieces))
          .map((parts) => `"${parts.join('').replaceAll(/["$`]/g, '\\$&')}"`),
      },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''))

const RUNS = runs(1_500)

describe.each(['/bin/dash', '/bin/bash'])('a line that is taken apart here', (shell) => {
  test(`has the same words in ${shell}`, () => {
    let taken = 0
    fc.assert(
      fc.property(lines, (line) => {
        const words = ownWords(line)
        if (words === undefined) return
        taken += 1
        expect(shellWords(shell, line)).toEqual(words)
      }),
      { numRuns: RUNS },
    )
    expect(taken).toBeGreaterThan(RUNS / 10)
    // It starts a shell for each line.
  }, 3_600_000)
})
