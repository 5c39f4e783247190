import { describe, expect, test } from 'vitest'
import { growsWithLength } from '../../../test/support/growth.ts'
import { allOf, countOf } from '../../../test/support/share.ts'
import { fullReference } from '../../decode/reference.ts'
import { checkDockerfile, type CheckedDockerfile } from './check.ts'
import type { From } from './from.ts'
import { writeDockerfile } from './write.ts'

const PATTERNS = ['docker.io/library/alpine', 'ghcr.io/acme/*']
const HEX = 'deadbeef'

function check(text: string, { buildArgs = {}, target = '' } = {}): CheckedDockerfile {
  return allOf(checkDockerfile(text, PATTERNS, { buildArgs: new Map(Object.entries(buildArgs)), target }))
}

/** What is found in a Dockerfile, where only alpine and acme's images are listed. */
function rules(text: string, buildArgs: Readonly<Record<string, string>> = {}): readonly string[] {
  return check(text, { buildArgs }).violations.map(({ rule }) => rule)
}

/** Images from outside that stages begin with. */
function basesOf({ instructions }: CheckedDockerfile) {
  return instructions.flatMap((from) =>
    from.kind === 'from' && from.image !== undefined
      ? [{ from, image: fullReference(from.image), platform: from.platform }]
      : [],
  )
}

/** What an engine gets, with numbered ids. */
function sent(checked: CheckedDockerfile): string {
  const ids = new Map(basesOf(checked).map(({ from }, index): [From, string] => [from, `sha256:${index}`]))
  return writeDockerfile(checked.instructions, ids, new Map(), 'ai-worker')
}

describe('an ordinary Dockerfile passes:', () => {
  test.each([
    ['one stage', 'FROM alpine\nRUN echo hello\n'],
    ['scratch', 'FROM scratch\nCOPY . /\n'],
    ['lower case and tabs', 'from\talpine\nrun true'],
    ['CRLF, a BOM and no end of line', '\uFEFF# syntax\r\nFROM alpine\r\nRUN a && \\\r\n  b'],
    ['stages', 'FROM alpine:3 AS build\nRUN make\nFROM alpine\nCOPY --from=Build --chown=1:1 /a /b'],
    ['stages by number', 'FROM alpine\nFROM alpine\nCOPY --from=0 /a /b'],
    ['a stage upon a stage', 'FROM alpine AS one\nFROM one AS two\nFROM TWO'],
    ['a platform', 'ARG P=linux\nFROM --platform=$P/arm64 alpine AS build\nRUN true'],
    ['arguments', 'ARG NAME=alpine TAG="3.20"\nARG OTHER\nFROM ${NAME}:$TAG'],
    ['an argument in the default of another', 'ARG TAG=3\nARG NAME="alpine:${TAG}"\nFROM $NAME'],
    ['comments in a continuation', 'FROM alpine\nRUN a \\\n  # why\n\n  && b'],
    ['a here-string of a shell', 'FROM alpine\nRUN cat <<< hello'],
    ['files that are added', 'FROM alpine\nADD rootfs.tar.gz /\nADD ["a b", "/c"]'],
    ['triggers', 'FROM alpine\nONBUILD COPY . /app\nONBUILD RUN make'],
    ['an owner out of variables', 'FROM alpine\nCOPY --chown=$UID:${GID} a b'],
    ['sources with variables that are no addresses', 'FROM alpine\nADD app-${V}.tgz $HOME/\nADD a $X'],
    ['an odd destination', "FROM alpine\nADD a /srv/x.git\nADD a '/b'"],
    ['shifts of a shell', 'FROM alpine\nRUN echo $((1<<3)) "$((2<<4))"'],
    ['odd spaces in comments', '#\u00a0\u3000a\r\u0085\nFROM alpine\n  #\u000c'],
    ['the escape character that is one anyway', '# escape=\\\nFROM alpine'],
    ['a quoted name', 'ARG A=alpine\nFROM "${A}:3" AS a\nFROM \'alpine\''],
    ['by digest', `FROM alpine@sha256:${'a'.repeat(64)}`],
    ['every other instruction', 'FROM alpine\nENV A=1\nWORKDIR /\nUSER 1\nCMD ["sh"]\nHEALTHCHECK NONE'],
  ])('%s', (_name, text) => {
    expect(rules(text)).toEqual([])
  })

  test('with a build argument in the place of its default', () => {
    expect(rules('ARG NAME=evil\nFROM $NAME', { NAME: 'alpine' })).toEqual([])
  })
})

