/** Containers that are there when a new policy comes into force: they run again, and are entered and copied, by it alone. */
import { DatabaseSync } from 'node:sqlite'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, type EngineName, onEngines } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import type { DockerPart } from '../support/policy.ts'
import { dockgate, until } from '../support/process.ts'
import { reload } from '../support/reload.ts'

const allow = [...everything, 'exec', 'commit', 'compose', 'network create', 'network connect', 'network rm']
const give = (run: DockerPart['run'] = {}) =>
  generousPolicy({ allow, run: { images: ['docker.io/library/*', 'docker.io/copied/*'], ...run } })

const engines: readonly EngineName[] = onEngines('new', '28', '26')
let cleanUp: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanUp.toReversed()) await clean()
  cleanUp = []
})

/** Makes a container through the gate. */
async function make(engine: EngineName, gate: Gate, ...args: readonly string[]): Promise<string> {
  const name = freshName('stock')
  cleanUp.push(() => engineDocker(engine, ['rm', '-f', name]))
  const command = ['create', '--name', name, ...args, 'busybox', 'sleep', '1000']
  expect(await docker(gate, command)).toMatchObject({ code: 0, stderr: '' })
  return name
}

/** Waits until the gate has said so. */
function says(gate: Gate, text: string): Promise<void> {
  return until(() => gate.output().stderr.includes(text), text)
}

async function network(engine: EngineName): Promise<string> {
  const name = freshName('backend')
  await engineDocker(engine, ['network', 'create', name])
  cleanUp.push(() => engineDocker(engine, ['network', 'rm', name]))
  return name
}

describe.each(engines)('on the %s engine', (engine) => {
  test.each<readonly [string, DockerPart['run'], readonly string[], DockerPart['run'], string]>([
    ['a capability', { capabilities: ['NET_ADMIN'] }, ['--cap-add', 'NET_ADMIN'], {}, 'run.capabilities'],
    [
      'ports',
      {},
      ['-p', '127.0.0.1:21000:80'],
      { ports: { address: '127.0.0.1', range: '22000-22999' } },
      'run.ports',
    ],
    ['its image', {}, [], { images: ['docker.io/copied/*'] }, 'run.images'],
    [
      'a restart policy',
      { restart: ['no', 'always'] },
      ['--restart', 'always'],
      { restart: ['no'] },
      'run.restart',
    ],
    ['memory', {}, ['-m', '256m'], { limits: { memory: '128m' } }, 'run.limits.memory'],
    ['a tmpfs', {}, ['--tmpfs', '/x:size=32m'], { limits: { memory: '256m', shm: '16m' } }, 'run.limits.shm'],
  ])('%s that was taken away keeps a container from running again', async (_, before, args, after, rule) => {
    await using gate = await startGate({ engine, policy: give(before) })
    const name = await make(engine, gate, ...args)
    expect(await docker(gate, ['start', name])).toMatchObject({ code: 0 })
    await docker(gate, ['pause', name])
    await reload(gate, give(after))
    await says(gate, `1 running (${name}) no longer fit it`)
    const refused = { code: 1, stderr: expect.stringContaining(rule) }
    expect(await docker(gate, ['unpause', name])).toMatchObject(refused)
    await engineDocker(engine, ['unpause', name])
    expect(await docker(gate, ['exec', name, 'true'])).toMatchObject(refused)
    expect(await docker(gate, ['commit', name, 'copied/it:1'])).toMatchObject(refused)
    expect(await docker(gate, ['restart', '-t', '0', name])).toMatchObject(refused)
    expect(await docker(gate, ['stop', '-t', '0', name])).toMatchObject({ code: 0 })
    const start = await docker(gate, ['start', name])
    expect(start).toMatchObject({ code: 1, stderr: expect.stringContaining(`${rule}\n`) })
    expect(start.stderr).toContain('instead: a new container')
    const state = await engineDocker(engine, ['inspect', '-f', '{{.State.Running}}', name])
    expect(state.stdout).toBe('false\n')
    expect(await docker(gate, ['rm', name])).toMatchObject({ code: 0 })
  })

  test('a network that was taken away does too, also where it was joined later', async () => {
    const theirs = await network(engine)
    await using gate = await startGate({ engine, policy: give({ networks: [theirs] }) })
    const [at, later] = [await make(engine, gate, '--network', theirs), await make(engine, gate)]
    expect(await docker(gate, ['network', 'connect', theirs, later])).toMatchObject({ code: 0 })
    await reload(gate, give())
    for (const name of [at, later])
      expect(await docker(gate, ['start', name])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.networks'),
      })
  })
})

