/** What is mounted is what the operator vouched for when the policy was loaded, whoever can move it. */
import { once } from 'node:events'
import { chown, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineUrl } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { policyFor } from '../support/policy.ts'
import { dockgate, until } from '../support/process.ts'

/** An account of the host that may be a worker's. */
const ACCOUNT = 4321

let host = ''
beforeEach(async () => {
  host = await mkdtemp(join(tmpdir(), 'dockgate-roots-'))
})
afterEach(() => rm(host, { recursive: true, force: true }))

/** A folder of the host with one file. */
async function folder(name: string, file: string): Promise<string> {
  const path = join(host, name)
  await mkdir(path, { recursive: true })
  await writeFile(join(path, file), '')
  return path
}

const withRoot = (path: string, mode = 'rw') => generousPolicy({ run: { binds: [{ path, mode }] } })
const list = (gate: Gate, source: string) =>
  docker(gate, ['run', '--rm', '-v', `${source}:/m:ro`, 'busybox', 'ls', '/m'])
const REFUSED = { code: 125, stderr: expect.stringContaining('refused by policy: run.binds') }
const mounts = (...files: readonly string[]) => ({
  code: 0,
  stdout: files.map((file) => `${file}\n`).join(''),
  stderr: '',
})

/** What `serve` and `policy check` say of a policy. */
async function judge(policy: string) {
  const file = join(host, 'policy.yaml')
  await writeFile(file, policy)
  const state = join(host, 'state')
  const served = await dockgate('serve', '--policy', file, '--state', state, '--engine', engineUrl('new'))
  return { served, checked: await dockgate('policy', 'check', file), policy }
}

describe('a policy is not used', () => {
  test('whose root lies in a folder of another account’s, and it says where and what to do', async () => {
    const path = await folder('home/proj', 'mine')
    await chown(join(host, 'home'), ACCOUNT, ACCOUNT)
    const { served, checked, policy } = await judge(withRoot(path)(host))
    const line = policy.split('\n').findIndex((text) => text.includes(path)) + 1
    for (const { code, stderr } of [served, checked]) {
      expect(code).toBe(65)
      expect(stderr).toContain(`policy.yaml:${line}:`)
      expect(stderr).toContain(`${host}/home belongs to account ${ACCOUNT}`)
      expect(stderr).toContain(`hint: chown root ${host}/home && chmod go-w ${host}/home`)
    }
  })

  test('whose root is a link of another account’s', async () => {
    const real = await folder('real', 'mine')
    await mkdir(join(host, 'home'))
    await symlink(real, join(host, 'home', 'link'))
    await symlink(join(host, 'home', 'link'), join(host, 'root'))
    await chown(join(host, 'home'), ACCOUNT, ACCOUNT)
    const { served } = await judge(withRoot(join(host, 'root'))(host))
    expect(served).toMatchObject({ code: 65, stderr: expect.stringContaining(`account ${ACCOUNT}`) })
  })

  test('whose root leads to what must not be mounted', async () => {
    await symlink('/etc', join(host, 'root'))
    const { served } = await judge(withRoot(join(host, 'root'))(host))
    expect(served).toMatchObject({ code: 65, stderr: expect.stringContaining('it leads to /etc: ') })
  })

  test.each([
    ['behind a link', (name: string) => symlink(join(host, 'work', 'inner'), join(host, name))],
    [
      'behind a link of its own',
      async (name: string) => {
        await symlink(await folder('elsewhere', 'x'), join(host, 'work', 'link'))
        await symlink(join(host, 'work', 'link'), join(host, name))
      },
    ],
  ])('whose root lies in another in which a worker may write, %s', async (_what, make) => {
    await folder('work/inner', 'x')
    await make('root')
    const binds = [
      { path: join(host, 'root'), mode: 'ro' },
      { path: join(host, 'work'), mode: 'rw' },
    ]
    const { served } = await judge(policyFor(host, { run: { binds } }))
    expect(served).toMatchObject({ code: 65, stderr: expect.stringContaining(`it lies in ${host}/work`) })
  })

  test.each(['ro', 'rw'])('whose root, %s, leads by a link to the folder of a socket', async (mode) => {
    await folder('ai-worker', 'x')
    await symlink(join(host, 'ai-worker'), join(host, 'link'))
    const { served, checked } = await judge(withRoot(join(host, 'link'), mode)(host))
    for (const { code, stderr } of [served, checked]) {
      expect(code).toBe(65)
      expect(stderr.split(`the socket ${host}/ai-worker/docker.sock is in it`)).toHaveLength(2)
    }
  })

  test('that lies in a root in which a worker may write', async () => {
    const { served } = await judge(withRoot(host)(await folder('run', 'x')))
    expect(served).toMatchObject({ code: 65, stderr: expect.stringContaining('is in it') })
  })
})

