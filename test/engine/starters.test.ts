/** What programs make for their agents, with the words that they write, under the policies of `dockgate init --for`. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { starterFor } from '../../src/policy/starters.ts'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { workDirectory, workerSocket } from '../support/policy.ts'

const [engine = 'new'] = onEngines('new')

/** A gate with the policy for a program, for folders of the test's. */
function gateFor(program: string): Promise<Gate> {
  return startGate({
    engine,
    policy: (directory) => {
      const start = { worker: 'ai-worker', engine: undefined, schema: 'none' }
      const { text = '', socket = '' } = starterFor(program, start) ?? {}
      return text.replace(socket, workerSocket(directory)).replace('/srv/ai-worker', workDirectory(directory))
    },
  })
}

/** Has busybox go by another name on the engine, as the image that a program would bring. */
async function standIn(image: string): Promise<void> {
  expect(await engineDocker(engine, ['tag', 'busybox', image])).toMatchObject({ code: 0 })
}

describe('OpenClaw', () => {
  beforeAll(() => standIn('openclaw-sandbox:bookworm-slim'))

  test('makes a sandbox, works in it, and removes it', async () => {
    await using gate = await gateFor('openclaw')
    const [name, workspace] = [freshName('openclaw-sbx'), join(workDirectory(gate.directory), 'workspace')]
    mkdirSync(workspace)
    const create =
      `create --name ${name} --init --label openclaw.sandbox=1 --label openclaw.sessionKey=agent:main --label openclaw.createdAtMs=1 ` +
      '--read-only --tmpfs /tmp --tmpfs /var/tmp --tmpfs /run --network none --user 1000:1000 --cap-drop ALL ' +
      `--security-opt no-new-privileges --pids-limit 256 --memory 1g --cpus 1 -v ${workspace}:/workspace --workdir /workspace ` +
      'openclaw-sandbox:bookworm-slim sleep infinity'
    expect(await docker(gate, ['image', 'inspect', 'openclaw-sandbox:bookworm-slim'])).toMatchObject({
      code: 0,
    })
    expect(await docker(gate, create.split(' '))).toMatchObject({ code: 0 })
    expect(await docker(gate, ['start', name])).toMatchObject({ code: 0 })
    expect(await docker(gate, ['inspect', '-f', '{{.State.Running}}', name])).toMatchObject({
      stdout: 'true\n',
    })
    const exec = ['exec', '-i', '-w', '/workspace', '-e', 'X=1', name, 'sh', '-lc', 'cat; pwd; echo $X']
    expect(await docker(gate, exec, { input: 'in ' })).toMatchObject({
      code: 0,
      stdout: 'in /workspace\n1\n',
    })
    expect(
      await docker(gate, ['ps', '-a', '--filter', 'label=openclaw.sandbox=1', '--format', '{{.Names}}']),
    ).toMatchObject({
      stdout: `${name}\n`,
    })
    expect(await docker(gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
  })
})

describe('Gemini CLI', () => {
  const image = 'us-docker.pkg.dev/gemini-code-dev/gemini-cli/sandbox:1'
  beforeAll(() => standIn(image))

  test('runs in a container with its folder, its settings and its temporary folder', async () => {
    await using gate = await gateFor('gemini')
    const home = workDirectory(gate.directory)
    for (const folder of ['project', '.gemini', 'tmp']) mkdirSync(join(home, folder))
    const mounts = ['project', 'tmp'].flatMap((folder) => [
      '--volume',
      `${join(home, folder)}:${join(home, folder)}`,
    ])
    const run = ['run', '-i', '--rm', '--init', '--workdir', join(home, 'project'), ...mounts]
    run.push(
      '--volume',
      `${join(home, '.gemini')}:/home/node/.gemini`,
      '--env',
      'TERM=dumb',
      '--add-host',
      'x:127.0.0.1',
    )
    run.push(
      '--name',
      freshName('sandbox'),
      '--hostname',
      'sandbox',
      image,
      'sh',
      '-c',
      'pwd; ls /home/node/.gemini',
    )
    expect(await docker(gate, ['images', '-q', image])).toMatchObject({
      stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/),
    })
    expect(await docker(gate, run)).toMatchObject({ code: 0, stdout: `${join(home, 'project')}\n` })
  })

  test("is told what to change where its temporary folder is the host's", async () => {
    await using gate = await gateFor('gemini')
    expect(await docker(gate, ['run', '--rm', '--volume', '/tmp:/tmp', image, 'true'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('refused by policy: run.binds'),
    })
  })
})

describe('a dev container', () => {
  test('is made with NET_ADMIN and NET_RAW, a consistency that means nothing here, and worked in by exec', async () => {
    await using gate = await gateFor('devcontainer')
    const project = join(workDirectory(gate.directory), 'project')
    mkdirSync(project)
    const run = [
      'run',
      '--sig-proxy=false',
      '-d',
      '--mount',
      `type=bind,source=${project},target=/workspaces/project,consistency=cached`,
    ]
    run.push(
      '-v',
      `${project}:/second:delegated`,
      '--mount',
      `type=volume,source=${freshName('history')},target=/commandhistory`,
    )
    run.push(
      '-l',
      `devcontainer.local_folder=${project}`,
      '--cap-add',
      'NET_ADMIN',
      '--cap-add',
      'NET_RAW',
      '--entrypoint',
      '/bin/sh',
    )
    run.push('busybox', '-c', 'echo Container started; sleep 60', '-')
    const { code, stdout, stderr } = await docker(gate, run)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const id = stdout.trim()
    expect(
      await docker(gate, [
        'exec',
        '-i',
        '-u',
        'root',
        '-w',
        '/workspaces/project',
        id,
        '/bin/sh',
        '-c',
        'pwd',
      ]),
    ).toMatchObject({
      code: 0,
      stdout: '/workspaces/project\n',
    })
    const list = ['ps', '-q', '-a', '--filter', `label=devcontainer.local_folder=${project}`]
    expect(await docker(gate, list)).toMatchObject({ stdout: `${id.slice(0, 12)}\n` })
    expect(await docker(gate, ['rm', '-f', id])).toMatchObject({ code: 0 })
  })
})

describe("Hermes' docker backend", () => {
  const image = 'nikolaik/python-nodejs:python3.11-nodejs20'
  beforeAll(() => standIn(image))

  test('makes its container, with memory, processes and shared memory that are brought down to the limits', async () => {
    await using gate = await gateFor('hermes')
    const [name, work] = [freshName('hermes'), join(workDirectory(gate.directory), 'workspace')]
    mkdirSync(work)
    const run =
      `run -d --init --name ${name} -w /workspace --cap-drop ALL --cap-add DAC_OVERRIDE --cap-add CHOWN --cap-add FOWNER ` +
      '--security-opt no-new-privileges --pids-limit 4096 --tmpfs /tmp:rw,nosuid,size=512m --tmpfs /var/tmp:rw,noexec,nosuid,size=256m ' +
      `--tmpfs /run:rw,noexec,nosuid,size=64m --shm-size 2g --cpus 8 --memory 64g -v ${work}:/workspace ${image} sleep 2h`
    expect(await docker(gate, run.split(' '))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^WARNING: memory 64g is 5g here/),
    })
    const asked = '{{.HostConfig.ShmSize}} {{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}'
    expect(await docker(gate, ['inspect', '-f', asked, name])).toMatchObject({
      stdout: `${2 ** 30} ${5 * 2 ** 30} 512\n`,
    })
    expect(await docker(gate, ['exec', '-i', '-w', '/workspace', name, 'sh', '-lc', 'pwd'])).toMatchObject({
      stdout: '/workspace\n',
    })
    expect(await docker(gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
  })

  test('learns that there is no --storage-opt, by which it goes on without', async () => {
    await using gate = await gateFor('hermes')
    expect(await docker(gate, ['create', '--storage-opt', 'size=1m', image])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('refused by policy: run.fields'),
    })
  })
})
