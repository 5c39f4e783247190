import { describe, expect, test } from 'vitest'
import { allOf } from '../../../test/support/share.ts'
import { checkDockerfile } from './check.ts'

/** Why a Dockerfile of these lines is refused. */
function refusals(...lines: readonly string[]): readonly string[] {
  const options = { buildArgs: new Map<string, string>(), target: '' }
  const { violations } = allOf(checkDockerfile(lines.join('\n'), ['docker.io/library/alpine'], options))
  return violations.map(({ rule, what, why }) => `${rule}: ${what}: ${why}`)
}

function times(count: number, line: (index: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => line(index))
}

const long = (length: number) => 'x'.repeat(length)
const STAGE = ['FROM alpine AS a', `ENV A=${long(16_000)}`, 'FROM alpine']

describe('an ordinary Dockerfile is not too long:', () => {
  test.each([
    ['with variables of the base image', ['ENV PATH="/opt/$NODE/bin:${PATH}"', 'WORKDIR $HOME/app']],
    ['with a path that grows', times(100, (index) => `ENV PATH=/opt/${index}/bin:$PATH`)],
    [
      'with labels of arguments',
      ['ARG VERSION', 'ARG REVISION=main', ...times(7, (index) => `LABEL l${index}=$VERSION-$REVISION`)],
    ],
    ['with a long script', [`RUN ${long(60_000)}`]],
    ['with a long variable', [`ENV LIST=${long(16_000)}`, 'ENV A=$LIST B=$LIST']],
    ['with long labels at its end', [...times(900, () => 'USER 1'), `LABEL l=${long(16_000)}`]],
    ['with many instructions', times(900, (index) => `RUN echo ${index}`)],
    [
      'with labels again in another stage',
      [`LABEL a=${long(16_000)}`, 'FROM alpine', `LABEL a=${long(16_000)}`],
    ],
  ])('%s', (_what, lines) => {
    expect(refusals('FROM alpine', ...lines)).toEqual([])
  })
})

describe('a Dockerfile is refused', () => {
  test.each([
    ['with a label of one variable many times', [`ARG X=${long(10_000)}`, `LABEL l=${'$X'.repeat(7)}`]],
    ['with a variable of the base image many times', [`LABEL l=${'$PATH'.repeat(16)}`]],
    ['with braces', [`ARG X=${long(10_000)}`, `LABEL l=${'${X}'.repeat(7)}`]],
    ['with a default of another', [`ARG X=${long(10_000)}`, `LABEL l=${'${Y:-$X}'.repeat(7)}`]],
    ['with values that double', times(20, (index) => `ENV A${index + 1}=$A${index}$A${index}`)],
    ['with values that double under one name', ['ENV A=12345678', ...times(20, () => 'ENV A=$A$A')]],
    ['with values that double in the old form', ['ENV A 12345678', ...times(20, () => 'ENV A $A$A')]],
    ['with arguments that double', ['ARG A=12345678', ...times(20, () => 'ARG A=$A$A')]],
    ['with a replacement', [`ENV A=${long(300)}`, `ENV B=\${A//x/${long(300)}}`]],
    ['with a name that is quoted', [`ENV "A"=${long(16_000)}`, 'LABEL l=$A$A$A$A$A']],
    ['with a name out of a variable', ['ARG N=A', `ENV $N=${long(12_000)}`, 'LABEL l=$A$A$A$A$A']],
    [
      'with a name of other letters',
      [`ENV \u00e9=${long(16_000)}`, 'LABEL l=$\u00e9$\u00e9$\u00e9$\u00e9$\u00e9'],
    ],
    ['with a value behind an empty one', [`ENV B='' A='${long(16_000)}'`, 'LABEL l=$A$A$A$A$A']],
    ['with the value of a stage that it goes on from', [...STAGE, 'FROM a', 'LABEL l=$A$A$A$A$A']],
    ['with a long label', [`LABEL l=${long(17_000)}`]],
    ['with many labels', times(5, (index) => `LABEL l${index}=${long(16_000)}`)],
    ['with a long working directory', [`WORKDIR /${long(17_000)}`]],
    ['with a long user', [`USER ${long(17_000)}`]],
    ['with a long copy', [`COPY ${long(17_000)} /`]],
    ['with a long line', [`RUN ${long(65_536)}`]],
    ['with a long health check', [`HEALTHCHECK CMD ${long(5_000)}`]],
    ['with many volumes', [`VOLUME ${times(65, (index) => `/${index}`).join(' ')}`]],
    ['with a volume at /dev', ['VOLUME /dev']],
    ['with a volume over a device, in a list', ['VOLUME ["/data","/dev/pts"]']],
    ['with many volumes in a list', [`VOLUME ["/0"${times(64, (index) => `,"/${index}"`).join('')}]`]],
    ['with many volumes one by one', times(65, (index) => `VOLUME /${index}`)],
    ['with a long trigger', [`ONBUILD LABEL l=${long(17_000)}`]],
    ['with much in all', times(70, (index) => `COPY ${index}${long(16_000)} /`)],
    ['with long labels on many steps', [`LABEL l=${long(16_000)}`, ...times(140, () => 'USER 1')]],
    ['with more instructions than images may come of it', times(1_001, () => 'USER 1')],
  ])('%s', (_what, lines) => {
    expect(refusals('FROM alpine', ...lines)).toEqual([
      expect.stringMatching(/^build\.dockerfile: .* of \d+ char/),
    ])
  })

  test('with labels of the stage that it goes on from', () => {
    const labels = times(3, (index) => `LABEL l${index}=${long(16_000)}`)
    const more = times(2, (index) => `LABEL m${index}=${long(16_000)}`)
    expect(refusals('FROM alpine AS a', ...labels, 'FROM alpine', ...labels)).toEqual([])
    expect(refusals('FROM alpine AS a', ...labels, 'FROM alpine', 'FROM A', ...more)).toHaveLength(1)
  })

  test('with a variable that a trigger would make shorter', () => {
    const lines = [`ENV A=${long(16_000)}`, 'ONBUILD ENV A=x', 'LABEL l=$A$A$A$A$A']
    expect(refusals('FROM alpine', ...lines)).toHaveLength(1)
  })

  test('with triggers that double what comes behind them', () => {
    const doubling = times(10, (index) => `ONBUILD ENV B${index + 1}=$B${index}$B${index}`)
    const small = ['FROM alpine AS a', 'ENV B0=x']
    expect(refusals(...small, ...doubling, 'FROM a', 'ENV C=$B10')).toEqual([])
    expect(refusals(...small, ...doubling, `ENV B0=${long(16_000)}`, 'FROM A')).toEqual([
      expect.stringContaining('build.dockerfile: ONBUILD of A'),
    ])
  })
})

test.each(['1ms', '0.5s', '999ms', '.5s', '1e9ns', '-1s', '1', '+1s', '1\u00b5s', '500ms499ms', '0h1ns'])(
  'a health check every %s is refused',
  (interval) => {
    for (const flag of ['interval', 'start-interval'])
      expect(refusals('FROM alpine', `HEALTHCHECK --${flag}=${interval} CMD true`)).toHaveLength(1)
    expect(refusals('FROM alpine', `ONBUILD HEALTHCHECK --interval=${interval} CMD true`)).toHaveLength(1)
  },
)

test.each(['1s', '30s', '1m30s', '1000ms', '0.5m', '0', '0s', '500ms500ms', '24h'])(
  'a health check every %s is made',
  (interval) => {
    expect(refusals('FROM alpine', `HEALTHCHECK --interval=${interval} --timeout=1ms CMD true`)).toEqual([])
  },
)