describe('an image that is not listed is refused:', () => {
  test.each([
    ['plain', 'FROM evil'],
    ['in a later stage', 'FROM alpine\nFROM evil'],
    ['mixed case', 'FROM alpine\nfRoM evil'],
    ['over two lines', 'FROM alpine\nFR\\\nOM evil'],
    ['with a comment between', 'FROM alpine\nFROM \\\n# alpine \\\n evil'],
    ['behind a comment that ends in a backslash', 'FROM alpine\n# note \\\nFROM evil'],
    ['in JSON', 'FROM ["evil"]'],
    ['in quotes', 'FROM "evil"'],
    [
      'in a platform whose letter ends in a byte that is a space',
      'FROM --platform=linux/amd64\u00e0evil as x',
    ],
    ['likewise behind a variable', 'ARG X=\nFROM alpine AS as\nFROM --platform=linux/amd64$X\u00e0evil as x'],
    ['in a flag of a copy, likewise', 'FROM alpine\nCOPY --chown=\u00e0--from=evil / /'],
    ['in a flag of a trigger, likewise', 'FROM alpine\nONBUILD COPY --chown=\u0445--from=evil / /'],
    ['behind a flag without a value', 'FROM alpine\nCOPY --from evil / /'],
    ['behind the end of flags', 'FROM alpine\nCOPY -- --from=evil / /'],
    ['with a backslash', 'FROM ev\\il'],
    ['by an id', `FROM ${HEX}`],
    ['by a full id', `FROM sha256:${'0'.repeat(64)}`],
    ['of another registry', 'FROM evil.example/library/alpine'],
    ['named as a later stage', 'FROM evil\nFROM alpine AS evil'],
    ['named as its own stage', 'FROM evil AS evil'],
    ['behind a platform', 'FROM --platform=linux/amd64 evil'],
    ['behind a quoted platform with an image in it', 'FROM --platform="linux${NO:+ alpine }" evil'],
    ['behind two flags', 'FROM --platform=a --platform=alpine evil'],
    ['copied from', 'FROM alpine\nCOPY --from=evil / /'],
    ['copied from, behind other flags', 'FROM alpine\nCOPY --chown=1 --from=evil / /'],
    [
      'behind a flag that looks like one',
      'FROM alpine AS b\nFROM alpine\nCOPY --chown=--from=b --from=evil / /',
    ],
    ['behind a quoted flag', 'FROM alpine\nCOPY --chown="a b" --from=evil / /'],
    ['in a quoted flag', 'FROM alpine\nCOPY --from="evil" / /'],
    ['in a flag with a variable', 'FROM alpine\nARG A=evil\nCOPY --from=$A / /'],
    ['copied from, by an id', `FROM alpine\nCOPY --from=${HEX} / /`],
    ['copied from, by a number that is none', `FROM alpine\nCOPY --from=${'9'.repeat(20)} / /`],
    ['copied from, by the name of the same stage', 'FROM alpine AS evil\nCOPY --from=evil / /'],
    ['in a trigger', 'FROM alpine\nONBUILD COPY --from=evil / /'],
    [
      'in a trigger, by the name of a stage',
      'FROM alpine AS evil\nFROM alpine\nONBUILD COPY --from=evil / /',
    ],
    ['behind an odd stage name', 'FROM alpine AS ghcr.io/evil\nFROM ghcr.io/evil'],
  ])('%s', (_name, text) => {
    expect(rules(text).length).toBeGreaterThan(0)
  })
})

