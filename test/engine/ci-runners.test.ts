/** What CI runners make for their jobs, with the words that they write, under the policy of `dockgate init --for ci`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { starterFor } from '../../src/policy/starters.ts'
import { docker, type CommandOptions, type CommandResult } from '../support/docker.ts'
import { DOCKER_IMAGE, makeDockerImage } from '../support/docker-image.ts'
import { onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { workDirectory, workerSocket } from '../support/policy.ts'

const [engine = 'new'] = onEngines('new')
const USUAL = '/var/run/docker.sock'

function policy(directory: string): string {
  const start = { worker: 'ai-worker', engine: undefined, schema: 'none' }
  const { text = '', socket = '' } = starterFor('ci', start) ?? {}
  return text.replace(socket, workerSocket(directory)).replace('/srv/ai-worker', workDirectory(directory))
}

const shared = gateForAll(engine, undefined, policy)
beforeAll(() => makeDockerImage(engine))

/** Runs a command that must go well. Gives what it printed. */
async function did(words: readonly string[], options?: CommandOptions): Promise<string> {
  const ran: CommandResult = await docker(shared.gate, words, options)
  expect({ words, ...ran }).toMatchObject({ words, code: 0 })
  return ran.stdout
}

/** A job that needs Docker: it builds an image, and runs a container of it. */
const JOB = [
  'set -e',
  "printf 'FROM busybox\\nRUN echo built >/it\\n' | docker build -q -t job-image - >/dev/null",
  'docker run --rm job-image cat /it',
].join('\n')

describe('a runner of GitHub’s actions (act, act_runner, forgejo-runner)', () => {
  test('has a network and a container for a job, copies files, runs steps, and takes all away', async () => {
    const [job, network] = [freshName('act-CI-build'), freshName('act-CI-network')]
    const workspace = join(workDirectory(shared.gate.directory), 'workspace')
    mkdirSync(workspace)
    writeFileSync(join(workspace, 'step.sh'), JOB)
    await did(['network', 'create', network])
    const service = ['--network', network, '--network-alias', 'web', '--name', `${job}-web`]
    await did(['create', ...service, 'busybox', 'sh', '-c', 'echo up >/i; httpd -f -p 80 -h /'])
    await did(['start', `${job}-web`])
    const create = ['create', '--name', job, '--network', network, '-w', '/workspace']
    create.push('-v', `${USUAL}:${USUAL}`, '--mount', `type=volume,source=${job}-env,target=/var/run/act`)
    create.push('--mount', 'type=volume,source=act-toolcache,target=/opt/hostedtoolcache')
    create.push('-e', 'RUNNER_OS=Linux', '-e', 'DOCKER_BUILDKIT=0', '--entrypoint', '/bin/tail')
    await did([...create, DOCKER_IMAGE, '-f', '/dev/null'])
    await did(['start', job])
    await did(['cp', `${workspace}/.`, `${job}:/workspace`])
    const step = ['exec', '-w', '/workspace', '-e', 'GITHUB_ACTIONS=true', job]
    expect(await did([...step, 'sh', 'step.sh'])).toBe('built\n')
    expect(await did([...step, 'wget', '-qO-', 'http://web/i'])).toBe('up\n')
    // A step that is a container of its own, with the files of the job.
    const action = [
      'run',
      '--rm',
      '--network',
      network,
      '--volumes-from',
      job,
      '--entrypoint',
      'ls',
      'busybox',
    ]
    expect(await did([...action, '/var/run'])).toContain('docker.sock')
    await did(['cp', `${job}:/workspace/step.sh`, '-'])
    await did(['rm', '-f', '-v', job, `${job}-web`])
    await did(['volume', 'rm', `${job}-env`, 'act-toolcache'])
    await did(['network', 'rm', network])
    await did(['rmi', 'job-image'])
  })

  test('is told what to take where it would have the network of the host, as act has by itself', async () => {
    expect(await docker(shared.gate, ['create', '--network', 'host', 'busybox'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('NetworkMode = host'),
    })
  })
})

describe('gitlab-runner', () => {
  test('prepares a cache, has a network for each build, types the script, and takes all away', async () => {
    const [name, network] = [freshName('runner-build'), freshName('runner-net')]
    const cache = `${name}-cache`
    const labels = [
      '--label',
      'com.gitlab.gitlab-runner.managed=true',
      '--label',
      'com.gitlab.gitlab-runner.type=build',
    ]
    await did(['network', 'create', ...labels, network])
    await did(['volume', 'create', ...labels, cache])
    await did(['run', '--rm', ...labels, '-v', `${cache}:/cache`, 'busybox', 'chmod', '777', '/cache'])
    const service = [
      '--name',
      `${name}-svc-0`,
      '--network',
      network,
      '--network-alias',
      'web',
      '--network-alias',
      'docker-web',
    ]
    await did(['run', '-d', ...labels, ...service, 'busybox', 'sh', '-c', 'echo up >/i; httpd -f -p 80 -h /'])
    const build = [
      'create',
      '-i',
      '--name',
      name,
      ...labels,
      '--network',
      network,
      '--restart',
      'no',
      '--log-driver',
      'json-file',
    ]
    build.push(
      '-v',
      `${cache}:/cache`,
      '-v',
      `${USUAL}:${USUAL}`,
      '-e',
      'DOCKER_BUILDKIT=0',
      '--entrypoint',
      '',
    )
    await did([...build, DOCKER_IMAGE, 'sh'])
    const script = `${JOB}\nwget -qO- http://web/i\necho kept >/cache/kept\ndocker rmi job-image >/dev/null\n`
    expect(await did(['start', '-a', '-i', name], { input: script })).toBe('built\nup\n')
    const next = ['run', '--rm', '-v', `${cache}:/cache`, 'busybox', 'cat', '/cache/kept']
    expect(await did(next)).toBe('kept\n')
    await did(['rm', '-f', '-v', name, `${name}-svc-0`])
    await did(['network', 'rm', network])
    await did(['volume', 'rm', cache])
  })
})
