/** The devcontainer CLI, under the policy of `dockgate init --for devcontainer`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { starterFor } from '../../src/policy/starters.ts'
import { startGate } from '../support/gate.ts'
import { workDirectory, workerSocket } from '../support/policy.ts'
import { start } from '../support/process.ts'
import { setting } from '../support/settings.ts'
import { AGENTS } from './stage.ts'

/** With the capabilities of Claude Code's own, a volume, and a mount that means nothing on Linux. */
const DEVCONTAINER = {
  image: 'busybox',
  runArgs: ['--cap-add=NET_ADMIN', '--cap-add=NET_RAW'],
  mounts: ['source=history,target=/commandhistory,type=volume'],
  workspaceMount: 'source=${localWorkspaceFolder},target=/workspace,type=bind,consistency=delegated',
  workspaceFolder: '/workspace',
}

test('makes a dev container, works in it, and is refused what it must not mount', async () => {
  await using gate = await startGate({
    policy: (directory) => {
      const { text = '', socket = '' } =
        starterFor('devcontainer', { worker: 'ai-worker', engine: undefined, schema: 'none' }) ?? {}
      return text.replace(socket, workerSocket(directory)).replace('/srv/ai-worker', workDirectory(directory))
    },
  })
  const home = workDirectory(gate.directory)
  const project = join(home, 'project')
  mkdirSync(join(project, '.devcontainer'), { recursive: true })
  const devcontainer = async (words: readonly string[], settings: object): Promise<string> => {
    writeFileSync(join(project, '.devcontainer/devcontainer.json'), JSON.stringify(settings))
    const [cli, docker] = [join(AGENTS, 'node_modules/@devcontainers/cli/devcontainer.js'), setting('DOCKER')]
    const [verb = '', ...rest] = words
    const where = ['--docker-path', docker, '--workspace-folder', project]
    await using running = start(process.execPath, [cli, verb, ...where, ...rest], {
      PATH: '/usr/bin:/bin',
      HOME: home,
      DOCKER_HOST: `unix://${gate.socket}`,
      DOCKER_BUILDKIT: '0',
    })
    const { stdout, stderr } = await running.ended
    return stdout + stderr
  }
  expect(await devcontainer(['up'], DEVCONTAINER)).toContain('"outcome":"success"')
  expect(await devcontainer(['exec', 'sh', '-c', 'echo hi from $(pwd)'], DEVCONTAINER)).toContain(
    'hi from /workspace',
  )
  const more = { ...DEVCONTAINER, mounts: ['source=/etc,target=/host,type=bind'] }
  const refused = await devcontainer(['up', '--remove-existing-container'], more)
  expect(refused).toMatch(/refused by policy: run\.binds\n.*= .*\/etc/)
})
