/** What each reader of a Dockerfile makes of its text, and what is told of what does not pass. */
import { describe, expect, test } from 'vitest'
import { allOf } from '../../../test/support/share.ts'
import { mayBeAddress, pathsOf } from './add.ts'
import { readArguments, substitute } from './arguments.ts'
import { checkDockerfile } from './check.ts'
import { readFlags, writeInstruction } from './flags.ts'
import { usableImage, readFrom, writeFrom } from './from.ts'
import { hasHeredoc } from './heredoc.ts'
import { instructionsOf } from './lines.ts'

const PATTERNS = ['docker.io/library/alpine', 'ghcr.io/acme/*']

describe('a violation', () => {
  const found = (text: string) =>
    allOf(checkDockerfile(text, PATTERNS, { buildArgs: new Map(), target: '' })).violations

  test.each([
    ['# escape=`\nFROM alpine', 'build.dockerfile', '# escape', []],
    ['RUN a', 'build.dockerfile', 'Dockerfile', []],
    ['FROM alpine\nRUN a\u0007', 'build.dockerfile', 'a control character or an odd space', []],
    ['FROM alpine\nRUN a \\\\', 'build.dockerfile', '\\\\ at the end of a line', []],
    ['ARG A="b\\"c"\nFROM alpine', 'build.dockerfile', 'ARG A="b\\"c"', []],
    ['FROM evil', 'run.images', 'FROM evil', ['docker.io/library/alpine or ghcr.io/acme/*']],
    ['ARG A=evil\nFROM $A', 'run.images', 'FROM evil', ['docker.io/library/alpine or ghcr.io/acme/*']],
    ['FROM $A AS b', 'build.dockerfile', 'FROM $A AS b', []],
    ['FROM --platform=$P alpine', 'build.dockerfile', 'FROM --platform=$P alpine', []],
    ['FROM --as=b alpine', 'build.dockerfile', 'FROM --as=b alpine', []],
    ['FROM alpine\nBUILD a', 'build.dockerfile', 'BUILD', []],
    ['FROM alpine\nCOPY --link=1 a b', 'build.dockerfile', 'COPY --link=1 a b', []],
    ['FROM alpine\nCOPY --chown=1 --chown=2 a b', 'build.dockerfile', 'COPY --chown=2 a b', []],
    ['FROM alpine\nRUN <<E\nE', 'build.dockerfile', 'RUN <<', ['a script in the context']],
    ['FROM alpine\nONBUILD FROM a', 'build.dockerfile', 'ONBUILD FROM', []],
    ['FROM alpine\nonbuild onbuild RUN a', 'build.dockerfile', 'ONBUILD ONBUILD', []],
    [
      'FROM alpine\nADD http://a /',
      'build.add',
      'ADD http://a /',
      ['COPY of a file in the context', 'RUN wget'],
    ],
    [
      'FROM alpine\nCOPY --from=evil a b',
      'run.images',
      'COPY --from=evil',
      ['docker.io/library/alpine or ghcr.io/acme/*'],
    ],
  ])('of %j is told with what would do', (text, rule, what, instead) => {
    expect(found(text)[0]).toEqual({ rule, what, why: expect.stringMatching(/[a-z]+ [a-z]+/), instead })
  })

  test.each([
    ['FROM alpine\nCOPY --x a b', 'this flag can be read in two ways'],
    ['FROM alpine\nRUN --mount=type=bind a', 'the classic builder has no --mount for RUN'],
    ['FROM alpine AS', 'its name, variables or stage are not known before the build'],
    ['FROM alpine as a b', 'its name, variables or stage are not known before the build'],
    ['FROM alpine is a', 'its name, variables or stage are not known before the build'],
    ['FROM --platform=a/b/c/d alpine', 'its platform is not known before the build, or is none'],
    ['FROM --platform= alpine', 'its platform is not known before the build, or is none'],
  ])('of %j is told with its reason', (text, why) => {
    expect(found(text)[0]).toMatchObject({ rule: 'build.dockerfile', why })
  })

  test.each([
    'FROM alpine\nCOPY --from=9999 a b',
    'FROM alpine\nCOPY --from=ghcr.io/acme/a a b',
    'FROM alpine\nHEALTHCHECK --interval=5s --timeout=1s --start-period=1s --start-interval=1s --retries=3 CMD true',
    'FROM alpine\nENTRYPOINT a\nEXPOSE 1\nMAINTAINER a\nSHELL ["a"]\nSTOPSIGNAL 9\nVOLUME /a\nLABEL a=b\nARG b',
    'FROM alpine\nrun',
    'ARG\nFROM alpine',
  ])('is none in %j', (text) => {
    expect(found(text)).toEqual([])
  })
})