describe('a root', () => {
  test('that others can move by now is not mounted, whatever is in its place, and the operator is told once', async () => {
    const path = await folder('home/proj', 'mine')
    await using gate = await startGate({ policy: withRoot(path) })
    expect(await list(gate, path)).toEqual(mounts('mine'))
    await chown(join(host, 'home'), ACCOUNT, ACCOUNT)
    expect(await list(gate, path)).toMatchObject(REFUSED)
    await rename(path, `${path}.old`)
    await symlink('/etc', path)
    for (const source of [path, join(path, 'cron.d'), `${path}/.`])
      expect(await list(gate, source)).toMatchObject(REFUSED)
    const told = gate
      .output()
      .stderr.split(`nothing is mounted from ${path}: ${host}/home belongs to account ${ACCOUNT}`)
    expect(told).toHaveLength(2)
  })

  test('that the operator replaces is not mounted until the policy is loaded again', async () => {
    const path = await folder('root', 'first')
    await mkdir(join(path, 'inner'))
    await using gate = await startGate({ policy: withRoot(path) })
    const name = freshName('replaced')
    await docker(gate, [
      'create',
      '--name',
      name,
      '--restart',
      'on-failure',
      '-v',
      `${path}:/m`,
      'busybox',
      'ls',
      '/m',
    ])
    await rename(path, join(host, 'before'))
    await folder('root', 'second')
    await mkdir(join(path, 'inner'))
    for (const source of [path, join(path, 'inner')])
      expect(await list(gate, source)).toMatchObject({
        code: 125,
        stderr: expect.stringContaining("the gate's log tells the operator why"),
      })
    expect(await docker(gate, ['start', '-a', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run.binds'),
    })
    gate.process.kill('SIGHUP')
    await until(() => gate.output().stderr.includes('the new policy is in force'), 'the policy')
    expect(await list(gate, path)).toEqual(mounts('inner', 'second'))
    expect(await docker(gate, ['start', '-a', name])).toEqual(mounts('inner', 'second'))
    await docker(gate, ['rm', '-f', name])
  })

  test('that is not there yet is mounted once it is', async () => {
    const path = join(host, 'later')
    await using gate = await startGate({ policy: withRoot(path) })
    expect(gate.output().stderr).toMatch(/policy\.yaml:\d+:\d+: note: .*later is not there yet/)
    expect(await list(gate, path)).toMatchObject(REFUSED)
    await folder('later', 'mine')
    expect(await list(gate, path)).toEqual(mounts('mine'))
  })

  test('behind a link of the operator’s is mounted, and so is what is below it, by any of its names', async () => {
    const real = await folder('real', 'mine')
    await folder('real/inner', 'below')
    const path = join(host, 'root')
    await symlink('real', path)
    await symlink(path, join(host, 'alias'))
    await symlink(`${path}/inner`, join(real, 'absolute'))
    await using gate = await startGate({ policy: withRoot(path) })
    const all = mounts('absolute', 'inner', 'mine')
    for (const source of [path, real, join(host, 'alias')]) expect(await list(gate, source)).toEqual(all)
    for (const source of [path, real, join(host, 'alias')])
      expect(await list(gate, join(source, 'inner'))).toEqual(mounts('below'))
    expect(await list(gate, join(path, 'absolute'))).toEqual(mounts('below'))
    const name = freshName('linked')
    const restarting = ['create', '--name', name, '--restart', 'on-failure', '-v', `${path}:/m`, 'busybox']
    expect(await docker(gate, restarting)).toMatchObject({ code: 0 })
    const source = await engineDocker('new', ['inspect', '-f', '{{json .HostConfig.Binds}}', name])
    expect(source.stdout).toContain(`${real}:/m`)
    await docker(gate, ['rm', name])
  })

  test('in which the gate keeps its state is not mounted', async () => {
    await folder('all', 'x')
    const policy = withRoot(join(host, 'all'), 'ro')
    const state = join(host, 'all', 'state')
    await using gate = await startGate({ policy, arguments: () => ['--state', state] })
    expect(await list(gate, join(host, 'all'))).toMatchObject(REFUSED)
    expect(gate.output().stderr).toContain("the gate's state directory is in it")
  })

  test('in which the engine’s socket is, by a link too, is not mounted', async () => {
    await folder('all/engine', 'x')
    const socket = join(host, 'all', 'engine', 'docker.sock')
    const link = join(host, 'linked.sock')
    await symlink(socket, link)
    const relay = createServer((client) => {
      client.pipe(connect(engineUrl('new').slice('unix://'.length))).pipe(client)
      client.on('error', () => undefined)
    })
    await once(relay.listen(socket), 'listening')
    const policy = withRoot(join(host, 'all'), 'ro')
    for (const path of [socket, link]) {
      await using gate = await startGate({ policy, engineUrl: `unix://${path}` })
      expect(await list(gate, join(host, 'all'))).toMatchObject(REFUSED)
      expect(gate.output().stderr).toContain("the engine's socket is in it")
    }
    relay.close()
  })

  test('keeps its containers over a restart of the gate that writes the state directory otherwise', async () => {
    const path = await folder('root', 'x')
    await folder('root/inner', 'mine')
    const policy = withRoot(path)
    const name = freshName('held')
    const directory = await folder('gate', 'x')
    {
      await using first = await startGate({ policy, directory })
      const create = ['create', '--name', name, '-v', `${path}/inner:/m`, 'busybox', 'ls', '/m']
      expect(await docker(first, create)).toMatchObject({ code: 0 })
      await first.stop()
    }
    const otherwise = ['--state', 'gate/./state/']
    await using again = await startGate({
      policy,
      directory,
      arguments: () => otherwise,
      before: ['env', '-C', host],
    })
    expect(await docker(again, ['start', '-a', name])).toEqual(mounts('mine'))
    await docker(again, ['rm', '-f', name])
  })
})

describe('a gate does not start', () => {
  test.each([
    [
      'with a state directory in a folder of another account’s',
      '--state',
      'home/state',
      74,
      'home belongs to account 4321',
    ],
    ['with a state directory that is another account’s', '--state', 'home', 74, 'it belongs to account 4321'],
    [
      'with a docker CLI that another account could replace',
      '--docker',
      'home/docker',
      64,
      'does not belong to root alone',
    ],
  ])('%s', async (_what, option, path, code, says) => {
    await folder('home', 'docker')
    await chown(join(host, 'home'), ACCOUNT, ACCOUNT)
    const file = join(host, 'policy.yaml')
    await writeFile(file, policyFor(host))
    const words = ['--policy', file, '--engine', engineUrl('new'), '--state', join(host, 'state')]
    const ended = await dockgate('serve', ...words, option, join(host, path))
    expect(ended).toMatchObject({ code, stderr: expect.stringContaining(says) })
  })
})

describe('a root within another', () => {
  const withRoots = (...binds: readonly (readonly [string, string])[]) =>
    generousPolicy({ run: { binds: binds.map(([path, mode]) => ({ path, mode })) } })
  const write = (gate: Gate, source: string) =>
    docker(gate, ['run', '--rm', '-v', `${source}:/m`, 'busybox', 'touch', '/m/new'])

  test('is written in where the outer one is read alone, and nothing beside it is', async () => {
    const outer = await folder('outer', 'read')
    const inner = await folder('outer/inner', 'mine')
    const beside = await folder('outer/beside', 'read')
    await using gate = await startGate({ policy: withRoots([outer, 'ro'], [inner, 'rw']) })
    expect(await write(gate, inner)).toMatchObject({ code: 0 })
    expect(await list(gate, inner)).toMatchObject(mounts('mine', 'new'))
    expect(await list(gate, beside)).toMatchObject(mounts('read'))
    for (const path of [outer, beside]) expect(await write(gate, path)).toMatchObject(REFUSED)
    const through = ['run', '--rm', '-v', `${outer}:/m:ro`, 'busybox', 'touch', '/m/inner/newer']
    expect(await docker(gate, through)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Read-only'),
    })
  })

  test('that the worker may write in around it leads nowhere else, whatever it puts in its place', async () => {
    const outer = await folder('outer', 'read')
    const inner = await folder('outer/inner', 'mine')
    const secret = await folder('elsewhere', 'secret')
    const policy = withRoots([outer, 'rw'], [inner, 'rw'])
    await using first = await startGate({ policy })
    expect(await list(first, inner)).toMatchObject(mounts('mine'))
    const swap = `mv /m/inner /m/moved && ln -s ${secret} /m/inner`
    expect(
      await docker(first, ['run', '--rm', '-v', `${outer}:/m`, 'busybox', 'sh', '-c', swap]),
    ).toMatchObject({ code: 0 })
    expect(await list(first, inner)).toMatchObject(REFUSED)
    await first.stop()
    // Nor does one that is found by a gate which starts later.
    await using second = await startGate({ policy, directory: first.directory })
    expect(await list(second, inner)).toMatchObject(REFUSED)
    expect(await list(second, `${outer}/moved`)).toMatchObject(mounts('mine'))
  })

  test('is an error of the policy where another may write around it, or it is to be read alone', async () => {
    const [outer, inner] = [await folder('outer', 'read'), await folder('outer/inner', 'mine')]
    for (const { code, stderr } of await judged(withRoots([outer, 'rw'], [inner, 'ro'])(host))) {
      expect(code).toBe(65)
      expect(stderr).toContain(`it lies in ${outer}, in which a worker may write`)
    }
  })

  async function judged(policy: string) {
    const { served, checked } = await judge(policy)
    return [served, checked]
  }
})
