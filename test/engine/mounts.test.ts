import { existsSync } from 'node:fs'
import { chown, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'

describe.each(onEngines('new', 'old'))('mounts on the %s engine', (engine) => {
  const shared = gateForAll(engine)
  const work = (...names: readonly string[]): string => join(workDirectory(shared.gate.directory), ...names)
  const run = (...args: readonly string[]) => docker(shared.gate, ['run', '--rm', ...args])

  beforeAll(async () => {
    await mkdir(work('inner'))
    await writeFile(work('inner', 'file'), 'from the host\n')
    await symlink('/etc', work('out'))
    await symlink('/no-such-directory', work('nowhere'))
    await symlink('inner', work('in'))
  })

  test.each(['-v', '--mount'])('an allowed directory is mounted to read and write by %s', async (flag) => {
    const mount = flag === '-v' ? `${work('inner')}:/m` : `type=bind,source=${work('inner')},target=/m`
    const result = await run(flag, mount, 'busybox', 'sh', '-c', `cat /m/file; echo by ${flag} > /m/new`)
    expect(result).toEqual({ code: 0, stdout: 'from the host\n', stderr: '' })
    expect(await readFile(work('inner', 'new'), 'utf8')).toBe(`by ${flag}\n`)
  })

  test('a directory that is not there is made as its parent’s owner’s, and through no link', async () => {
    await chown(work('inner'), 1234, 1234)
    expect(
      await run('-v', `${work('inner', 'fresh', 'deep')}:/m`, 'busybox', 'touch', '/m/file'),
    ).toMatchObject({
      code: 0,
      stderr: '',
    })
    for (const names of [['fresh'], ['fresh', 'deep']]) {
      const { uid, gid, mode } = await stat(work('inner', ...names))
      expect([uid, gid, mode & 0o777]).toEqual([1234, 1234, 0o755])
    }
    for (const path of [work('out', 'new'), work('nowhere'), work('nowhere', 'new'), '/srv/no-such']) {
      const refused = await run('-v', `${path}:/m`, 'busybox')
      expect(refused).toMatchObject({ code: 125, stderr: expect.stringContaining('run.binds') })
    }
    expect([existsSync('/etc/new'), existsSync('/no-such-directory'), existsSync('/srv/no-such')]).toEqual([
      false,
      false,
      false,
    ])
    const asMount = `type=bind,source=${work('inner', 'other')},target=/m`
    expect(await run('--mount', asMount, 'busybox')).toMatchObject({ code: 125 })
    expect(existsSync(work('inner', 'other'))).toBe(false)
  })

  test('a directory is mounted read-only where the client says so', async () => {
    const result = await run('-v', `${work('inner')}:/m:ro`, 'busybox', 'touch', '/m/new')
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('Read-only') })
  })

  test('a link that stays inside is followed before the engine sees it', async () => {
    const name = freshName('link')
    const created = await docker(shared.gate, [
      'create',
      '--name',
      name,
      '-v',
      `${work('in')}:/m`,
      'busybox',
      'cat',
      '/m/file',
    ])
    expect(created).toMatchObject({ code: 0, stderr: '' })
    const binds = await engineDocker(engine, ['inspect', '-f', '{{json .HostConfig.Binds}}', name])
    expect(binds.stdout).not.toContain(work('in:'))
    expect(await docker(shared.gate, ['start', '-a', name])).toMatchObject({ stdout: 'from the host\n' })
    await docker(shared.gate, ['rm', name])
  })

  test.each([
    ['a directory outside', () => '/etc:/m', 'outside'],
    ['a link that leads outside', () => `${work('out')}:/m`, 'leads elsewhere'],
    ['a link that leads to what is not there', () => `${work('nowhere')}:/m`, 'leads elsewhere'],
    ['a path that climbs out', () => `${work('inner')}/../../..:/m`, 'outside'],
    ['the root directory', () => '/:/m', 'outside'],
    ['a directory below a file', () => `${work('inner', 'file', 'x')}:/m`, 'mkdir'],
  ] satisfies [string, () => string, string][])('%s is refused', async (_what, bind, says) => {
    const result = await run('-v', bind(), 'busybox', 'true')
    expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('run.binds') })
    expect(result.stderr).toContain(says)
  })

  test('the engine’s socket is refused, as there is none of the worker’s own for containers', async () => {
    const result = await run('-v', '/var/run/docker.sock:/m', 'busybox', 'true')
    expect(result).toMatchObject({ code: 125, stderr: expect.stringContaining('run.docker_socket') })
  })

  test('a directory stays the one that was mounted, whatever is put in its place after the create', async () => {
    const name = freshName('swapped')
    await mkdir(work('swap'))
    await writeFile(work('swap', 'mine'), '')
    await docker(shared.gate, ['create', '--name', name, '-v', `${work('swap')}:/m`, 'busybox', 'ls', '/m'])
    const moved = await run(
      '-v',
      `${work()}:/w`,
      'busybox',
      'sh',
      '-c',
      'mv /w/swap /w/moved && ln -s /etc /w/swap',
    )
    expect(moved).toMatchObject({ code: 0 })
    expect(await docker(shared.gate, ['start', '-a', name])).toEqual({
      code: 0,
      stdout: 'mine\n',
      stderr: '',
    })
    await docker(shared.gate, ['rm', name])
  })

  test('a root that is read-only in the policy is mounted read-only, or not at all', async () => {
    const policy = (directory: string): string =>
      generousPolicy({ run: { binds: [{ path: workDirectory(directory), mode: 'ro' }] } })(directory)
    await using gate = await startGate({ engine, policy })
    const path = workDirectory(gate.directory)
    const refused = await docker(gate, ['run', '--rm', '-v', `${path}:/m`, 'busybox', 'true'])
    expect(refused).toMatchObject({ code: 125, stderr: expect.stringContaining(':/m:ro') })
    expect(await docker(gate, ['run', '--rm', '-v', `${path}:/m:ro`, 'busybox', 'true'])).toMatchObject({
      code: 0,
    })
  })

  test('a named volume is made, kept, shared by own containers, and listed', async () => {
    const volume = freshName('volume')
    expect(await run('-v', `${volume}:/m`, 'busybox', 'sh', '-c', 'echo kept > /m/file')).toMatchObject({
      code: 0,
    })
    expect(await run('-v', `${volume}:/m:ro`, 'busybox', 'cat', '/m/file')).toMatchObject({
      stdout: 'kept\n',
    })
    const listed = await docker(shared.gate, ['volume', 'ls', '-q'])
    expect(listed.stdout.split('\n')).toContain(volume)
  })

  test('a named volume has the labels that it is first mounted with', async () => {
    const volume = freshName('labelled')
    const mount = `type=volume,source=${volume},target=/m,volume-label=purpose=cache`
    expect(await run('--mount', mount, 'busybox', 'true')).toMatchObject({ code: 0 })
    const labels = await engineDocker(engine, ['volume', 'inspect', '-f', '{{json .Labels}}', volume])
    expect(JSON.parse(labels.stdout)).toMatchObject({ purpose: 'cache' })
  })

  test('a volume of the operator is refused and not listed', async () => {
    const volume = freshName('theirs')
    await engineDocker(engine, ['volume', 'create', volume])
    await expect
      .poll(() => run('-v', `${volume}:/m`, 'busybox', 'true'))
      .toMatchObject({ code: 125, stderr: expect.stringContaining('run.volumes') })
    expect((await docker(shared.gate, ['volume', 'ls', '-q'])).stdout.split('\n')).not.toContain(volume)
    await engineDocker(engine, ['volume', 'rm', volume])
  })

  test('an anonymous volume is there, and goes with rm -v', async () => {
    const name = freshName('anonymous')
    await docker(shared.gate, ['run', '--name', name, '-v', '/m', 'busybox', 'touch', '/m/file'])
    const volume = await engineDocker(engine, ['inspect', '-f', '{{(index .Mounts 0).Name}}', name])
    expect(await docker(shared.gate, ['rm', '-v', name])).toMatchObject({ code: 0 })
    expect(await engineDocker(engine, ['volume', 'inspect', volume.stdout.trim()])).toMatchObject({ code: 1 })
  })

  test('mounts are shared with --volumes-from between own containers', async () => {
    const name = freshName('from')
    await docker(shared.gate, [
      'run',
      '--name',
      name,
      '-v',
      '/m',
      'busybox',
      'sh',
      '-c',
      'echo shared > /m/file',
    ])
    expect(await run('--volumes-from', name, 'busybox', 'cat', '/m/file')).toMatchObject({
      stdout: 'shared\n',
    })
    await docker(shared.gate, ['rm', '-v', name])
  })
})
