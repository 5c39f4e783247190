/** `run.docker_socket: own`: a mount of the engine's socket is one of the worker's own, which lives on while gates and engines come and go. */
import { execFileSync } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import { docker } from '../support/docker.ts'
import { DOCKER_IMAGE, makeDockerImage } from '../support/docker-image.ts'
import { engineDocker, engineToRestart, onEngines, type EngineName } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { until } from '../support/process.ts'
import { change, reload } from '../support/reload.ts'

const USUAL = '/var/run/docker.sock'
const own = (run: Readonly<Record<string, unknown>> = {}) =>
  generousPolicy({
    allow: [...everything, 'cp', 'export', 'exec', 'compose', 'volume create', 'volume rm', 'commit'],
    run: { names: 'own', docker_socket: 'own', ...run },
  })

/** What answers at a path in a running container: the names of the containers that may be seen there, or why nothing does. */
async function seenIn(engine: EngineName, name: string, path = '/d/docker.sock'): Promise<string> {
  const { stdout } = await engineDocker(engine, ['inspect', '-f', '{{.State.Pid}}', name])
  const socket = `/proc/${stdout.trim()}/root${path}`
  try {
    const { body } = await request(socket, { path: '/v1.41/containers/json?all=1' })
    const listed: readonly { readonly Names: readonly string[] }[] = JSON.parse(body)
    const names = listed.flatMap(({ Names }) => Names.slice(0, 1))
    return names
      .map((each) => each.slice(1))
      .toSorted()
      .join(' ')
  } catch (cause) {
    return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  }
}

const sleeping = (name: string, ...words: readonly string[]): readonly string[] => [
  'run',
  '-d',
  '--name',
  name,
  ...words,
  'busybox',
  'sleep',
  '1000',
]

/** Where the engine has the source of a container's only bind. */
async function placeOf(engine: EngineName, name: string): Promise<string> {
  return (await engineDocker(engine, ['inspect', '-f', '{{(index .Mounts 0).Source}}', name])).stdout.trim()
}

const mounted = ['-v', `${USUAL}:/d/docker.sock`]

