import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { recordOf } from '../support/audit.ts'
import { docker } from '../support/docker.ts'
import type { CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'
import { workDirectory } from '../support/policy.ts'

describe.each(onEngines('new', 'old'))('compose on the %s engine', (engine) => {
  // Nothing but the one word: all that compose does must come with it. Programs in containers are another right.
  const shared = gateForAll(engine, { allow: ['compose'], exec: { own: '*' } })

  /** A project in a folder of its own; `run` is `docker compose` in it. */
  async function project(services: object, more: object = {}) {
    const name = freshName('project')
    const directory = join(workDirectory(shared.gate.directory), name)
    await mkdir(directory)
    const write = (changed: object): Promise<void> =>
      writeFile(join(directory, 'compose.yaml'), stringify({ name, services: changed, ...more }))
    await write(services)
    const run = (...args: readonly string[]): Promise<CommandResult> =>
      docker(shared.gate, ['compose', '--ansi', 'never', ...args], {
        cwd: directory,
        timeout: 60_000,
        env: { DOCKER_BUILDKIT: '0' },
      })
    return { name, directory, write, run }
  }

  /** Characters of what the record holds of each container that is made. */
  async function sizes(): Promise<readonly number[]> {
    const made = await recordOf(shared.gate, '--operation', 'container.create', '--decision', 'allow')
    return made.map(({ detail }) => String(detail).length)
  }

  /** Everything on the engine with the project's label. */
  async function left(name: string): Promise<string> {
    const filter = ['--filter', `label=com.docker.compose.project=${name}`, '-q']
    const lists = [
      ['ps', '-a'],
      ['network', 'ls'],
      ['volume', 'ls'],
    ]
    const results = await Promise.all(lists.map((args) => engineDocker(engine, [...args, ...filter])))
    return results.map(({ stdout }) => stdout).join('')
  }

  test('brings up services that wait for each other, changes one, runs a command, and leaves nothing', async () => {
    const services = {
      store: {
        image: 'busybox',
        command: 'sh -c "echo data > /data/file; exec sleep 1000"',
        volumes: ['data:/data'],
        networks: ['inner'],
        healthcheck: { test: ['CMD', 'test', '-e', '/data/file'], interval: '1s', retries: 20 },
        stop_grace_period: '0s',
      },
      reader: {
        image: 'busybox',
        command: 'sh -c "cat /data/file; ping -c 1 store >/dev/null && echo reached; exec sleep 1000"',
        volumes: ['data:/data:ro'],
        networks: ['inner'],
        depends_on: { store: { condition: 'service_healthy' } },
        stop_grace_period: '0s',
      },
    }
    const { name, run, write } = await project(services, { volumes: { data: {} }, networks: { inner: {} } })
    expect(await run('up', '-d')).toMatchObject({ code: 0, stderr: expect.stringContaining('Healthy') })
    await expect
      .poll(() => run('logs', '--no-log-prefix', 'reader'))
      .toMatchObject({ code: 0, stdout: expect.stringMatching(/data\n.*reached\n$/) })
    const running = await run('ps', '--services')
    expect(running.stdout.split('\n').filter(Boolean).toSorted()).toEqual(['reader', 'store'])
    expect(await run('exec', '-T', 'reader', 'cat', '/data/file')).toMatchObject({ stdout: 'data\n' })

    const before = await run('ps', '-q', 'store')
    await write({ ...services, reader: { ...services.reader, environment: { CHANGED: 'yes' } } })
    expect(await run('up', '-d')).toMatchObject({ code: 0, stderr: expect.stringContaining('Recreated') })
    expect(await run('exec', '-T', 'reader', 'sh', '-c', 'echo $CHANGED')).toMatchObject({ stdout: 'yes\n' })
    expect(await run('ps', '-q', 'store')).toEqual(before)

    expect(await run('run', '--rm', '-T', 'reader', 'echo', 'once')).toMatchObject({
      code: 0,
      stdout: 'once\n',
    })
    expect(await run('restart', 'reader')).toMatchObject({ code: 0 })
    expect(await left(name)).not.toBe('')
    expect(await run('down', '-v')).toMatchObject({ code: 0 })
    expect(await left(name)).toBe('')
  })

  test('puts configs with content into their containers', async () => {
    const { name, run } = await project(
      {
        app: {
          image: 'busybox',
          command: 'cat /etc/app.conf',
          configs: [{ source: 'app', target: '/etc/app.conf' }],
        },
      },
      { configs: { app: { content: 'from the project\n' } } },
    )
    const result = await run('up', '--no-log-prefix')
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('from the project\n') })
    expect(await run('down')).toMatchObject({ code: 0 })
    expect(await left(name)).toBe('')
  })

  test('builds a service’s image by the classic builder and runs it', async () => {
    const image = `${setting('REGISTRY')}/team/${freshName('composed')}:1`
    const { name, directory, run } = await project({ app: { image, build: '.' } })
    await writeFile(join(directory, 'Dockerfile'), 'FROM busybox\nCMD ["echo", "built here"]\n')
    expect(await run('build')).toMatchObject({ code: 0 })
    expect(await run('up', '--no-log-prefix')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('built here'),
    })
    expect(await run('down')).toMatchObject({ code: 0 })
    expect(await left(name)).toBe('')
    await engineDocker(engine, ['rmi', image])
  })

  test('is refused a service that the policy does not allow, with the rule', async () => {
    const { name, run } = await project({ app: { image: 'busybox', privileged: true } })
    const result = await run('up', '-d')
    expect(result.code).not.toBe(0)
    expect(result.stderr).toContain('Privileged')
    await run('down')
    expect(await left(name)).toBe('')
  })

  test('makes containers with much environment, labels and configuration, as far as the record has room', async () => {
    const texts = (count: number, length: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_value, index) => [`NAME_${index}`, 'x'.repeat(length)]),
      )
    const large = {
      image: 'busybox',
      command: ['sh', '-c', `: ${'y'.repeat(8_000)}`],
      environment: texts(300, 200),
      labels: texts(100, 240),
      configs: ['settings'],
    }
    const configs = { settings: { content: 'z'.repeat(100_000) } }
    const { name, write, run } = await project({ large }, { configs })
    expect(await run('up', '-d')).toMatchObject({ code: 0 })
    await write({ large: { ...large, command: ['sh', '-c', `: ${'y'.repeat(70_000)}`] } })
    expect(await run('up', '-d')).toMatchObject({ code: 1, stderr: expect.stringContaining('request.size') })
    expect(await run('down')).toMatchObject({ code: 0 })
    expect(await left(name)).toBe('')
    expect(Math.max(...(await sizes()))).toBeLessThan(64 * 1024)
  })
})