describe('an image out of variables is refused:', () => {
  test.each([
    ['unknown', 'FROM $NAME'],
    ['a default that is not listed', 'ARG NAME=evil\nFROM $NAME'],
    ['with a modifier', 'ARG NAME=alpine\nFROM ${NAME:+evil}'],
    ['with another default', 'FROM ${NAME:-alpine}'],
    ['of another variable', 'ARG A=evil\nARG B=$A\nFROM $B'],
    ['of another variable that comes later', 'ARG B=$A\nARG A=alpine\nFROM $B'],
    ['of another variable in single quotes', "ARG A=alpine\nARG B='$A'\nFROM $B"],
    ['of another variable of one instruction', 'ARG A=evil\nARG A=alpine B=$A\nFROM $B'],
    ['that are long', `ARG A=${'a'.repeat(2000)}\nFROM $A`],
    ['that are many', `ARG A=\nFROM alpine${'$A'.repeat(2000)}`],
    ['set again', 'ARG A=alpine\nARG A=evil\nFROM $A'],
    ['set again under a quoted name', 'ARG A=alpine\nARG "A"=evil\nFROM $A'],
    ['set in a quoted value alone', 'ARG A=evil B="x A=alpine y"\nFROM $A'],
    ['set behind a backslash alone', 'ARG A=evil B=x\\ A=alpine\nFROM $A'],
    ['taken away again', 'ARG A=ghcr.io/acme/\nARG A\nFROM ${A}evil'],
    ['in a platform', 'FROM --platform=$P alpine'],
    ['in a platform with a default', 'FROM --platform=${P:-linux/arm64} alpine'],
    ['in a platform that holds lines', 'ARG P\nFROM --platform=$P alpine'],
    ['set in a stage alone', 'FROM alpine\nARG A=alpine\nFROM $A'],
  ])('%s', (_name, text) => {
    expect(rules(text).length).toBeGreaterThan(0)
  })

  test('given by the client', () => {
    expect(rules('ARG A=alpine\nFROM $A', { A: 'evil' })).toEqual(['run.images'])
    expect(rules('ARG A=alpine\nFROM $A', { A: '$B' })).toEqual(['build.dockerfile'])
    expect(rules('FROM $A', { A: 'alpine' })).toEqual(['build.dockerfile'])
    const P = 'linux/amd64 alpine\nFROM evil'
    expect(rules('ARG P\nFROM --platform=$P alpine', { P })).toEqual(['build.dockerfile'])
    expect(rules('ARG P\nFROM alpine AS a\nFROM --platform=$P a', { P })).toEqual(['build.dockerfile'])
    expect(rules('ARG P\nFROM --platform=$P scratch', { P })).toEqual(['build.dockerfile'])
    expect(rules('ARG P\nFROM alpine$P', { P: ':3\nRUN a' })).toEqual(['run.images'])
  })
})

