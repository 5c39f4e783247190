import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request, type Response } from '../support/http.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

describe.each(onEngines('new', 'old'))('containers of the operator on the %s engine', (engine) => {
  const hidden = freshName('hidden')
  const named = freshName('named')
  const shared = gateForAll(engine, {
    reach: { [named]: ['logs', 'stats', 'restart'], [`${named}-open`]: ['inspect'] },
  })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  const ids: Record<string, string> = {}

  beforeAll(async () => {
    for (const name of [hidden, named, `${named}-open`]) {
      const started = await engineDocker(engine, [
        ...[
          'run',
          '-d',
          '--name',
          name,
          '-e',
          'PASSWORD=secret',
          'busybox',
          'sh',
          '-c',
          'echo up; exec sleep 1000',
        ],
      ])
      ids[name] = started.stdout.trim()
    }
  })
  afterAll(() => engineDocker(engine, ['rm', '-f', hidden, named, `${named}-open`]))

  /** Every way to name the hidden container. */
  const spellings = (): readonly string[] => {
    const id = ids[hidden] ?? ''
    return [hidden, `/${hidden}`, id, id.slice(0, 12), id.slice(0, 5)]
  }

  test('are neither listed nor counted', async () => {
    const listed = await worker('ps', '-a', '--format', '{{.Names}}')
    expect(listed.stdout).not.toContain(hidden)
    expect(listed.stdout).toContain(named)
    expect(await worker('ps', '-a', '--filter', `name=${hidden}`, '-q')).toMatchObject({
      code: 0,
      stdout: '',
    })
    expect(await worker('ps', '-a', '--filter', `id=${ids[hidden]}`, '-q')).toMatchObject({
      code: 0,
      stdout: '',
    })
    expect(await worker('info', '-f', '{{.Containers}}')).toMatchObject({ stdout: '2\n' })
    expect((await worker('system', 'df', '-v')).stdout).not.toContain(hidden)
  })

  const calls = [
    ['GET', '/json'],
    ['GET', '/logs?stdout=1'],
    ['GET', '/stats?stream=0'],
    ['GET', '/top'],
    ['POST', '/start'],
    ['POST', '/stop'],
    ['POST', '/restart'],
    ['POST', '/kill'],
    ['POST', '/pause'],
    ['POST', '/unpause'],
    ['POST', '/wait'],
    ['POST', '/rename?name=other'],
    ['POST', '/attach?stream=1&stdout=1'],
    ['POST', '/resize?h=1&w=1'],
    ['DELETE', '?force=1'],
  ] as const

  test.each(calls)(
    '%s %s on one answers as on a name that is nobody’s, to the byte',
    async (method, path) => {
      for (const spelling of spellings()) {
        if (spelling.startsWith('/')) continue
        const ask = (name: string) =>
          request(shared.gate.socket, { method, path: `/containers/${name}${path}` })
        const [there, nowhere] = [
          await ask(spelling),
          await ask('f00ba4'.padEnd(spelling.length, '0').slice(0, spelling.length)),
        ]
        expect(there.status).toBe(404)
        const invented = 'f00ba4'.padEnd(spelling.length, '0').slice(0, spelling.length)
        expect({ ...there, body: there.body.replaceAll(spelling, invented) }).toEqual(nowhere)
      }
      expect(
        await engineDocker(engine, ['inspect', '-f', '{{.Name}} {{.State.Status}}', hidden]),
      ).toMatchObject({
        stdout: `/${hidden} running\n`,
      })
    },
  )

  test('that the policy names can be done what it says, and nothing else', async () => {
    expect(await worker('logs', named)).toEqual({ code: 0, stdout: 'up\n', stderr: '' })
    expect(await worker('restart', '-t', '0', named)).toMatchObject({ code: 0 })
    for (const command of [['stop'], ['rm', '-f'], ['kill'], ['top'], ['rename', 'other']]) {
      const [word = '', ...more] = command
      const args = word === 'rename' ? [word, named, ...more] : [...command, named]
      const result = await worker(...args)
      expect([command, result.code, result.stderr]).toEqual([
        command,
        1,
        expect.stringContaining(`docker.reach.${named}`),
      ])
    }
    // Of a refused attach the CLI shows the status alone.
    expect(await worker('attach', named)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('received 403'),
    })
  })

  test('show no environment where inspect is not granted, and all where it is', async () => {
    const redacted = await worker('inspect', named)
    expect(redacted.stdout).not.toContain('secret')
    expect(JSON.parse(redacted.stdout)[0]).toMatchObject({
      Id: ids[named],
      State: { Running: true },
      Config: { Tty: false },
    })
    expect(await worker('inspect', `${named}-open`)).toMatchObject({
      stdout: expect.stringContaining('PASSWORD=secret'),
    })
    const listed = await worker('ps', '-a', '--no-trunc', '--format', '{{.Names}} {{.Command}}')
    expect(listed.stdout).toContain(`${named} ""`)
  })

  test('lend nothing to a new container: no namespace, no mounts', async () => {
    for (const flag of [
      `--network=container:${named}`,
      `--pid=container:${named}`,
      `--volumes-from=${named}`,
      `--ipc=container:${hidden}`,
    ]) {
      expect(await worker('run', '--rm', flag, 'busybox', 'true')).toMatchObject({
        code: 125,
        stderr: expect.stringContaining('own containers only'),
      })
    }
  })

  test('made under the gate’s labels by somebody else are not the worker’s', async () => {
    const mine = freshName('mine')
    await worker('create', '--name', mine, 'busybox')
    const labels = JSON.parse(
      (await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', mine])).stdout,
    )
    const forged = freshName('forged')
    const flags = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${String(value)}`])
    await engineDocker(engine, ['create', '--name', forged, ...flags, 'busybox'])
    expect(await worker('inspect', forged)).toMatchObject({ code: 1 })
    expect((await worker('ps', '-a', '--format', '{{.Names}}')).stdout).not.toContain(forged)
    await worker('rm', mine)
    await engineDocker(engine, ['rm', forged])
  })

  test('of an image with any label at all are not the worker’s, nor after a restart of the gate', async () => {
    await using gate = await startGate({ engine, policy: generousPolicy() })
    const mine = freshName('mine')
    await docker(gate, ['create', '--name', mine, 'busybox'])
    const claim = await engineDocker(engine, [
      'inspect',
      '-f',
      '{{index .Config.Labels "dockgate.claim"}}',
      mine,
    ])
    const image = `${freshName('labelled')}:1`
    const labels = {
      'dockgate.worker': 'ai-worker',
      'dockgate.claim': claim.stdout.trim(),
      'com.docker.compose.project': 'p',
    }
    const lines = Object.entries(labels).map(([name, value]) => `LABEL ${name}="${value}"`)
    const input = ['FROM busybox', ...lines, ''].join('\n')
    await engineDocker(engine, ['build', '-t', image, '-'], { input, env: { DOCKER_BUILDKIT: '0' } })
    const run = await engineDocker(engine, ['run', '-d', image, 'sleep', '1000'])
    const id = run.stdout.trim()
    expect(run.code).toBe(0)
    const sees = async (through: Gate): Promise<void> => {
      expect(await docker(through, ['ps', '-aq', '--no-trunc'])).toMatchObject({
        stdout: expect.not.stringContaining(id),
      })
      for (const command of [['container', 'inspect'], ['logs'], ['stop'], ['rm']])
        expect(await docker(through, [...command, id])).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/No such (?:container|object)/),
        })
      expect(await docker(through, ['inspect', '-f', '{{.Name}}', mine])).toMatchObject({
        stdout: `/${mine}\n`,
      })
    }
    await sees(gate)
    await gate.stop()
    await using again = await startGate({ engine, policy: generousPolicy(), directory: gate.directory })
    await sees(again)
    expect(await engineDocker(engine, ['inspect', '-f', '{{.State.Status}}', id])).toMatchObject({
      stdout: 'running\n',
    })
    await docker(again, ['rm', mine])
    await engineDocker(engine, ['rm', '-f', id])
    await engineDocker(engine, ['rmi', image])
  })

  test('do not give their name to a container of the worker’s', async () => {
    const reached = freshName('reached')
    await using gate = await startGate({
      engine,
      policy: generousPolicy({ allow: ['run', 'create', 'rm'], reach: { [reached]: ['logs'] } }),
    })
    expect(await docker(gate, ['run', '-d', '--name', reached, 'busybox', 'true'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('create.name'),
    })
  })
})

describe('two workers side by side', () => {
  const policy = withOther(generousPolicy({ allow: [...everything, 'exec', 'network', 'volume'] }))

  test('have each their own containers, volumes and totals', async () => {
    await using gate = await startGate({ policy })
    const other = { socket: otherSocket(gate.directory) }
    const [name, volume] = [freshName('first'), freshName('volume')]
    await docker(gate, ['run', '-d', '--name', name, '-v', `${volume}:/m`, 'busybox', 'sleep', '1000'])
    expect(await docker(other, ['ps', '-aq'])).toMatchObject({ code: 0, stdout: '' })
    expect(await docker(other, ['rm', '-f', name])).toMatchObject({
      stderr: expect.stringContaining('No such container'),
    })
    expect(await docker(gate, ['inspect', '-f', '{{.State.Running}}', name])).toMatchObject({
      stdout: 'true\n',
    })
    expect(await docker(other, ['volume', 'ls', '-q'])).toMatchObject({ stdout: '' })
    expect(await docker(other, ['run', '--rm', '-v', `${volume}:/m`, 'busybox', 'true'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.volumes'),
    })
    expect(await docker(other, ['info', '-f', '{{.Containers}}'])).toMatchObject({ stdout: '0\n' })
    await docker(gate, ['rm', '-f', name])
  })

  test('see nothing of each other, by whatever name', async () => {
    await using gate = await startGate({ policy })
    const other = { socket: otherSocket(gate.directory) }
    const [name, network, volume] = [freshName('seen'), freshName('net'), freshName('volume')]
    const ask = (socket: string, method: string, path: string, body?: unknown): Promise<Response> =>
      request(socket, { method, path: `/v1.41${path}`, ...(body === undefined ? {} : { body }) })
    const id = (await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])).stdout.trim()
    await ask(gate.socket, 'POST', '/volumes/create', { Name: volume })
    await ask(gate.socket, 'POST', '/networks/create', { Name: network })
    const exec: { readonly Id?: string } = JSON.parse(
      (await ask(gate.socket, 'POST', `/containers/${name}/exec`, { Cmd: ['id'] })).body,
    )
    const calls = [
      ...[name, id, id.slice(0, 12), id.slice(0, 4)].flatMap((container) => [
        ['GET', `/containers/${container}/json`],
        ['GET', `/containers/${container}/logs?stdout=1`],
        ['POST', `/containers/${container}/kill`],
        ['POST', `/containers/${container}/rename?name=${freshName('taken')}`],
        ['DELETE', `/containers/${container}?force=1`],
      ]),
      ['GET', `/volumes/${volume}`],
      ['DELETE', `/volumes/${volume}`],
      ['GET', `/networks/${network}`],
      ['DELETE', `/networks/${network}`],
      ['GET', `/exec/${exec.Id}/json`],
    ] as const
    for (const [method = '', path = ''] of calls) {
      const { status } = await ask(other.socket, method, path)
      expect({ method, path, status }).toEqual({ method, path, status: 404 })
    }
    for (const list of ['/containers/json?all=1', '/networks', '/volumes', '/system/df']) {
      const { body } = await ask(other.socket, 'GET', list)
      for (const secret of [name, id, network, volume]) expect(body).not.toContain(secret)
    }
    expect((await ask(gate.socket, 'GET', `/containers/${id}/json`)).status).toBe(200)
    await docker(gate, ['rm', '-f', name])
    await ask(gate.socket, 'DELETE', `/networks/${network}`)
    await ask(gate.socket, 'DELETE', `/volumes/${volume}`)
  })
})
