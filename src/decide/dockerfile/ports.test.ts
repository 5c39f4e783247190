import { expect, test } from 'vitest'
import { atOnce } from '../../schedule/at-once.ts'
import { checkDockerfile } from './check.ts'

function refusals(lines: readonly string[], buildArgs = new Map<string, string>()): readonly string[] {
  const text = ['FROM alpine', ...lines].join('\n')
  const { violations } = atOnce(checkDockerfile(text, ['docker.io/library/*'], { buildArgs, target: '' }))
  return violations.map(({ rule }) => rule)
}

test.each([
  [['EXPOSE 80']],
  [['EXPOSE 80/tcp 443/TCP 1000-2000/udp']],
  [['EXPOSE 1-4096']],
  [['ENV PORT=3000', 'EXPOSE $PORT']],
  [['ENV PORT 3000', 'EXPOSE ${PORT}/tcp 1${PORT}']],
  [['EXPOSE ${PORT:-80}']],
  [['ARG PORT=3000', 'ENV PORT=$PORT-1', 'EXPOSE 80']],
  [['ARG PORT', 'EXPOSE $PORT']],
  [['EXPOSE $OF_THE_BASE']],
])('%j exposes what it may', (lines) => {
  expect(refusals(lines, new Map([['PORT', '80']]))).toEqual([])
})

test.each([
  [['EXPOSE 1-4097']],
  [['EXPOSE 1-65535']],
  [['EXPOSE 1-3000', 'EXPOSE 1-3000/udp']],
  [['ONBUILD EXPOSE 1-65535']],
  [['EXPOSE "1-65535"']],
  [["EXPOSE 1-'65535'"]],
  [['EXPOSE 1\\-65535']],
  [['EXPOSE 127.0.0.1:1-65535:1-65535']],
  [['EXPOSE ${P:-1-65535}']],
  [['ENV P=1-65535', 'EXPOSE $P']],
  [['ENV P=1-65535', 'EXPOSE ${P:-80}']],
  [['ENV P 1-65535', 'EXPOSE $P']],
  [['ONBUILD ENV P=1-65535', 'EXPOSE $P']],
  [['ENV A="x" P=1-65535', 'EXPOSE $P']],
  [['ENV "P"=1-65535', 'EXPOSE $P']],
  [['ENV P=80', 'ENV N=P', 'ENV $N=1-65535', 'EXPOSE $P']],
  [['ARG P=1-65535', 'EXPOSE $P']],
  [['ENV D=-', 'EXPOSE 1${D}65535']],
  [['ENV P=1', 'EXPOSE $P-65535']],
  [['EXPOSE $GIVEN']],
  [['ARG GIVEN=80', 'EXPOSE $GIVEN']],
])('%j is refused, since it could expose very many', (lines) => {
  expect(refusals(lines, new Map([['GIVEN', '1-65535']]))).toEqual(['build.dockerfile'])
})