describe('what could be read in two ways is refused:', () => {
  test.each([
    ['another escape character', '# escape=`\nFROM alpine'],
    ['another escape character behind a BOM', '\uFEFF#  Escape = `\nFROM alpine'],
    ['two backslashes at an end', 'FROM alpine\nRUN a \\\\\nFROM evil'],
    ['a BOM in a flag', 'FROM alpine\nCOPY --chown=a\uFEFFb --from=evil / /'],
    ['a flag of BuildKit', 'FROM alpine\nRUN --mount=type=bind,from=evil true'],
    ['a flag that no instruction has', 'FROM alpine\nCMD --x a'],
    ['a flag twice', 'FROM alpine\nCOPY --chown=1 --chown=2 a b'],
    ['a trigger in a trigger', 'FROM alpine\nONBUILD ONBUILD RUN a'],
    ['a trigger with a base', 'FROM alpine\nONBUILD FROM evil'],
    ['a word that is not an instruction', 'FROM alpine\nBUILD a'],
    ['two names of a stage', 'FROM alpine AS a b'],
    ['a backslash behind another', 'FROM alpine\nRUN a \\ \\'],
    ['a here-document out of a default', 'FROM alpine\nRUN cat ${X:-}<<EOF'],
    ['a here-document behind what is replaced', 'FROM alpine\nRUN cat ${X:+(}<<EOF'],
    ['a carriage return alone', 'FROM alpine\nRUN a\rFROM evil'],
    ['a vertical tab', 'FROM\valpine'],
    ['a no-break space', 'FROM alpine\nCOPY --chown=a\u00a0--from=evil / /'],
    ['a line separator', 'FROM\u2028alpine'],
    ['a NUL', 'FROM alpine\0'],
    ['a dotted capital I', 'FROM alpine\nONBU\u0130LD ADD http://evil.example/ /'],
    ['a here-document', 'FROM alpine\nRUN <<EOF\nFROM alpine AS evil\nEOF'],
    ['a here-document of an odd name', 'FROM alpine\nCOPY <<.e /a\n.e'],
    ['a here-document in a trigger', 'FROM alpine\nONBUILD RUN <<-"E"\nE'],
    ['no FROM', 'RUN true'],
    ['nothing', ''],
    ['comments alone', '# FROM alpine\n'],
  ])('%s', (_name, text) => {
    expect(rules(text)).toContain('build.dockerfile')
  })
})

describe('of labels', () => {
  test.each([
    'dockgate.worker=a',
    'a=b dockgate.worker=a',
    'a="b c"\tDockgate.claim=a',
    '"dockgate.worker"=a',
    "a=b 'dockgate.worker'=a",
    'dockgate.worker a b',
    'dock"gate.worker"=a',
    'dock\\gate.worker=a',
    '"dockgate.worker" a',
    "a='b\\' dockgate.worker=a '",
    '$A=b',
    '${A}.worker=b',
    '"dock$A"=b',
    'a=b dock$A=c',
    '$A b',
    "a='\\' $A=b '",
  ])('the gate’s own are refused, and names that are not known: LABEL %s', (rest) => {
    expect(rules(`FROM alpine\nLABEL ${rest}`)).toEqual(['build.dockerfile'])
    expect(rules(`FROM alpine\nONBUILD LABEL ${rest}`)).toEqual(['build.dockerfile'])
  })

  test.each([
    'a=b',
    'a=$B c="x $D" e=\'$F\' g=\\$h',
    'io.example.dockgate.worker=b x=dockgate.y "a b"="c"',
    'a dockgate.worker $B',
    'a=b=c d=',
    "a='b\\' c",
  ])('others pass: LABEL %s', (rest) => {
    expect(rules(`FROM alpine\nLABEL ${rest}`)).toEqual([])
  })

  test.each(['a=', 'a= ', '"', 'a="', '\\', "a='b' "])(
    'of a long instruction are read in work that grows with its length alone: %j over and over',
    (text) => {
      expect(growsWithLength((length) => rules(`FROM alpine\nLABEL ${text.repeat(length)}`), 2_000)).toBe(
        true,
      )
    },
  )
})

test.each([
  'ADD http://evil.example/a /',
  'add HTTPS://evil.example/a /',
  'ADD ["https://evil.example/a", "/"]',
  'ADD --chown=1:1 http://evil.example/a /',
  'ADD ht\\\ntp://evil.example/a /',
  'ADD "http:"//evil.example/a /',
  "ADD h'ttp:'//evil.example/a /",
  'ADD http:\\/\\/evil.example /',
  'ADD ["\\u0068ttp:\\u002f/evil.example", "/"]',
  'ADD $ADDRESS /',
  'ADD git@evil.example:a /',
  'ADD a.git#main /',
  'ADD a b http://evil.example/ /',
  'ADD h$A /',
  'ADD ht${A}p://evil.example/ /',
  'ADD ["a", 1]',
  'ADD ["http://evil.example/a", "/"] x',
  'ONBUILD ADD http://evil.example/a /',
])('an address is refused: %j', (line) => {
  expect(rules(`FROM alpine\nENV ADDRESS=http://evil.example\n${line}`)).toEqual(['build.add'])
})

