/** Podman of an account that is not root: what it can't do is said, and not silently left out. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import type { EngineName } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { workDirectory } from '../support/policy.ts'

const open = (engine: EngineName): Promise<Gate> => startGate({ engine, policy: generousPolicy() })
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
