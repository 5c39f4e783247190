/** Volumes without a name, which an image's VOLUME or `-v /data` makes: the worker's, by the names that the engine gave them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, kindOf, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { policyFor, workDirectory } from '../support/policy.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const allow = [...everything, 'volume', 'compose', 'build', 'cp']
const policy = withOther((directory) =>
  policyFor(directory, {
    allow,
    run: { names: 'own', limits: { containers: 50, memory: '64m', volumes: 1 } },
  }),
)

describe.each(onEngines('new', 'old', 'podman'))('a volume without a name on the %s engine', (engine) => {
  const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker(engine, args)
  const start = (directory?: string): Promise<Gate> =>
    startGate({ engine, policy, ...(directory === undefined ? {} : { directory }) })

  /** A container that has left a file in a volume without a name, and that volume. */
  async function leave(target: string, ...more: readonly string[]) {
    const name = freshName('left')
    const write = ['busybox', 'sh', '-c', 'echo mine >/data/file']
    expect(await docker(target, ['run', '--name', name, '-v', '/data', ...more, ...write])).toMatchObject({
      code: 0,
    })
    const volume = (await docker(target, ['inspect', '-f', '{{(index .Mounts 0).Name}}', name])).stdout.trim()
    expect(volume).toMatch(/^[0-9a-f]{64}$/)
    return { name, volume }
  }
  const read = (target: string, volume: string) =>
    docker(target, ['run', '--rm', '-v', `${volume}:/data`, 'busybox', 'cat', '/data/file'])

  test('is mounted again by its name, inspected, listed and removed, by its worker alone', async () => {
    await using gate = await start()
    const other = otherSocket(gate.directory)
    const worker = (...args: readonly string[]) => docker(gate, args)
    const { name, volume } = await leave(gate.socket)
    expect(await read(gate.socket, volume)).toMatchObject({ code: 0, stdout: 'mine\n' })
    expect(await worker('volume', 'inspect', '-f', '{{.Name}}', volume)).toMatchObject({
      stdout: `${volume}\n`,
    })
    expect((await worker('volume', 'ls', '-q')).stdout.split('\n')).toContain(volume)

    const refused = await read(other, volume)
    expect(refused).toMatchObject({ code: 125, stderr: expect.stringContaining('run.volumes') })
    expect((await docker(other, ['volume', 'ls', '-q'])).stdout).not.toContain(volume)
    for (const command of ['inspect', 'rm'])
      expect(await docker(other, ['volume', command, volume])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('no such volume'),
      })

    expect(await worker('volume', 'rm', volume)).toMatchObject({ code: 1 })
    await worker('rm', name)
    expect(await worker('volume', 'rm', volume)).toMatchObject({ code: 0 })
    expect(await operator('volume', 'inspect', volume)).toMatchObject({ code: 1 })
    expect(await worker('volume', 'inspect', volume)).toMatchObject({ code: 1 })
  })

  test('of the operator’s is refused, and not there', async () => {
    await using gate = await start()
    const name = freshName('theirs')
    await operator('run', '--name', name, '-v', '/data', 'busybox', 'sh', '-c', 'echo theirs >/data/file')
    const volume = (await operator('inspect', '-f', '{{(index .Mounts 0).Name}}', name)).stdout.trim()
    expect(await read(gate.socket, volume)).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.volumes'),
    })
    for (const command of ['inspect', 'rm'])
      expect(await docker(gate, ['volume', command, volume])).toMatchObject({ code: 1 })
    expect(await operator('rm', '-v', name)).toMatchObject({ code: 0 })
  })

  test('goes with --rm, and is not made anew under its name', async () => {
    await using gate = await start()
    const { name, volume } = await leave(gate.socket)
    await docker(gate, ['rm', '-v', name])
    await expect.poll(() => docker(gate, ['volume', 'ls', '-q'])).toMatchObject({ stdout: '' })
    await docker(gate, ['run', '--rm', '-v', '/data', 'busybox', 'true'])
    await expect.poll(() => docker(gate, ['volume', 'ls', '-q'])).toMatchObject({ stdout: '' })
    expect(await operator('volume', 'inspect', volume)).toMatchObject({ code: 1 })
  })

  test('counts to no limit, and is pruned', async () => {
    await using gate = await start()
    const left = [await leave(gate.socket), await leave(gate.socket)]
    expect(await docker(gate, ['volume', 'create', freshName('one')])).toMatchObject({ code: 0 })
    await docker(gate, ['rm', ...left.map(({ name }) => name)])
    const { stdout } = await docker(gate, ['volume', 'prune', '-f'])
    for (const { volume } of left) expect(stdout).toContain(volume)
  })

  test('is the worker’s after a restart', async () => {
    await using first = await start()
    const { name, volume } = await leave(first.socket)
    await first.stop()
    await using second = await start(first.directory)
    expect(await read(second.socket, volume)).toMatchObject({ stdout: 'mine\n' })
    await docker(second, ['rm', '-v', name])
  })

  test('is not what the operator made under its name while the gate was down', async ({ skip }) => {
    // Others do not mark what they name themselves.
    if (kindOf(engine) === 'old' || engine === 'podman') skip()
    await using first = await start()
    const { name, volume } = await leave(first.socket)
    await first.stop()
    expect(await operator('rm', '-v', `ai-worker.${name}`)).toMatchObject({ code: 0 })
    await operator('volume', 'create', volume)
    await using second = await start(first.directory)
    expect(await read(second.socket, volume)).toMatchObject({
      stderr: expect.stringContaining('run.volumes'),
    })
    expect(await operator('volume', 'rm', volume)).toMatchObject({ code: 0 })
  })

  test.skipIf(engine === 'podman')('is taken over where compose makes a container anew', async () => {
    await using gate = await start()
    const name = freshName('project')
    const directory = join(workDirectory(gate.directory), name)
    await mkdir(directory)
    const compose = async (label: string, ...args: readonly string[]): Promise<CommandResult> => {
      const db = {
        image: 'busybox',
        command: 'sh -c "cat /data/who; echo $$HOSTNAME >>/data/who; exec sleep 1000"',
        volumes: ['/data'],
        labels: { label },
        stop_grace_period: '0s',
      }
      await writeFile(join(directory, 'compose.yaml'), stringify({ name, services: { db } }))
      return docker(gate, ['compose', '--ansi', 'never', ...args], { cwd: directory, timeout: 60_000 })
    }
    expect(await compose('one', 'up', '-d')).toMatchObject({ code: 0 })
    const again = await compose('two', 'up', '-d')
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('Recreated') })
    await expect
      .poll(() => docker(gate, ['logs', `${name}-db-1`]))
      .toMatchObject({
        stdout: expect.stringMatching(/^[0-9a-f]{12}\n$/),
      })
    expect(await compose('two', 'down', '-v')).toMatchObject({ code: 0 })
  })
})
