import { describe, expect, test } from 'vitest'
import { localWork } from './local-work.ts'

const work = (line: string) => localWork(line.split(' '))

describe('what the CLI does on files of its account', () => {
  test.each([
    'compose config -o x',
    '-D compose -f a.yaml -p ps convert',
    'compose publish x',
    'compose alpha viz',
  ])('%s is such, and given', (line) => {
    expect(work(line)).toMatchObject({ isGiven: true, what: expect.stringMatching(/^compose [a-z]+ works/) })
  })

  test.each([
    ['build --iidfile /x .', '--iidfile writes a file'],
    ['-l debug run --cidfile=/x busybox', '--cidfile writes a file'],
    ['compose -fconfig up', 'an option before the command of compose is not known'],
  ])('%s has an option that is in the way', (line, what) => {
    expect(work(line)).toEqual({ isGiven: false, what })
  })

  test.each([
    'ps',
    'compose',
    'compose --help',
    'compose --version',
    'compose -f config up -d',
    'run busybox config',
    'build .',
  ])('%s is none', (line) => {
    expect(work(line)).toBeUndefined()
  })
})
