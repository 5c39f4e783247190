import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { docker } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { everything, freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'

describe.each(['new', 'old'] as const)('containers of the operator on the %s engine', (engine) => {
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

  test('do not give their name’s reach to the worker’s own container of that name', async () => {
    const reached = freshName('reached')
    await using gate = await startGate({
      engine,
      policy: generousPolicy({ allow: ['run', 'create', 'rm'], reach: { [reached]: ['logs'] } }),
    })
    expect(await docker(gate, ['run', '-d', '--name', reached, 'busybox', 'true'])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['logs', reached])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('docker.allow'),
    })
    expect(await docker(gate, ['rm', '-f', reached])).toMatchObject({ code: 0 })
  })
})

describe('two workers side by side', () => {
  const policy = (directory: string): string => {
    const { workers, ...file } = parse(generousPolicy()(directory))
    const [one] = Object.values<{ readonly docker: object }>(workers)
    const other = { socket: `${directory}/other/docker.sock`, docker: { ...one?.docker, allow: everything } }
    return stringify(
      { ...file, workers: { ...workers, 'other-worker': other } },
      { aliasDuplicateObjects: false },
    )
  }

  test('have each their own containers, volumes and totals', async () => {
    await using gate = await startGate({ policy })
    const other = { socket: `${gate.directory}/other/docker.sock` }
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
})
