/** Folders that are held fast for containers, while engine and gate are killed and started again. */
import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { recordOf } from '../support/audit.ts'
import { expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineToRestart } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'

const engine = 'restart'
const restartEngine = engineToRestart()
const policy = generousPolicy()

/** What a container that lists its folder prints at the next start; the engine may not be back yet. */
async function listed(gate: Gate, name: string): Promise<string> {
  let printed = ''
  await expect
    .poll(async () => {
      const { code, stdout } = await docker(gate, ['start', '-a', name])
      printed = stdout
      return code
    })
    .toBe(0)
  return printed
}

/** How many folders of that directory lie in a gate's places. */
async function heldOf(directory: string): Promise<number> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  const isHeld = (line: string): boolean =>
    line.includes(basename(directory)) && line.includes(' /run/dockgate-binds/')
  return mounts.split('\n').filter(isHeld).length
}

test('a folder below a root stays the one that was decided on, whichever of engine and gate is killed and started again', async () => {
  await using first = await startGate({ engine, policy })
  const { directory } = first
  const [name, removed, running] = [freshName('listing'), freshName('removed'), freshName('running')]
  const path = join(workDirectory(directory), 'below')
  const elsewhere = join(directory, 'elsewhere')
  for (const folder of [path, elsewhere]) await mkdir(folder)
  await writeFile(join(path, 'mine'), '')
  await writeFile(join(elsewhere, 'secret'), '')
  const mount = ['-v', `${path}:/m`, 'busybox']
  for (const each of [name, removed]) await docker(first, ['create', '--name', each, ...mount, 'ls', '/m'])
  await docker(first, ['run', '-d', '--name', running, ...mount, 'sleep', '1000'])
  await rename(path, `${path}-moved`)
  await symlink(elsewhere, path)

  await restartEngine()
  expect(await listed(first, name)).toBe('mine\n')
  await first.kill9()
  await engineDocker(engine, ['rm', '-f', removed])
  await using second = await startGate({ engine, policy, directory })
  expect(await listed(second, name)).toBe('mine\n')
  await Promise.all([second.kill9(), restartEngine()])
  await using third = await startGate({ engine, policy, directory })
  expect(await listed(third, name)).toBe('mine\n')
  expect(await docker(third, ['start', running])).toMatchObject({ code: 0 })
  expect(await engineDocker(engine, ['exec', running, 'ls', '/m'])).toMatchObject({ stdout: 'mine\n' })
  expect(await heldOf(directory)).toBe(2)

  for (const each of [name, running]) await docker(third, ['rm', '-f', each])
  await expect.poll(() => heldOf(directory)).toBe(0)
  expect(await readFile(join(`${path}-moved`, 'mine'), 'utf8')).toBe('')
}, 120_000)

test('after a reboot a container that restarts by itself has its folder again, and none in its place', async () => {
  const restarting = generousPolicy({ run: { restart: ['no', 'always'] } })
  await using first = await startGate({ engine, policy: restarting })
  const { directory } = first
  const [name, gone] = [freshName('always'), freshName('gone')]
  const [updated, shares] = [freshName('updated'), freshName('shares')]
  const paths = ['data', 'gone', 'later'].map((folder) => join(workDirectory(directory), folder))
  for (const path of paths) {
    await mkdir(path)
    await writeFile(join(path, 'mine'), '')
  }
  const [data = '', other = '', later = ''] = paths
  for (const [each, path] of [
    [name, data],
    [gone, other],
  ] as const) {
    const run = [
      'run',
      '-d',
      '--restart',
      'always',
      '--name',
      each,
      '-v',
      `${path}:/m`,
      'busybox',
      'sleep',
      '1000',
    ]
    expect(await docker(first, run)).toMatchObject({ code: 0, stderr: '' })
  }
  // One that gets its restart policy later, and one that has its folder from another.
  await docker(first, ['run', '-d', '--name', updated, '-v', `${later}:/m`, 'busybox', 'sleep', '1000'])
  const update = ['update', '--restart', 'always']
  expect(await docker(first, [...update, updated])).toMatchObject({ code: 0, stderr: '' })
  await docker(first, ['create', '--name', shares, '--volumes-from', updated, 'busybox', 'true'])
  expect(await docker(first, [...update, shares])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('run.restart'),
  })
  const [seen] = JSON.parse((await docker(first, ['inspect', name])).stdout)
  expect(seen).toMatchObject({
    HostConfig: { Binds: [`${data}:/m`] },
    Mounts: [{ Source: data, Destination: '/m' }],
  })

  await first.kill9()
  await forgetPlaces(directory)
  // Somebody puts another folder in the place of one.
  await rename(other, `${other}-moved`)
  await symlink(directory, other)
  await restartEngine()
  const running = async (each: string): Promise<string> =>
    (await engineDocker(engine, ['inspect', '-f', '{{.State.Running}}', each])).stdout.trim()
  expect(await Promise.all([name, gone, updated].map(running))).toEqual(['false', 'false', 'false'])

  await using second = await startGate({ engine, policy: restarting, directory })
  await expect.poll(() => running(name)).toBe('true')
  expect(await engineDocker(engine, ['exec', name, 'ls', '/m'])).toMatchObject({ stdout: 'mine\n' })
  await expect.poll(() => running(updated)).toBe('true')
  expect(await engineDocker(engine, ['exec', updated, 'ls', '/m'])).toMatchObject({ stdout: 'mine\n' })
  expect(await running(gone)).toBe('false')
  expect(second.output().stderr).toContain(`misses ${other}`)
  expect(await recordOf(second, '--operation', 'container.start')).toEqual(
    expect.arrayContaining([expect.objectContaining({ door: 'control', rule: 'run.restart' })]),
  )
  await docker(second, ['rm', '-f', name, gone, updated, shares])
})

/** What a reboot does to /run. */
async function forgetPlaces(directory: string): Promise<void> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8')
  const held = mounts.split('\n').filter((line) => line.includes(basename(directory)))
  for (const line of held) {
    const [, , , , place = ''] = line.split(' ')
    if (!place.startsWith('/run/dockgate-binds/')) continue
    execFileSync('umount', ['-l', place])
    await rm(dirname(place), { recursive: true, force: true })
  }
}
