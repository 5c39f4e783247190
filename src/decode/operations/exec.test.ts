import { expect, test } from 'vitest'
import { parseJson } from '../json.ts'
import { readContainerExec } from './exec.ts'

function exec(body: object) {
  return readContainerExec('web', parseJson(Buffer.from(JSON.stringify(body))), []).argv
}

const half = 'x'.repeat(64 * 1024)

test('an exec has a command and an environment of 128 KiB together', () => {
  expect(exec({ Cmd: ['sh', '-c', half], Env: ['A=b'] })).toEqual(['sh', '-c', half])
  for (const more of [{ Env: [half] }, { User: half }, { WorkingDir: half }, { DetachKeys: half }])
    expect(() => exec({ Cmd: ['sh', '-c', half], ...more })).toThrow(
      'the command and environment of an exec are',
    )
  expect(() => exec({ Cmd: [half, half] })).toThrow('at most')
})