describe.each(onEngines('new', 'old', 'podman'))('on %s', (engine) => {
  test.each([
    ['-v', () => mounted],
    ['-v /run, read-only', () => ['-v', '/run/docker.sock:/d/docker.sock:ro']],
    ['--mount', () => ['--mount', `type=bind,source=${USUAL},target=/d/docker.sock`]],
    ['its own path', (gate: Gate) => ['-v', `${gate.socket}:/d/docker.sock`]],
  ])('a mount of a socket by %s is that of the worker itself', async (_how, words) => {
    await using gate = await startGate({ engine, policy: own() })
    const name = freshName('inside')
    expect(await docker(gate, sleeping(name, ...words(gate)))).toMatchObject({ code: 0, stderr: '' })
    expect(await seenIn(engine, `ai-worker.${name}`)).toBe(name)
    await docker(gate, ['rm', '-f', name])
  })

  test('it lives on while gates are killed and started again, in containers of before and of since', async () => {
    await using first = await startGate({ engine, policy: own() })
    const { directory } = first
    const [one, two] = [freshName('one'), freshName('two')]
    await docker(first, sleeping(one, ...mounted))
    await first.kill9()
    expect(await seenIn(engine, `ai-worker.${one}`)).toBe('ECONNREFUSED')

    await using second = await startGate({ engine, policy: own(), directory })
    expect(await seenIn(engine, `ai-worker.${one}`)).toBe(one)
    await docker(second, sleeping(two, ...mounted))
    await second.stop()

    await using third = await startGate({ engine, policy: own(), directory })
    const both = [one, two].toSorted().join(' ')
    expect(await seenIn(engine, `ai-worker.${one}`)).toBe(both)
    expect(await seenIn(engine, `ai-worker.${two}`)).toBe(both)
    // It has the socket of this gate at the bottom now.
    expect(await docker(third, ['restart', '-t', '0', one])).toMatchObject({ code: 0 })
    await third.kill9()

    await using fourth = await startGate({ engine, policy: own(), directory })
    expect(await seenIn(engine, `ai-worker.${one}`)).toBe(both)
    expect(await seenIn(engine, `ai-worker.${two}`)).toBe(both)
    const place = await placeOf(engine, `ai-worker.${one}`)
    await docker(fourth, ['rm', '-f', one, two])
    await fourth.kill9()

    // Where none has it any more, what lay there is taken away.
    await using fifth = await startGate({ engine, policy: own(), directory })
    expect(await mountsAt(place)).toBe(1)
    expect(await docker(fifth, sleeping(one, ...mounted))).toMatchObject({ code: 0 })
    expect(await seenIn(engine, `ai-worker.${one}`)).toBe(one)
    await docker(fifth, ['rm', '-f', one])
  }, 120_000)

  test('where the key is taken away nothing answers in containers any more, and they do not start', async () => {
    await using gate = await startGate({ engine, policy: own() })
    const name = freshName('left')
    await docker(gate, sleeping(name, ...mounted))
    await reload(gate, own({ docker_socket: 'off' }))
    await until(
      () => gate.output().stderr.includes(`1 running (ai-worker.${name}) no longer fit`),
      'the gate',
    )
    expect(await seenIn(engine, `ai-worker.${name}`)).toBe('ECONNREFUSED')
    for (const words of [
      ['restart', '-t', '0', name],
      ['exec', name, 'true'],
      ['cp', `${name}:/etc/passwd`, '-'],
    ])
      expect(await docker(gate, words)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('refused by policy: run.docker_socket'),
      })
    await docker(gate, ['stop', '-t', '0', name])
    expect(await docker(gate, ['start', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the policy mounts the worker's own socket in no container by now"),
    })
    // What is still running when it is given again has it again.
    await change(gate, 'docker_socket: off', 'docker_socket: own')
    await docker(gate, ['start', name])
    await change(gate, 'docker_socket: own', 'docker_socket: off')
    await change(gate, 'docker_socket: off', 'docker_socket: own')
    expect(await seenIn(engine, `ai-worker.${name}`)).toBe(name)
    await docker(gate, ['rm', '-f', name])
  })

  test('what was written is read again', async () => {
    await using gate = await startGate({ engine, policy: own() })
    const [name, mount, from] = [freshName('written'), freshName('mount'), freshName('from')]
    await docker(gate, sleeping(name, '-v', `${USUAL}:${USUAL}:ro`))
    await docker(gate, sleeping(mount, '--mount', `type=bind,src=${gate.socket},dst=/d/docker.sock`))
    await docker(gate, sleeping(from, '--volumes-from', name))
    const [told, byMount, byOther] = JSON.parse((await docker(gate, ['inspect', name, mount, from])).stdout)
    expect(told).toMatchObject({
      HostConfig: { Binds: [`${USUAL}:${USUAL}:ro`] },
      Mounts: [{ Type: 'bind', Source: USUAL, Destination: USUAL, RW: false, Propagation: 'rprivate' }],
    })
    expect(told.HostConfig.Mounts).toBeUndefined()
    expect(byMount).toMatchObject({
      HostConfig: { Mounts: [{ Type: 'bind', Source: gate.socket, Target: '/d/docker.sock' }] },
      Mounts: [{ Source: gate.socket, Destination: '/d/docker.sock' }],
    })
    // Podman does not list it.
    if (engine !== 'podman')
      expect(byOther).toMatchObject({ Mounts: [{ Source: USUAL, Destination: USUAL, RW: false }] })
    for (const format of ['{{.Mounts}}', '{{json .}}'])
      expect((await docker(gate, ['ps', '--no-trunc', '--format', format])).stdout).not.toContain(
        'dockgate-sockets',
      )
    expect(JSON.stringify([told, byMount, byOther])).not.toContain('dockgate-sockets')
    await docker(gate, ['rm', '-f', name, mount, from])
  })

  test('where it is off the refusal names the key, and what to do without', async () => {
    await using gate = await startGate({ engine, policy: own({ docker_socket: 'off' }) })
    for (const source of [USUAL, gate.socket]) {
      const { code, stderr } = await docker(gate, ['run', '-v', `${source}:${USUAL}`, 'busybox', 'true'])
      expect(code).toBe(125)
      expect(stderr).toContain('refused by policy: run.docker_socket')
      expect(stderr).toContain('run.docker_socket: own')
      expect(stderr).toContain('TESTCONTAINERS_RYUK_DISABLED=true')
    }
  })
})

