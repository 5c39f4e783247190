import { expect, test } from 'vitest'
import { ask, type Settings } from '../../test/cases/world.ts'
import { recordDetail } from '../audit/detail.ts'
import { withinRecord } from './record-size.ts'

const KIB = 1024
const settings: Settings = {
  docker: { allow: ['run', 'exec', 'ps'] },
  run: {},
  world: {},
  without: [],
}

/** What becomes of a request, as the gate takes it: decided, and measured as it would be recorded. */
function judged(line: string, body?: unknown) {
  const { decoded, verdict } = ask({ line, body }, settings)
  expect(verdict.effect).toBe('allow')
  const { size } = recordDetail(decoded.operation, verdict)
  return withinRecord(verdict, size)
}

const create = (more: object) => judged('POST /containers/create', { Image: 'alpine', ...more })
const filtered = (value: string) =>
  judged(`GET /containers/json?filters=${encodeURIComponent(JSON.stringify({ label: [value] }))}`)
const tooLarge = { effect: 'refuse', status: 403, refusal: { rule: 'request.size' } }

test.each([
  ['a command', () => create({ Cmd: ['x'.repeat(70 * KIB)] })],
  ['a command in letters of several bytes', () => create({ Cmd: ['\u20ac'.repeat(25 * KIB)] })],
  ['many arguments', () => create({ Cmd: Array(9_000).fill('argument') })],
  ['the name of a variable', () => create({ Env: [`${'x'.repeat(70 * KIB)}=`] })],
  [
    'the program of an exec',
    () => judged('POST /containers/web/exec', { Cmd: ['sh', 'x'.repeat(70 * KIB)] }),
  ],
  ['the filters of a list', () => filtered('x'.repeat(9 * KIB))],
])('%s that would fill the record is not let through', (_, judge) => {
  expect(judge()).toMatchObject(tooLarge)
})

test.each([
  ['a long environment', () => create({ Env: [`CONFIGURATION=${'x'.repeat(200 * KIB)}`] })],
  [
    'a thousand variables with large labels',
    () =>
      create({
        Env: Array.from({ length: 1_000 }, (_value, index) => `VARIABLE_${index}=value`),
        Labels: { 'com.docker.compose.project.config_files': 'x'.repeat(16 * KIB) },
      }),
  ],
  ['labels of 32 KiB', () => create({ Labels: { configuration: 'x'.repeat(32 * KIB) } })],
  [
    'a program of 60 KiB',
    () => judged('POST /containers/web/exec', { Cmd: ['sh', '-c', 'x'.repeat(60 * KIB)] }),
  ],
  ['a list by a long path', () => filtered(`com.docker.compose.project.working_dir=/${'x'.repeat(4_096)}`)],
])('%s is let through', (_, judge) => {
  expect(judge().effect).toBe('allow')
})
