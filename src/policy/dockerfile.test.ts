import { describe, expect, test } from 'vitest'
import { checkDockerfile } from './dockerfile.ts'

const PATTERNS = ['docker.io/library/alpine', 'ghcr.io/acme/*']
const HEX = 'deadbeef'

/** What is found in a Dockerfile, where only alpine and acme's images are listed. */
function rules(text: string, buildArgs: Readonly<Record<string, string>> = {}): readonly string[] {
  return checkDockerfile(text, PATTERNS, new Map(Object.entries(buildArgs))).map(({ rule }) => rule)
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
    ['a platform', 'FROM --platform=$BUILDPLATFORM alpine AS build\nRUN true'],
    ['arguments', 'ARG NAME=alpine TAG="3.20"\nARG OTHER\nFROM ${NAME}:$TAG'],
    ['comments in a continuation', 'FROM alpine\nRUN a \\\n  # why\n\n  && b'],
    ['a here-string of a shell', 'FROM alpine\nRUN cat <<< hello'],
    ['files that are added', 'FROM alpine\nADD rootfs.tar.gz /\nADD ["a b", "/c"]'],
    ['triggers', 'FROM alpine\nONBUILD COPY . /app\nONBUILD RUN make'],
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
    ['set again', 'ARG A=alpine\nARG A=evil\nFROM $A'],
    ['set again under a quoted name', 'ARG A=alpine\nARG "A"=evil\nFROM $A'],
    ['set in a quoted value alone', 'ARG A=evil B="x A=alpine y"\nFROM $A'],
    ['set behind a backslash alone', 'ARG A=evil B=x\\ A=alpine\nFROM $A'],
    ['taken away again', 'ARG A=ghcr.io/acme/\nARG A\nFROM ${A}evil'],
    ['set in a stage alone', 'FROM alpine\nARG A=alpine\nFROM $A'],
  ])('%s', (_name, text) => {
    expect(rules(text).length).toBeGreaterThan(0)
  })

  test('given by the client', () => {
    expect(rules('ARG A=alpine\nFROM $A', { A: 'evil' })).toEqual(['run.images'])
    expect(rules('ARG A=alpine\nFROM $A', { A: '$B' })).toEqual(['build.dockerfile'])
    expect(rules('FROM $A', { A: 'alpine' })).toEqual(['build.dockerfile'])
  })
})

describe('what could be read in two ways is refused:', () => {
  test.each([
    ['another escape character', '# escape=`\nFROM alpine'],
    ['another escape character behind a BOM', '\uFEFF#  Escape = `\nFROM alpine'],
    ['two backslashes at an end', 'FROM alpine\nRUN a \\\\\nFROM evil'],
    ['a BOM in a continuation', 'FROM alpine\nRUN a \\\n\uFEFF# b\nRUN c'],
    ['a BOM in a flag', 'FROM alpine\nCOPY --chown=a\uFEFFb --from=evil / /'],
    ['a carriage return alone', 'FROM alpine\nRUN a\rFROM evil'],
    ['a vertical tab', 'FROM\valpine'],
    ['a no-break space', 'FROM alpine\nCOPY --chown=a\u00a0--from=evil / /'],
    ['a line separator', 'FROM alpine\u2028'],
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
  'ONBUILD ADD http://evil.example/a /',
])('an address is refused: %j', (line) => {
  expect(rules(`FROM alpine\nENV ADDRESS=http://evil.example\n${line}`)).toEqual(['build.add'])
})