test('a Dockerfile is checked in steps: of an instruction, or of some hundred lines that hold none', () => {
  const steps = (text: string) =>
    countOf(checkDockerfile(text, PATTERNS, { buildArgs: new Map(), target: '' }))
  const rest = 'FROM alpine\n'
  for (const lines of ['\n', '#\n', ' \n', '\\\n'])
    expect(steps(lines.repeat(50_000) + rest)).toBeGreaterThan(100)
  expect(steps(rest + 'RUN a\n'.repeat(900))).toBeGreaterThan(900)
})

describe('a long Dockerfile is read in work that grows with its length alone', () => {
  test.each(['\n', ' ', '\\ ', '\\\n', 'FROM ', '# ', '--a ', '$A', '<<', 'ARG A\n', '"'])(
    'of %j over and over',
    (text) => {
      const work = (length: number): void => {
        check(`FROM alpine\n${text.repeat(length / text.length)}`)
        check(`FROM alpine\nCOPY ${text.repeat(length / text.length)}`)
      }
      expect(growsWithLength(work, 2 ** 17)).toBe(true)
    },
  )

  test.each(['(<<a', `(${'<<a'.repeat(60)}`, '<<a{<<a', '(<<<'])(
    'of lines of %j over and over, whose own length has an end',
    (word) => {
      const line = `RUN ${`${word} `.repeat(60_000 / word.length)}\n`
      expect(growsWithLength((lines) => check(`FROM alpine\n${line.repeat(lines)}`), 2)).toBe(true)
    },
  )
})

test('a long Dockerfile is written as it was read', () => {
  const names = Array.from({ length: 999 }, (_, index) => `ARG A${index}=1\n`)
  expect(sent(check(`${names.join('')}FROM alpine`))).toBe(`${names.join('')}FROM sha256:0\n${LABEL}\n`)
  expect(sent(check(`${'\n'.repeat(2 ** 20)}FROM alpine`))).toBe(`FROM sha256:0\n${LABEL}\n`)
})

describe('the images that are taken from', () => {
  const ACME = 'ghcr.io/acme/app'
  const taken = (text: string, options = {}) => {
    const checked = check(text, options)
    const { copied, violations } = checked
    expect(violations).toEqual([])
    const names = basesOf(checked).map(({ image, platform }) => `${image} ${platform ?? ''}`.trim())
    return { names, copied: copied.map(fullReference) }
  }

  test.each([
    [
      'a stage begins with',
      'FROM alpine\nFROM alpine:3',
      ['docker.io/library/alpine:latest', 'docker.io/library/alpine:3'],
    ],
    ['a digest names', `FROM ${ACME}:1@sha256:${'a'.repeat(64)}`, [`${ACME}:1@sha256:${'a'.repeat(64)}`]],
    [
      'variables name',
      'ARG T=3 P=linux/arm64\nFROM --platform=$P alpine:$T AS a',
      ['docker.io/library/alpine:3 linux/arm64'],
    ],
    [
      'are no stages, nor scratch',
      `FROM ${ACME} AS a\nFROM A AS b\nFROM scratch\nFROM b`,
      [`${ACME}:latest`],
    ],
    ['are no stage yet', `FROM ${ACME} AS alpine\nFROM alpine`, [`${ACME}:latest`]],
  ])('are those that %s', (_what, text, names) => {
    expect(taken(text)).toEqual({ names, copied: [] })
  })

  test('are those that files are copied from', () => {
    const text = `FROM alpine AS a\nFROM a\nCOPY --from=a / /\nCOPY --from=0 / /\nCOPY --chown=1 --from=${ACME}:2 / /\nONBUILD COPY --from=${ACME}:3 / /`
    expect(taken(text).copied).toEqual([`${ACME}:2`])
  })

  test('are those that files are copied from by triggers, where a stage begins with the one that has them', () => {
    const trigger = (tag: string): string => `ONBUILD COPY --from=${ACME}:${tag} / /`
    const text = `FROM alpine AS One\n${trigger('1')}\n${trigger('2')}\nFROM alpine AS two\n${trigger('3')}\nFROM alpine\n${trigger('4')}`
    expect(taken(text).copied).toEqual([])
    expect(taken(`${text}\nFROM ONE`).copied).toEqual([`${ACME}:1`, `${ACME}:2`])
    expect(taken(`${text}\nFROM two AS three\n${trigger('5')}\nFROM three`).copied).toEqual([
      `${ACME}:3`,
      `${ACME}:5`,
    ])
  })

  test('are those up to the target', () => {
    const text = `FROM alpine:1 AS one\nFROM alpine:2 AS Two\nCOPY --from=${ACME}:2 / /\nFROM alpine:3\nCOPY --from=${ACME}:3 / /`
    const upToTwo = ['docker.io/library/alpine:1', 'docker.io/library/alpine:2']
    expect(taken(text, { target: 'tWO' })).toEqual({ names: upToTwo, copied: [`${ACME}:2`] })
    expect(taken(text, { target: 'three' }).names).toHaveLength(3)
    expect(taken(text).names).toHaveLength(3)
  })

  test('are given by the client’s arguments in the defaults of others', () => {
    const text = 'ARG T=1\nARG NAME=alpine:$T\nFROM $NAME'
    expect(taken(text, { buildArgs: { T: '2' } }).names).toEqual(['docker.io/library/alpine:2'])
    expect(taken(text, { buildArgs: { NAME: 'alpine:3' } }).names).toEqual(['docker.io/library/alpine:3'])
  })

  test('are given by the client’s arguments', () => {
    expect(taken('ARG T=1\nFROM alpine:$T', { buildArgs: { T: '2' } }).names).toEqual([
      'docker.io/library/alpine:2',
    ])
  })
})

