import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, kindOf, onEngines } from '../support/engine.ts'
import { freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'

describe.each(onEngines('new', 'old'))('a mounted subfolder on the %s engine', (engine) => {
  const shared = gateForAll(engine)
  const worker = (...args: readonly string[]) => docker(shared.gate, args)

  /** A new folder of that name in the worker's, with one file. */
  async function folder(name: string, file: string): Promise<string> {
    const path = join(workDirectory(shared.gate.directory), name)
    await mkdir(path)
    await writeFile(join(path, file), '')
    return path
  }

  /** Where the gate holds what a container mounts. */
  async function placeOf(container: string): Promise<string> {
    const source = await engineDocker(engine, ['inspect', '-f', '{{(index .Mounts 0).Source}}', container])
    return source.stdout.trim()
  }

  test('is held in a place of the gate’s, and shows on the host what is written in it', async () => {
    const name = freshName('held')
    const path = await folder(name, 'first')
    await worker('create', '--name', name, '-v', `${path}:/m`, 'busybox', 'sh', '-c', 'echo out > /m/written')
    expect(await placeOf(name)).toMatch(/^\/run\/dockgate-binds\//)
    expect(await worker('start', '-a', name)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await readFile(join(path, 'written'), 'utf8')).toBe('out\n')
    await worker('rm', name)
  })

  test('stays the same at each start and restart, though a link to another folder took its place', async () => {
    const [name, outside] = [freshName('held'), freshName('outside')]
    const path = await folder(name, 'first')
    const elsewhere = join(shared.gate.directory, outside)
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'secret'), '')
    const command = ['busybox', 'sh', '-c', 'ls /m; exec sleep 1000']
    await worker('create', '--name', name, '-v', `${path}:/m`, ...command)
    await rename(path, `${path}-moved`)
    await symlink(elsewhere, path)
    const printed = () => worker('logs', name)
    expect(await worker('start', name)).toMatchObject({ code: 0 })
    await expect.poll(printed).toMatchObject({ stdout: 'first\n' })
    expect(await worker('restart', '-t', '0', name)).toMatchObject({ code: 0 })
    await expect.poll(printed).toMatchObject({ stdout: 'first\nfirst\n' })
    expect(await worker('stop', '-t', '0', name)).toMatchObject({ code: 0 })
    expect(await worker('start', name)).toMatchObject({ code: 0 })
    await expect.poll(printed).toMatchObject({ stdout: 'first\nfirst\nfirst\n' })
    await worker('rm', '-f', name)
  })

  test.each([
    ['once its container is removed', []],
    ['once its container has ended, with --rm', ['--rm']],
  ])('is held no longer %s, and keeps what is in it', async (_when, flags) => {
    const name = freshName('held')
    const path = await folder(name, 'kept')
    await worker('run', '-d', ...flags, '--name', name, '-v', `${path}:/m`, 'busybox', 'sleep', '1000')
    const place = await placeOf(name)
    expect(await stat(join(place, 'kept'))).toBeDefined()
    expect(await worker(...(flags.length === 0 ? ['rm', '-f'] : ['stop', '-t', '0']), name)).toMatchObject({
      code: 0,
    })
    await expect.poll(() => isThere(dirname(place))).toBe(false)
    expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(dirname(place))
    expect(await isThere(join(path, 'kept'))).toBe(true)
  })

  test('is held once, however often a container mounts it', async () => {
    const name = freshName('held')
    const path = await folder(name, 'first')
    const often = Array.from({ length: 20 }, (_, index) => ['-v', `${path}:/m/${index}`]).flat()
    expect(
      await worker('run', '--name', name, ...often, 'busybox', 'cat', '/m/0/first', '/m/19/first'),
    ).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    const held = await readFile('/proc/self/mountinfo', 'utf8')
    expect(held.split(dirname(await placeOf(name))).length - 1).toBe(1)
    await worker('rm', name)
  })

  test('is not held where the engine refuses the container', async () => {
    const name = freshName('held')
    const path = await folder(name, 'kept')
    const mounts = async (): Promise<boolean> =>
      (await readFile('/proc/self/mountinfo', 'utf8')).includes(path)
    const refused = ['create', '--name', name, '-v', `${path}:/m`, '--workdir', 'relative', 'busybox']
    expect(await worker(...refused)).toMatchObject({ code: 1 })
    await expect.poll(mounts).toBe(false)
  })

  test('is held as long as a container has it that was given the mounts of its own, in the midst of a restart too', async () => {
    const [first, second] = [freshName('held'), freshName('held-too')]
    const path = await folder(first, 'kept')
    await worker('create', '--name', first, '-v', `${path}:/m`, 'busybox')
    const slow = ['busybox', 'sh', '-c', 'trap "" TERM; ls /m; touch /m/written; while :; do sleep 0.1; done']
    // Docker 20.10 itself now and then removes one with --rm that it restarts (moby/moby#43751).
    const flags = kindOf(engine) === 'old' ? ['-d'] : ['-d', '--rm']
    await worker('run', ...flags, '--name', second, '--volumes-from', first, ...slow)
    const place = await placeOf(second)
    await expect.poll(() => isThere(join(path, 'written'))).toBe(true)
    const restarted = worker('restart', '-t', '2', second)
    expect(await worker('rm', first)).toMatchObject({ code: 0 })
    expect(await restarted).toMatchObject({ code: 0 })
    await expect.poll(() => worker('logs', second)).toMatchObject({ stdout: 'kept\nkept\nwritten\n' })
    expect(await worker('rm', '-f', second)).toMatchObject({ code: 0 })
    await expect.poll(() => isThere(dirname(place)), { timeout: 10_000 }).toBe(false)
  })

  test('leaves the operator’s mounts and containers of the same folder as they are', async () => {
    const [name, theirs] = [freshName('held'), freshName('held-theirs')]
    const path = await folder(name, 'first')
    await mkdir(join(path, 'inner'))
    const other = join(shared.gate.directory, freshName('other'))
    await mkdir(other)
    await writeFile(join(other, 'mounted'), '')
    execFileSync('mount', ['--bind', other, join(path, 'inner')])
    try {
      const command = ['busybox', 'sleep', '1000']
      await engineDocker(engine, ['run', '-d', '--name', theirs, '-v', `${path}:/m`, ...command])
      await worker('run', '-d', '--name', name, '-v', `${path}:/m`, ...command)
      const place = await placeOf(name)
      expect(await worker('rm', '-f', name)).toMatchObject({ code: 0 })
      await expect.poll(() => isThere(place)).toBe(false)
      expect(await isThere(join(path, 'inner', 'mounted'))).toBe(true)
      expect(await engineDocker(engine, ['exec', theirs, 'find', '/m', '-type', 'f'])).toMatchObject({
        stdout: expect.stringMatching(/first[^]*mounted|mounted[^]*first/),
      })
    } finally {
      await engineDocker(engine, ['rm', '-f', theirs])
      execFileSync('umount', [join(path, 'inner')])
    }
  })
})