/** How many mounts lie on each other in a place. */
async function mountsAt(place: string): Promise<number> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  return mounts.split('\n').filter((line) => line.split(' ')[4] === place).length
}

describe('the docker CLI in a container', () => {
  const [engine = 'new'] = onEngines('new')
  beforeAll(() => makeDockerImage(engine))

  test('is the same worker: its things, its policy, its record', async () => {
    await using gate = await startGate({ engine, policy: own() })
    const [ci, job] = [freshName('ci'), freshName('job')]
    const hidden = freshName('hidden')
    await engineDocker(engine, ['create', '--name', hidden, 'busybox'])
    expect(
      await docker(gate, [
        'run',
        '-d',
        '--name',
        ci,
        '-v',
        `${USUAL}:${USUAL}`,
        DOCKER_IMAGE,
        'sleep',
        '1000',
      ]),
    ).toMatchObject({ code: 0 })
    const inside = (...words: readonly string[]) => docker(gate, ['exec', ci, 'docker', ...words])
    expect(await inside('ps', '-a', '--format', '{{.Names}}')).toMatchObject({ code: 0, stdout: `${ci}\n` })
    expect(await inside('run', '--name', job, 'busybox', 'echo', 'made')).toMatchObject({ stdout: 'made\n' })
    expect(await docker(gate, ['ps', '-aq', '--filter', `name=${job}`])).toMatchObject({
      stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/),
    })
    expect(await inside('inspect', hidden)).toMatchObject({ code: 1 })
    expect(await inside('run', '-v', '/etc:/e', 'busybox')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('refused by policy: run.binds'),
    })
    // It hands its socket on, as the path is the same for it.
    const nested = [
      'run',
      '--rm',
      '-v',
      `${USUAL}:${USUAL}`,
      DOCKER_IMAGE,
      'docker',
      'ps',
      '--format',
      '{{.Names}}',
    ]
    expect((await inside(...nested)).stdout.split('\n')).toContain(ci)
    const record = await recordOf(gate, '--operation', 'container.create')
    expect(record).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ worker: 'ai-worker', door: 'socket', rule: 'run.binds' }),
      ]),
    )
    await docker(gate, ['rm', '-f', ci, job])
    await engineDocker(engine, ['rm', hidden])
  })

  test('needs the group of the socket where it is not root', async () => {
    const policy = (directory: string) =>
      own()(directory).replace(/^( +)socket: (.*)$/m, '$1socket: { path: $2, group: "4321" }')
    await using gate = await startGate({ engine, policy })
    const run = ['run', '--rm', '--user', '1000', '-v', `${USUAL}:${USUAL}`]
    const command = [DOCKER_IMAGE, 'docker', 'ps', '-q']
    expect(await docker(gate, [...run, ...command])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('permission denied'),
    })
    expect(await docker(gate, [...run, '--group-add', '4321', ...command])).toMatchObject({ code: 0 })
  })
})

describe('an engine that is killed, and a host that is started again', () => {
  const engine = 'restart'
  const restartEngine = engineToRestart()
  const policy = own({ restart: ['no', 'always'] })

  test('containers that restart by themselves have the socket of the gate that comes', async () => {
    await using first = await startGate({ engine, policy })
    const { directory } = first
    const name = freshName('always')
    expect(await docker(first, sleeping(name, '--restart', 'always', ...mounted))).toMatchObject({ code: 0 })
    await restartEngine()
    await expect.poll(() => seenIn(engine, `ai-worker.${name}`)).toBe(name)

    await first.kill9()
    // What a reboot does to /run.
    const place = await placeOf(engine, `ai-worker.${name}`)
    for (let count = await mountsAt(place); count > 0; count -= 1) execFileSync('umount', ['--lazy', place])
    await rm(dirname(dirname(place)), { recursive: true })
    await restartEngine()
    const running = ['inspect', '-f', '{{.State.Running}}', `ai-worker.${name}`]
    expect(await engineDocker(engine, running)).toMatchObject({ stdout: 'false\n' })

    await using second = await startGate({ engine, policy, directory })
    await expect.poll(() => seenIn(engine, `ai-worker.${name}`)).toBe(name)
    await docker(second, ['rm', '-f', name])
  }, 120_000)
})
