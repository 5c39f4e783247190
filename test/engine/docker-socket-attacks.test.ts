/** What a worker that gets its own socket in containers tries to get instead: the engine's, another worker's, a file of the host's. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { classicBuild } from '../support/build.ts'
import { docker } from '../support/docker.ts'
import { DOCKER_IMAGE, makeDockerImage } from '../support/docker-image.ts'
import { engineDocker, engineSocket, onEngines, type EngineName } from '../support/engine.ts'
import { everything, freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { workDirectory } from '../support/policy.ts'
import { reload } from '../support/reload.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const allow = [
  ...everything,
  'cp',
  'export',
  'exec',
  'commit',
  'build',
  'volume create',
  'volume rm',
  'compose',
]
const policy = withOther(generousPolicy({ allow, run: { names: 'own', docker_socket: 'own' } }))
const USUAL = '/var/run/docker.sock'
const engines: readonly EngineName[] = onEngines('new', 'old')

const REFUSED = { code: 125, stderr: expect.stringMatching(/refused by policy|No such container/) }

/** What starts a container with a mount. */
function running(name: string, mount: string, ...words: readonly string[]): readonly string[] {
  return ['run', '-d', '--name', name, '-v', mount, ...words, 'busybox', 'sleep', '1000']
}

/** Starts a container that has the socket, and gives its name. */
async function withSocket(
  gate: Gate | { readonly socket: string },
  ...words: readonly string[]
): Promise<string> {
  const name = freshName('has')
  expect(await docker(gate, running(name, `${USUAL}:/d/docker.sock`, ...words))).toMatchObject({ code: 0 })
  return name
}

/** Whom a socket in a container serves: which containers may be seen by it. */
async function namesBy(engine: EngineName, container: string, path: string): Promise<readonly string[]> {
  const { stdout } = await engineDocker(engine, ['inspect', '-f', '{{.State.Pid}}', container])
  const { body } = await request(`/proc/${stdout.trim()}/root${path}`, {
    path: '/v1.41/containers/json?all=1',
  })
  const listed: readonly { readonly Names: readonly string[] }[] = JSON.parse(body)
  return listed.flatMap(({ Names }) => Names.map((name) => name.slice(1)))
}