test('a root that was taken back is not to be had from a container that has it, also after a restart of the gate', async () => {
  await using first = await startGate({ policy: generousPolicy() })
  const [name, other] = [freshName('old'), freshName('old')]
  const path = join(workDirectory(first.directory), 'below')
  await mkdir(path)
  const command = ['busybox', 'sleep', '1000']
  await docker(first, ['run', '-d', '--name', name, '-v', `${path}:/m`, ...command])
  await docker(first, [
    'run',
    '-d',
    '--name',
    other,
    '-v',
    `${workDirectory(first.directory)}:/m`,
    ...command,
  ])
  const from = (gate: Gate, container: string) =>
    docker(gate, ['run', '--rm', '--volumes-from', container, 'busybox', 'ls', '/m'])
  expect(await from(first, name)).toEqual({ code: 0, stdout: '', stderr: '' })
  await first.stop()
  const { directory } = first
  {
    await using again = await startGate({ directory, policy: generousPolicy() })
    expect(await from(again, name)).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(await from(again, other)).toEqual({ code: 0, stdout: 'below\n', stderr: '' })
    await again.stop()
  }
  await using taken = await startGate({ directory, policy: generousPolicy({ run: { binds: [] } }) })
  for (const container of [name, other]) {
    const refused = {
      code: expect.any(Number),
      stderr: expect.stringContaining('refused by policy: run.binds'),
    }
    expect(await from(taken, container)).toMatchObject(refused)
    expect(await docker(taken, ['restart', '-t', '0', container])).toMatchObject(refused)
    expect(await docker(taken, ['rm', '-f', container])).toMatchObject({ code: 0 })
  }
})

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}