describe('lines', () => {
  test.each([
    ['a\nb', ['a', 'b']],
    ['\uFEFFa', ['a']],
    ['a\uFEFF', ['a']],
    ['  a  \r\n\tb\t', ['a', 'b']],
    ['a \\\nb', ['a b']],
    ['a \\ \t\nb', ['a b']],
    ['a \\x\nb', ['a \\x', 'b']],
    ['a \\\n\n# c\n  \nb', ['a b']],
    ['a \\', ['a']],
    ['a \\\n', ['a']],
    ['a\\\\\nb', ['a\\\\', 'b']],
    ['#\n #x\n', []],
    ['', []],
  ])('of %j are %j', (text, lines) => {
    expect([...instructionsOf(text)].filter((line) => line !== undefined)).toEqual(lines)
  })
})

describe('flags', () => {
  test.each([
    ['COPY', '--chown=1:1 --from=a  b c', { chown: '1:1', from: 'a' }, 'b c', undefined],
    ['COPY', '--chown= a', { chown: '' }, 'a', undefined],
    ['COPY', '--from=a', { from: 'a' }, '', undefined],
    ['COPY', 'a --from=b', {}, 'a --from=b', undefined],
    ['COPY', '-- a', {}, '-- a', 'this flag can be read in two ways'],
    ['COPY', '--from=a"b c', {}, '--from=a"b c', 'this flag can be read in two ways'],
    ['COPY', "--from=a'b c", {}, "--from=a'b c", 'this flag can be read in two ways'],
    ['COPY', '--from=a\\b c', {}, '--from=a\\b c', 'this flag can be read in two ways'],
    ['COPY', '--From=a b', {}, '--From=a b', 'this flag can be read in two ways'],
    ['COPY', '--from=a --from=b c', { from: 'a' }, '--from=b c', 'this flag can be read in two ways'],
    ['ADD', '--from=a b c', {}, '--from=a b c', 'the classic builder has no --from for ADD'],
    ['CMD', '--a=b c', {}, '--a=b c', 'the classic builder has no --a for CMD'],
  ])('of %s %j', (word, written, flags, rest, wrong) => {
    expect(readFlags(word, written)).toEqual({
      flags: new Map(Object.entries(flags)),
      rest,
      ...(wrong === undefined ? {} : { wrong }),
    })
  })

  test('are written before the rest', () => {
    const flags = new Map([
      ['chown', '1'],
      ['from', 'a'],
    ])
    expect(writeInstruction('COPY', flags, 'a b')).toBe('COPY --chown=1 --from=a a b')
    expect(writeInstruction('RUN', new Map(), '')).toBe('RUN')
  })
})

describe('arguments', () => {
  type Values = Readonly<Record<string, string>>
  const read = (rest: string, given: Values = {}, before: Values = {}) => {
    const variables = new Map<string, string>(Object.entries(before))
    const all = readArguments(rest, new Map(Object.entries(given)), variables)
    return { all, ...Object.fromEntries(variables) }
  }

  test.each([
    ['A', {}, {}, { all: true }],
    ['A=', {}, {}, { all: true, A: '' }],
    ['A=b', {}, {}, { all: true, A: 'b' }],
    ['A="b c"', {}, {}, { all: true, A: 'b c' }],
    ["A='b c'", {}, {}, { all: true, A: 'b c' }],
    [`A="b'c"`, {}, {}, { all: true, A: "b'c" }],
    ['A=b', { A: 'x' }, {}, { all: true, A: 'x' }],
    ['A', { A: 'x' }, {}, { all: true, A: 'x' }],
    ['A', {}, { A: 'y' }, { all: true }],
    ['A=$B', {}, { B: 'y' }, { all: true, A: 'y', B: 'y' }],
    ['A="$B"', {}, { B: 'y' }, { all: true, A: 'y', B: 'y' }],
    ["A='$B'", {}, { B: 'y' }, { all: true, A: '$B', B: 'y' }],
    ['A=$B C=$B', {}, { B: 'y' }, { all: true, A: '$B', C: '$B', B: 'y' }],
    ['A=1 B  C=2', {}, {}, { all: true, A: '1', C: '2' }],
    ['A=b"c"', {}, {}, { all: false }],
    ['A=b c"', {}, {}, { all: false, A: 'b' }],
    ['1A=b', {}, {}, { all: false }],
    ['A=\\b', {}, {}, { all: false }],
  ])('of ARG %s', (rest, given, before, expected) => {
    expect(read(rest, given, before)).toEqual(expected)
  })

  test.each([
    ['a', 'a'],
    ['$A-${A}', 'x-x'],
    ['$AB', undefined],
    ['${A', undefined],
    ['${A:-b}', undefined],
    ['$1', undefined],
    ['$B', undefined],
    ["a'", undefined],
    ['a`', undefined],
    ['$L', 'l'.repeat(1024)],
    ['$M', undefined],
    ['a'.repeat(1024), 'a'.repeat(1024)],
    ['a'.repeat(1025), undefined],
  ])('are put into %.20s', (text, expected) => {
    const variables = new Map([
      ['A', 'x'],
      ['L', 'l'.repeat(1024)],
      ['M', 'm'.repeat(1025)],
    ])
    expect(substitute(text, variables)).toBe(expected)
  })
})