const LABEL = 'LABEL dockgate.claim="" dockgate.worker="ai-worker"'

describe('what an engine gets', () => {
  test.each([
    ['FROM alpine', ['FROM sha256:0', LABEL]],
    ['# a\r\nfrom\talpine   as  X\r\nRUN a \\\r\n  b\r\n', ['FROM sha256:0 AS x', LABEL, 'RUN a   b']],
    ['\uFEFFFROM alpine\nRUN a', ['FROM sha256:0', LABEL, 'RUN a']],
    [
      'ARG P=linux/arm64\nFROM --platform=$P \\\n# c\n\n alpine AS a\n\nFROM a',
      ['ARG P=linux/arm64', 'FROM --platform=linux/arm64 sha256:0 AS a', LABEL, 'FROM a', LABEL],
    ],
    ['\\\nFROM alpine\n#\nRUN b', ['FROM sha256:0', LABEL, 'RUN b']],
    [
      'FROM alpine AS a\nCOPY a b\nFROM alpine \\',
      ['FROM sha256:0 AS a', LABEL, 'COPY a b', 'FROM sha256:1', LABEL],
    ],
    ['FROM scratch\nCOPY . /', ['FROM scratch', LABEL, 'COPY . /']],
    [
      'FROM "alpine"\ncopy\t--chown=$U:$G  --from=0\ta b\nADD ["a",  "b"]\nonbuild add --chown=1 a b',
      [
        'FROM sha256:0',
        LABEL,
        'COPY --chown=$U:$G --from=0 a b',
        'ADD ["a",  "b"]',
        'ONBUILD ADD --chown=1 a b',
      ],
    ],
  ])('of %j is each instruction on a line, with ids in the place of names', (text, lines) => {
    expect(check(text).violations).toEqual([])
    expect(sent(check(text))).toBe(`${lines.join('\n')}\n`)
  })

  test('ends with the target', () => {
    const text = 'FROM alpine AS one\nRUN a\nFROM evil\nRUN b'
    expect(check(text, { target: 'ONE' }).violations).toEqual([])
    expect(sent(check(text, { target: 'ONE' }))).toBe(`FROM sha256:0 AS one\n${LABEL}\nRUN a\n`)
  })
})