describe('under the policy that it was made by, what is stopped is started again', () => {
  test.each<readonly [string, ...string[]]>([
    ['with nothing'],
    ['with limits', '-m', '64m', '--cpus', '0.5', '--pids-limit', '50', '--shm-size', '32m'],
    ['with swap and reservation', '-m', '64m', '--memory-swap', '100m', '--memory-reservation', '32m'],
    ['with a port of its choice', '-p', '127.0.0.1:21003:80'],
    ['with a port of the engine’s choice', '-p', '80', '-p', '53/udp'],
    [
      'with tmpfs and volumes',
      '--tmpfs',
      '/x',
      '--mount',
      'type=tmpfs,target=/y',
      '-v',
      '/z',
      '-v',
      'vol:/v',
    ],
    ['with a restart policy', '--restart', 'on-failure:3'],
    ['with init, health check and host name', '--init', '--health-cmd', 'true', '--hostname', 'me'],
    ['with ulimits and a log', '--ulimit', 'nofile=100:200', '--log-opt', 'max-size=1m'],
    ['with fewer capabilities', '--cap-drop', 'ALL', '--cap-add', 'CHOWN', '--read-only'],
    ['without network', '--network', 'none'],
    ['on the bridge by name', '--network', 'bridge'],
    [
      'with no-new-privileges',
      '--security-opt',
      'no-new-privileges',
      '--ipc',
      'shareable',
      '--log-driver',
      'none',
    ],
  ])('%s', async (_, ...args) => {
    await using gate = await startGate({ policy: give() })
    const name = await make('new', gate, ...args)
    cleanUp.unshift(() => engineDocker('new', ['volume', 'rm', '-f', 'vol']))
    for (let round = 0; round < 2; round += 1) {
      expect(await docker(gate, ['start', name])).toMatchObject({ code: 0 })
      expect(await docker(gate, ['exec', name, 'true'])).toMatchObject({ code: 0 })
      expect(await docker(gate, ['restart', '-t', '0', name])).toMatchObject({ code: 0 })
      expect(await docker(gate, ['stop', '-t', '0', name])).toMatchObject({ code: 0 })
    }
    expect(await docker(gate, ['commit', name, 'copied/it:1'])).toMatchObject({ code: 0 })
    await docker(gate, ['rmi', 'copied/it:1'])
  })

  test('on its own network, with an alias, and in the network of another', async () => {
    await using gate = await startGate({ policy: give() })
    const own = freshName('own')
    cleanUp.push(() => engineDocker('new', ['network', 'rm', own]))
    expect(await docker(gate, ['network', 'create', own])).toMatchObject({ code: 0 })
    const first = await make('new', gate, '--network', own, '--network-alias', 'db')
    expect(await docker(gate, ['start', first])).toMatchObject({ code: 0 })
    const second = await make('new', gate, '--network', `container:${first}`)
    for (const name of [second, first]) {
      expect(await docker(gate, ['restart', '-t', '0', name])).toMatchObject({ code: 0 })
      expect(await docker(gate, ['exec', name, 'true'])).toMatchObject({ code: 0 })
    }
  })

  test('with folders below a root and a root itself', async () => {
    await using gate = await startGate({ policy: give() })
    const work = join(gate.directory, 'work')
    await mkdir(join(work, 'inner'))
    await writeFile(join(work, 'file'), '')
    const mounts = ['-v', `${work}/inner:/a`, '-v', `${work}/file:/b:ro`, '-v', `${work}:/c`]
    const name = await make('new', gate, ...mounts)
    expect(await docker(gate, ['start', name])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['restart', '-t', '0', name])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['exec', name, 'ls', '/a', '/c/inner'])).toMatchObject({ code: 0 })
  })

  test('after an update that brings it down to a stricter policy', async () => {
    await using gate = await startGate({ policy: give() })
    const name = await make('new', gate)
    await reload(gate, give({ limits: { memory: '128m', pids: 128 } }))
    const start = await docker(gate, ['start', name])
    expect(start.stderr).toContain(`docker update --memory 128m ${name}`)
    expect(await docker(gate, ['update', '--memory', '128m', '--memory-swap', '256m', name])).toMatchObject({
      code: 0,
    })
    expect(await docker(gate, ['start', name])).toMatchObject({ code: 0 })
  })

  test('by another gate on the same state, and by one that finds nothing kept', async () => {
    await using gate = await startGate({ policy: give() })
    const fits = await make('new', gate, '-p', '127.0.0.1:21004:80', '--tmpfs', '/x', '-m', '64m')
    await gate.stop()
    const database = new DatabaseSync(join(gate.directory, 'state', 'dockgate.db'))
    for (const forgets of ['SELECT 1', 'DELETE FROM made']) {
      database.exec(forgets)
      await using again = await startGate({ directory: gate.directory, policy: give() })
      expect(await docker(again, ['start', fits])).toMatchObject({ code: 0 })
      expect(await docker(again, ['stop', '-t', '0', fits])).toMatchObject({ code: 0 })
      await reload(again, give({ ports: { address: '127.0.0.1', range: '22000-22999' } }))
      expect(await docker(again, ['start', fits])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.ports'),
      })
      await again.stop()
    }
    database.close()
  })
})

