import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'
import { parseJson } from '../json.ts'
import { execCreateBody, readContainerExec } from './exec.ts'

describe('a program in a container', () => {
  const exec = (body: object) => read('POST /containers/web/exec', body)

  test.each([
    [{ Cmd: 'ls' }, ['ls']],
    [{ Cmd: ['ls', ''] }, ['ls', '']],
    [{ Cmd: ['ls'], Container: '' }, ['ls']],
    [{ Cmd: ['ls'], Container: 'web', Detach: true }, ['ls']],
  ])('is named by %j', (body, argv) => {
    const { operation } = exec(body)
    expect(operation).toMatchObject({ kind: 'container.exec', container: 'web', argv })
    expect(operation).not.toMatchObject({ body: { Container: expect.anything() } })
    expect(operation).not.toMatchObject({ body: { Detach: expect.anything() } })
  })

  test.each([{}, { Cmd: null }, { Cmd: [] }, { Cmd: [''] }, { Cmd: '' }, { Cmd: ['', 'ls'] }])(
    'is not named by %j',
    (body) => {
      expect(exec(body).why).toBe('Cmd must name a program')
    },
  )

  test('has the keys that detach it in the spelling of docker-py too', () => {
    expect(exec({ Cmd: ['sh'], detachKeys: 'ctrl-p' }).operation).toMatchObject({
      body: { DetachKeys: 'ctrl-p' },
    })
    const both = { Cmd: ['sh'], detachKeys: 'ctrl-p', DetachKeys: 'ctrl-q' }
    expect(exec(both).operation).toMatchObject({ body: { DetachKeys: 'ctrl-q' } })
    expect(exec(both).operation).not.toMatchObject({ body: { detachKeys: expect.anything() } })
  })

  test('runs where the path says', () => {
    expect(exec({ Cmd: ['ls'], Container: 'db' }).why).toBe(
      'Container: "db" is not the container of the path',
    )
  })

  test('is started with a body', () => {
    expect(read('POST /exec/abc/start', { Detach: true, Tty: false }).operation).toEqual({
      kind: 'exec.start',
      exec: 'abc',
      body: { Detach: true, Tty: false },
    })
    // Clients say more than an engine reads (testcontainers, dockerode).
    const { found, leftOut } = read('POST /exec/abc/start', { User: 'root', stdin: true, hijack: true })
    expect([found, leftOut]).toEqual([[], ['User', 'stdin', 'hijack']])
  })
})

function argvOf(body: object) {
  return readContainerExec('web', execCreateBody.read(parseJson(Buffer.from(JSON.stringify(body))), '', []))
    .argv
}

const half = 'x'.repeat(64 * 1024)

test('an exec has a command and an environment of 128 KiB together', () => {
  expect(argvOf({ Cmd: ['sh', '-c', half], Env: ['A=b'] })).toEqual(['sh', '-c', half])
  for (const more of [{ Env: [half] }, { User: half }, { WorkingDir: half }, { DetachKeys: half }])
    expect(() => argvOf({ Cmd: ['sh', '-c', half], ...more })).toThrow(
      'the command and environment of an exec are',
    )
  expect(() => argvOf({ Cmd: [half, half] })).toThrow('at most')
})
