/** Folders that are held fast for containers, while engine and gate are killed and started again. */
import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, restartEngine } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'

const engine = 'restart'
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