describe('the operator', () => {
  test('is told what no longer fits, before and after, and stops it by a word', async () => {
    await using gate = await startGate({ policy: give({ restart: ['no', 'always'] }) })
    const state = join(gate.directory, 'state')
    const [runs, stopped, fits] = [
      await make('new', gate, '--restart', 'always'),
      await make('new', gate, '--restart', 'always'),
      await make('new', gate),
    ]
    for (const name of [runs, fits]) expect(await docker(gate, ['start', name])).toMatchObject({ code: 0 })
    const next = join(gate.directory, 'next.yaml')
    await writeFile(next, give({ restart: ['no'] })(gate.directory))
    const shown = await dockgate(
      ...['policy', 'show', next, '--since', join(gate.directory, 'policy.yaml'), '--state', state],
    )
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain('restart policies\n    - always\n')
    expect(shown.stdout).toMatch(new RegExp(`running {2}ai-worker {2}[0-9a-f]{12} ${runs} {2}run.restart`))
    expect(shown.stdout).toMatch(new RegExp(`stopped {2}ai-worker {2}[0-9a-f]{12} ${stopped} {2}run.restart`))
    expect(shown.stdout).not.toContain(fits)

    await reload(gate, give({ restart: ['no'] }))
    await says(gate, `1 running (${runs}) and 1 stopped (${stopped}) no longer fit it`)
    const status = await dockgate('status', '--state', state)
    expect(status.stdout).toMatch(new RegExp(`running ${runs}\n +fits no more: run.restart`))
    const dry = await dockgate('enforce', '--dry-run', '--state', state)
    expect(dry.stdout).toMatch(new RegExp(`^would stop {2}ai-worker {2}[0-9a-f]{12} ${runs} `))
    const running = async (name: string) =>
      (await engineDocker('new', ['inspect', '-f', '{{.State.Running}}', name])).stdout.trim()
    expect(await running(runs)).toBe('true')

    const enforced = await dockgate('enforce', '--state', state)
    expect(enforced).toMatchObject({ code: 0, stdout: expect.stringMatching(/^stopped {2}ai-worker/) })
    expect([await running(runs), await running(fits)]).toEqual(['false', 'true'])
    const policy = '{{.HostConfig.RestartPolicy.Name}}'
    expect((await engineDocker('new', ['inspect', '-f', policy, runs])).stdout).toBe('no\n')
    const { stdout } = await dockgate('audit', 'tail', '-n', '9', '--state', state, '--json')
    expect(stdout).toMatch(/"door":"control".*"subcommand":"enforce"/)
  })
})
