/** Podman of an account that is not root: what it can't do is said, and not silently left out. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { dockgate } from '../support/process.ts'
import { engineDocker, engineRequest, type EngineName } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'

const open = (engine: EngineName): Promise<Gate> => startGate({ engine, policy: generousPolicy() })
const statusOf = async ({ directory }: Gate): Promise<string> =>
  (await dockgate('status', '--state', join(directory, 'state'))).stdout

/** What this machine gives an account's containers, as Podman itself tells: nothing where cgroup v1 is mounted. */
async function controllers(engine: EngineName): Promise<readonly string[]> {
  const { body } = await engineRequest(engine, { path: '/v1.41/libpod/info' })
  const told = /"cgroupControllers":\[([^\]]*)\]/.exec(body)?.[1] ?? ''
  return told.split(',').map((word) => word.replaceAll('"', ''))
}

test('limits that it does not hold are told at the start and by status', async () => {
  await using gate = await open('podman-rootless')
  const held = await controllers('podman-rootless')
  const names = [...Object.entries({ memory: 'memory', cpu: 'cpus', pids: 'pids' })]
  const missing = names.filter(([controller]) => !held.includes(controller)).map(([, limit]) => limit)
  const told =
    missing.length === 0
      ? expect.not.stringContaining('does not hold')
      : expect.stringContaining(`does not hold limits of ${missing.join(', ')}`)
  expect(gate.output().stderr).toEqual(told)
  expect(await statusOf(gate)).toEqual(told)
  const name = freshName('limits')
  await docker(gate, ['create', '--name', name, 'busybox', 'true'])
  const format = '{{.HostConfig.Memory}}'
  const { stdout } = await engineDocker('podman-rootless', ['inspect', '-f', format, name])
  expect(stdout.trim() === '0').toBe(missing.includes('memory'))
  await docker(gate, ['rm', '-f', name])
})

test('one of root’s holds all of them, and nothing else is said', async () => {
  await using gate = await open('podman')
  expect(gate.output().stderr).not.toContain('does not hold')
  expect(await statusOf(gate)).not.toContain('does not hold')
})

test('a folder below a root is refused with what to mount instead, which it mounts', async () => {
  await using gate = await open('podman-rootless')
  const work = workDirectory(gate.directory)
  await mkdir(join(work, 'below'))
  await writeFile(join(work, 'file'), 'content')
  const below = await docker(gate, ['run', '--rm', '-v', `${join(work, 'below')}:/w`, 'busybox'])
  expect(below).toMatchObject({ code: 125, stderr: expect.stringContaining('run.binds') })
  expect(below.stderr).toContain('rootless')
  expect(below.stderr).toContain(`-v ${work}:/w`)
  // The account has to reach the root itself.
  await chmod(gate.directory, 0o755)
  expect(await docker(gate, ['run', '--rm', '-v', `${work}:/w`, 'busybox', 'cat', '/w/file'])).toMatchObject({
    stdout: 'content',
  })
  const volume = freshName('volume')
  expect(await docker(gate, ['run', '--rm', '-v', `${volume}:/w`, 'busybox', 'touch', '/w/x'])).toMatchObject(
    { code: 0 },
  )
})
