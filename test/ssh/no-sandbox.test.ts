/** A host that can't hold the docker CLI: nothing of it is run, that is said, and all else goes on. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGate, type Gate } from '../support/gate.ts'
import { installProgram } from '../support/installed.ts'
import { call, freePort, overStdio, policyWithHttp } from '../support/mcp.ts'
import { start, until } from '../support/process.ts'
import { setting } from '../support/settings.ts'
import { ACCOUNT, startHost, startSshGate, type Host } from '../support/ssh.ts'

/** Starts a program where bubblewrap can't do its work. */
const before = [
  '/usr/bin/unshare',
  '--mount',
  '/bin/sh',
  '-c',
  'mount --bind /bin/false /usr/bin/bwrap; exec "$@"',
  'sh',
]

describe('over SSH', () => {
  let gate: Gate
  let host: Host
  beforeAll(async () => {
    gate = await startSshGate()
    host = await startHost(gate.socket, undefined, { before })
  })
  afterAll(async () => {
    await host[Symbol.asyncDispose]()
    await gate[Symbol.asyncDispose]()
  })

  test.each([
    'docker ps',
    'docker --version',
    'docker compose version',
    'can docker ps',
    'docker run busybox true',
  ])('%s is not run, and it is said why', async (line) => {
    expect(await host.ssh(line)).toMatchObject({
      code: 69,
      stdout: '',
      stderr: expect.stringMatching(
        /^dockgate: docker is not run here, .* bubblewrap .*: docs\/ssh\.md#the-sandbox\n$/,
      ),
    })
  })

  test('an engine is still dialled, and the gate still asked', async () => {
    expect((await host.docker(['ps', '--format', 'x'])).code).toBe(0)
    expect((await host.ssh('whoami')).code).toBe(0)
  })

  test('dockgate ssh --check tells the operator', async () => {
    const check = (more: readonly string[]) => {
      const as = ['--reuid', ACCOUNT, '--regid', ACCOUNT, '--clear-groups', '--']
      const dockgate = join(host.directory, 'dockgate/bin/dockgate')
      const words = [
        'ssh',
        '--worker',
        'ai-worker',
        '--docker',
        setting('DOCKER'),
        '--docker-config',
        join(host.directory, 'config'),
        '--check',
      ]
      const [first = '', ...others] = [...more, '/usr/bin/setpriv', ...as, dockgate, ...words]
      return start(first, others, { PATH: '/usr/bin:/bin' }).ended
    }
    expect(await check(before)).toMatchObject({
      code: 69,
      stdout: expect.stringMatching(/^docker: docker is not run here/),
    })
    expect(await check([])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^docker: Docker version 26\..*\ndocker compose: Docker Compose version 2\..*\n$/,
      ),
    })
  })
})

describe('by MCP', () => {
  let installed: string
  beforeAll(async () => {
    installed = await mkdtemp(join(tmpdir(), 'dockgate-installed-'))
    await chmod(installed, 0o755)
  })
  afterAll(() => rm(installed, { recursive: true }))

  test('the gate tells the operator at the start of the server, and the server its client', async () => {
    const worker = { name: 'ai-worker', port: await freePort(), token: randomBytes(32).toString('base64') }
    await using gate = await startGate({
      program: installProgram(installed),
      before,
      policy: (directory) => policyWithHttp(directory, [worker]),
      arguments: () => ['--docker', setting('DOCKER')],
    })
    await until(
      () => gate.output().stderr.includes('MCP of worker ai-worker: docker is not run here'),
      'that',
    )
  })

  test('a command is answered by that, and the rest is served', async () => {
    await using gate = await startGate()
    const program = installProgram(join(installed, 'own'))
    const words = [
      program,
      'mcp',
      '--worker',
      'ai-worker',
      '--socket',
      gate.socket,
      '--docker',
      setting('DOCKER'),
    ]
    await using session = await overStdio(gate, 'legacy', [...before, ...words])
    expect(await call(session, 'docker_read', { arguments: ['ps'] })).toMatchObject({
      isError: true,
      exit: 69,
      output: expect.stringContaining('docker is not run here'),
    })
    expect(await call(session, 'policy_explain')).toMatchObject({ isError: false })
  })
})
