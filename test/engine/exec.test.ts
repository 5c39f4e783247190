import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineRequest, onEngines } from '../support/engine.ts'
import { everything, freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

describe.each(onEngines('new', 'old'))('exec on the %s engine', (engine) => {
  const named = freshName('exec-named')
  const other = freshName('exec-other')
  const shared = gateForAll(engine, {
    exec: { [named]: ['echo <word>'], own: '*' },
    reach: { [other]: ['logs'] },
  })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)

  beforeAll(async () => {
    for (const name of [named, other]) {
      await engineDocker(engine, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])
    }
  })
  afterAll(() => engineDocker(engine, ['rm', '-f', named, other]))

  test('runs a command that the policy names in a container of the operator', async () => {
    expect(await worker('exec', named, 'echo', 'hello')).toEqual({ code: 0, stdout: 'hello\n', stderr: '' })
  })

  test.each([
    ['another program', ['ls']],
    ['another number of words', ['echo', 'one', 'two']],
    ['no word where one is named', ['echo']],
    ['a shell that would run it', ['sh', '-c', 'echo hello']],
  ] satisfies [string, string[]][])('refuses %s there', async (_what, command) => {
    expect(await worker('exec', named, ...command)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`docker.exec.${named}`),
    })
  })

  test.each([
    ['--privileged', ['--privileged'], 'Privileged'],
    ['another user', ['--user', '1000'], '--user'],
    ['another environment', ['--env', 'LD_PRELOAD=/x'], '--env'],
    ['another working directory', ['--workdir', '/tmp'], '--workdir'],
  ] satisfies [string, string[], string][])(
    'refuses %s for a command that it names',
    async (_what, flags, says) => {
      expect(await worker('exec', ...flags, named, 'echo', 'hello')).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining(says),
      })
    },
  )

  test('refuses every command in a container that the policy names for other things', async () => {
    expect(await worker('exec', other, 'echo', 'hello')).toMatchObject({ code: 1, stdout: '' })
  })

  test('takes any command, user and environment in own containers, with its exit code and input', async () => {
    const mine = freshName('exec-mine')
    expect(await worker('run', '-d', '--name', mine, 'busybox', 'sleep', '1000')).toMatchObject({ code: 0 })
    const flags = ['--user', '1000', '--env', 'WORD=of-mine', '--workdir', '/tmp']
    expect(
      await worker('exec', ...flags, mine, 'sh', '-c', 'echo $WORD; id -u; pwd; echo lost >&2; exit 3'),
    ).toEqual({ code: 3, stdout: 'of-mine\n1000\n/tmp\n', stderr: 'lost\n' })
    expect(await docker(shared.gate, ['exec', '-i', mine, 'cat'], { input: 'put in\n' })).toEqual({
      code: 0,
      stdout: 'put in\n',
      stderr: '',
    })
    expect(await worker('exec', '--privileged', mine, 'true')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Privileged'),
    })
    await worker('rm', '-f', mine)
  })
})

describe('an exec', () => {
  const policy = withOther(generousPolicy({ allow: [...everything, 'exec'], exec: { own: '*' } }))

  test('is neither started nor seen by another worker that knows its id, nor one of the operator’s by any', async () => {
    await using gate = await startGate({ policy })
    const other = otherSocket(gate.directory)
    const name = freshName('exec-id')
    expect(await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])).toMatchObject({
      code: 0,
    })
    const exec = {
      method: 'POST',
      path: `/containers/${name}/exec`,
      body: { Cmd: ['touch', '/made'], AttachStdout: true },
    }
    const id = JSON.parse((await request(gate.socket, exec)).body).Id
    const start = { method: 'POST', path: `/exec/${id}/start`, body: { Detach: true } }
    expect(await request(other, start)).toMatchObject({ status: 404 })
    expect(await request(other, { path: `/exec/${id}/json` })).toMatchObject({ status: 404 })
    expect(await docker(gate, ['exec', name, 'ls', '/made'])).toMatchObject({ code: 1 })
    expect(await request(gate.socket, start)).toMatchObject({ status: 200 })
    await expect.poll(() => docker(gate, ['exec', name, 'ls', '/made'])).toMatchObject({ code: 0 })
    const theirs = JSON.parse((await engineRequest('new', exec)).body).Id
    expect(await request(other, { ...start, path: `/exec/${theirs}/start` })).toMatchObject({ status: 404 })
    await docker(gate, ['rm', '-f', name])
  })
})