describe('FROM', () => {
  const read = (written: string) =>
    readFrom(written, { patterns: PATTERNS }, new Map([['V', '3']]), new Set(['base']))

  test.each([
    ['alpine', { name: 'alpine', platform: undefined, stage: undefined }],
    ['alpine:$V as B.1-x_', { name: 'alpine:3', stage: 'b.1-x_' }],
    ['--platform=linux/arm/v7 alpine', { platform: 'linux/arm/v7' }],
    ['--platform=linux alpine\tAS\t x', { platform: 'linux', stage: 'x' }],
    ['BASE', { name: 'BASE', image: undefined }],
    ['"base"', { name: 'base', image: undefined }],
    ["'base' AS c", { name: 'base', image: undefined, stage: 'c' }],
    ['scratch', { name: 'scratch', image: undefined }],
  ])('%s is read', (written, expected) => {
    expect(read(written)).toMatchObject({ kind: 'from', ...expected })
  })

  test.each([
    ['Scratch', 'outside'],
    ['evil', 'outside'],
    ['alpine AS 1', 'unreadable'],
    ['alpine AS a/b', 'unreadable'],
    ["'alpine:$V'", 'unreadable'],
    ['"alpine', 'unreadable'],
    ['--platform=li/nux/x/y alpine', 'unreadable'],
    ['--platform=a:b alpine', 'unreadable'],
    ['', 'outside'],
  ])('%s does not pass', (written, kind) => {
    expect(read(written)).toMatchObject({ kind })
  })

  test('is written with what was found', () => {
    const from = {
      kind: 'from',
      image: undefined,
      name: 'BASE',
      platform: undefined,
      stage: undefined,
    } as const
    expect(writeFrom(from, undefined)).toBe('FROM base')
    expect(writeFrom({ ...from, platform: 'linux', stage: 'a' }, 'sha256:1')).toBe(
      'FROM --platform=linux sha256:1 AS a',
    )
  })

  test('takes no image by what could be its id', () => {
    expect(usableImage('alpine:3', { patterns: PATTERNS })).toMatchObject({
      name: 'docker.io/library/alpine',
      tag: '3',
    })
    expect(usableImage('cafe', { patterns: ['docker.io/library/*'] })).toBeUndefined()
    expect(usableImage('cafe:1', { patterns: ['docker.io/library/*'] })).toMatchObject({ tag: '1' })
    expect(usableImage('Not One', { patterns: ['docker.io/**'] })).toBeUndefined()
  })
})

test.each([
  ['a b', ['a', 'b']],
  ['a \t b', ['a', 'b']],
  ['["a b", "c"]', ['a b', 'c']],
  ['["a", 1]', undefined],
  ['["a"', undefined],
  ['[]', []],
])('ADD and COPY of %j take %j', (rest, paths) => {
  expect(pathsOf(rest)).toEqual(paths)
})

test.each([
  ['a.tar', false],
  ['a.git', true],
  ['a.GIT#b', true],
  ['a.gitx', false],
  ['a.git/b', false],
  ['s3://a', true],
  ['x s3://a', false],
  ['1://a', false],
  ['https:/a', false],
  ['Git@a', true],
  ['github.com/a', true],
  ['github.com', false],
  ['x.github.com/a', false],
  ['a"b', true],
  ["a'b", true],
  ['a\\b', true],
  ['$A', true],
  ['ftp$A', true],
  ['g$A', true],
  ['x$A', false],
  ['SSH$A', true],
  ['./$A', false],
])('a source %s may be an address: %s', (source, expected) => {
  expect(mayBeAddress(source)).toBe(expected)
})

test.each([
  ['cat <<E', true],
  ['cat 3<<E', true],
  ['cat <<<E', false],
  ['cat < <E', false],
  ['$((1<<3))', false],
  ['echo a(b)<<E', false],
  ['echo (a b<<E', true],
  ['${a(<<E', true],
  ['`(<<E', true],
  ['$((1 <<3))', true],
  [`(${'1'.repeat(198)}<<3`, false],
  [`(${'1'.repeat(250)}<<3`, false],
  [`(${'<<a'.repeat(100)}`, false],
  ['(<<a}<<E', true],
  ['{(<<E', true],
  ['(<<a}', false],
  ['<<(E', true],
  ['(a) <<E(', true],
  ['(a\t<<E', true],
  ['$((1<<3)) <<E', true],
])('%.30s could begin a here-document: %s', (rest, expected) => {
  expect(hasHeredoc(rest)).toBe(expected)
})