describe.each(engines)('on %s', (engine) => {
  const shared = gateForAll(engine, undefined, policy)

  test('no other path leads to a socket: not the engine’s, nor another worker’s, nor the place of its own', async () => {
    const { gate } = shared
    const name = await withSocket(gate)
    const { stdout } = await engineDocker(engine, [
      'inspect',
      '-f',
      '{{(index .Mounts 0).Source}}',
      `ai-worker.${name}`,
    ])
    const place = stdout.trim()
    const work = workDirectory(gate.directory)
    await symlink(USUAL, join(work, 'link.sock'))
    await symlink('/run', join(work, 'run'))
    const sources = [
      engineSocket(engine),
      otherSocket(gate.directory),
      place,
      place.replace('ai-worker', 'other-worker'),
      dirname(place),
      '/run/dockgate-sockets',
      dirname(gate.socket),
      `${gate.socket}/../../other/docker.sock`,
      '/run',
      '/var/run',
      `${USUAL}/`,
      join(work, 'link.sock'),
      join(work, 'run/docker.sock'),
      '/proc/1/root/run/docker.sock',
    ]
    for (const source of sources)
      for (const words of [
        ['-v', `${source}:/d`],
        ['-v', `${source}:/d:ro`],
        ['--mount', `type=bind,source=${source},target=/d`],
      ])
        expect({
          source,
          ...(await docker(gate, ['run', '--rm', ...words, 'busybox', 'ls', '-R', '/d'])),
        }).toMatchObject({
          source,
          ...REFUSED,
        })
    await docker(gate, ['rm', '-f', name])
  })

  test('what is given is the worker’s own, whatever else is said of the mount', async () => {
    const { gate } = shared
    const other = freshName('theirs')
    await docker({ socket: otherSocket(gate.directory) }, ['create', '--name', other, 'busybox'])
    for (const option of ['ro', 'rw', 'z', 'Z', 'rprivate', 'cached']) {
      const name = freshName('option')
      const run = running(name, `${USUAL}:/d/docker.sock:${option}`)
      expect({ option, ...(await docker(gate, run)) }).toMatchObject({ option, code: 0 })
      expect(await namesBy(engine, `ai-worker.${name}`, '/d/docker.sock')).toEqual([name])
      await docker(gate, ['rm', '-f', name])
    }
    for (const option of ['shared', 'rshared', 'slave', 'rslave', 'nocopy=1', 'dev'])
      expect(
        await docker(gate, ['run', '--rm', '-v', `${USUAL}:/d/docker.sock:${option}`, 'busybox', 'true']),
      ).toMatchObject({ code: 125 })
    const propagation = `type=bind,source=${USUAL},target=/d,bind-propagation=rshared`
    expect(await docker(gate, ['run', '--rm', '--mount', propagation, 'busybox', 'true'])).toMatchObject(
      REFUSED,
    )
    for (const target of ['/proc/docker.sock', '/dev/null', '/sys/x'])
      expect(
        await docker(gate, ['run', '--rm', '-v', `${USUAL}:${target}`, 'busybox', 'true']),
      ).toMatchObject(REFUSED)
    await docker({ socket: otherSocket(gate.directory) }, ['rm', '-f', other])
  })

  test('it comes by no volume', async () => {
    const { gate } = shared
    const options = ['--opt', 'type=none', '--opt', 'o=bind', '--opt', `device=${USUAL}`]
    expect(await docker(gate, ['volume', 'create', ...options])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('refused by policy'),
    })
    const driver = `type=volume,target=/d,volume-driver=local,volume-opt=type=none,volume-opt=o=bind,"volume-opt=device=${USUAL}"`
    expect(await docker(gate, ['run', '--rm', '--mount', driver, 'busybox', 'true'])).toMatchObject(REFUSED)
    const source = `type=volume,source=${USUAL},target=/d`
    expect((await docker(gate, ['run', '--rm', '--mount', source, 'busybox', 'true'])).code).toBe(125)
  })

  test('by --volumes-from it comes from own containers alone, and is its own then', async () => {
    const { gate } = shared
    const rival = { socket: otherSocket(gate.directory) }
    const [own, theirs, from] = [await withSocket(gate), await withSocket(rival), freshName('from')]
    const run = ['run', '-d', '--name', from, '--volumes-from', own, 'busybox', 'sleep', '1000']
    expect(await docker(gate, run)).toMatchObject({ code: 0 })
    expect((await namesBy(engine, `ai-worker.${from}`, '/d/docker.sock')).toSorted()).toEqual(
      [from, own].toSorted(),
    )
    for (const reference of [theirs, `other-worker.${theirs}`])
      expect(
        await docker(gate, ['run', '--rm', '--volumes-from', reference, 'busybox', 'true']),
      ).toMatchObject(REFUSED)
    await docker(gate, ['rm', '-f', own, from])
    await docker(rival, ['rm', '-f', theirs])
  })

  test('nothing of a socket comes out by cp, export, commit or a build, and nothing is put in its place', async () => {
    const { gate } = shared
    const name = await withSocket(gate)
    const out = join(gate.directory, 'out')
    await mkdir(out)
    await docker(gate, ['cp', `${name}:/d`, out])
    await docker(gate, ['export', '-o', join(out, 'all.tar'), name])
    const copied = await docker(gate, ['cp', `${name}:/d/docker.sock`, join(out, 'socket')])
    expect(await readFile(join(out, 'socket'), 'utf8').catch(() => '')).toBe('')
    expect(copied.stdout).toBe('')
    await writeFile(join(out, 'docker.sock'), 'mine')
    await symlink(engineSocket(engine), join(out, 'link'))
    await docker(gate, ['cp', join(out, 'docker.sock'), `${name}:/d/docker.sock`])
    await docker(gate, ['cp', join(out, 'link'), `${name}:/d/docker.sock`])
    expect(await namesBy(engine, `ai-worker.${name}`, '/d/docker.sock')).toEqual([name])
    expect(await docker(gate, ['commit', name, 'taken:1'])).toMatchObject({ code: 0 })
    const listed = await docker(gate, ['run', '--rm', 'taken:1', 'ls', '-la', '/d'])
    expect(listed.stdout).not.toMatch(/^s/m)
    await docker(gate, ['rm', '-f', name])
    await docker(gate, ['rmi', 'taken:1'])
  })

  test('what is in the container can neither take the mount away nor see what lies around it', async () => {
    const { gate } = shared
    const name = await withSocket(gate)
    const inside = (...words: readonly string[]) => docker(gate, ['exec', name, ...words])
    expect((await inside('umount', '/d/docker.sock')).code).not.toBe(0)
    expect((await inside('rm', '-f', '/d/docker.sock')).code).not.toBe(0)
    expect((await inside('mv', '/d/docker.sock', '/d/other')).code).not.toBe(0)
    expect(await inside('ls', '-a', '/d')).toMatchObject({ stdout: '.\n..\ndocker.sock\n' })
    expect(await namesBy(engine, `ai-worker.${name}`, '/d/docker.sock')).toEqual([name])
    await docker(gate, ['rm', '-f', name])
  })

  test('a link where it is to be mounted leads nowhere but into the container', async () => {
    await makeDockerImage(engine)
    const { gate } = shared
    const folder = join(workDirectory(gate.directory), 'linked')
    await mkdir(folder)
    await symlink(engineSocket(engine), join(folder, 'docker.sock'))
    const words = ['run', '--rm', '-v', `${folder}:/d`, '-v', `${USUAL}:/d/docker.sock`, DOCKER_IMAGE]
    const { stdout } = await docker(gate, [...words, 'docker', '-H', 'unix:///d/docker.sock', 'ps', '-aq'])
    // It is the worker's: alone by itself, or not at all.
    expect(stdout).toMatch(/^(?:[0-9a-f]{12}\n)?$/)
    expect(await readdir(folder)).toEqual(['docker.sock'])
  })

  test('steps of a build get none', async () => {
    const { gate } = shared
    const built = await classicBuild(gate, 'FROM busybox\nRUN ls -l /var/run/docker.sock\n', '-t', 'step:1')
    expect(built.code).not.toBe(0)
  })
})

test('a worker that is made anew under a name does not get what the one before had, nor the other way round', async () => {
  const [engine = 'new'] = engines
  await using gate = await startGate({ engine, policy })
  const name = await withSocket(gate)
  const before = await namesBy(engine, `ai-worker.${name}`, '/d/docker.sock')
  expect(before).toEqual([name])
  const text = await readFile(join(gate.directory, 'policy.yaml'), 'utf8')
  const without = text.replace(/^ {2}ai-worker:\n(?: {3,}.*\n)+/m, '')
  await reload(gate, () => without)
  await expect(namesBy(engine, `ai-worker.${name}`, '/d/docker.sock')).rejects.toThrow('ECONNREFUSED')
  await reload(gate, () => text)
  await expect(namesBy(engine, `ai-worker.${name}`, '/d/docker.sock')).rejects.toThrow('ECONNREFUSED')
  await engineDocker(engine, ['rm', '-f', `ai-worker.${name}`])
})
