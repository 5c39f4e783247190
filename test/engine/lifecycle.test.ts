import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker, oldDocker } from '../support/docker.ts'
import { engineDocker, kindOf, onEngines, VERSIONS } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'

const stays = ['busybox', 'sh', '-c', "trap 'exit 0' TERM; echo up; while true; do sleep 0.1; done"]

describe.each(onEngines('new', 'old'))('a container on the %s engine', (engine) => {
  const shared = gateForAll(engine)
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  const name = freshName('stays')
  let id = ''

  /** What the engine says of its state. */
  const state = async (): Promise<string> =>
    (await engineDocker(engine, ['inspect', '-f', '{{.State.Status}}', id])).stdout.trim()

  beforeAll(async () => {
    id = (await worker('run', '-d', '--name', name, '--label', 'kind=test', ...stays)).stdout.trim()
  })
  afterAll(() => engineDocker(engine, ['rm', '-f', id]))

  test('is stopped, started, restarted, paused, unpaused and killed', async () => {
    const steps: readonly (readonly [readonly string[], string])[] = [
      [['stop', '-t', '5'], 'exited'],
      [['start'], 'running'],
      [['restart', '-t', '5'], 'running'],
      [['pause'], 'paused'],
      [['unpause'], 'running'],
      [['kill'], 'exited'],
      [['start'], 'running'],
    ]
    for (const [command, becomes] of steps) {
      expect(await worker(...command, name)).toEqual({ code: 0, stdout: `${name}\n`, stderr: '' })
      expect([command, await state()]).toEqual([command, becomes])
    }
  })

  test('goes by its name, its id and the start of its id', async () => {
    for (const reference of [name, id, id.slice(0, 12), id.slice(0, 4)]) {
      expect(await worker('inspect', '-f', '{{.Id}}', reference)).toMatchObject({ stdout: `${id}\n` })
    }
  })

  test('is renamed, and goes by its new name at once', async () => {
    const other = freshName('renamed')
    expect(await worker('rename', name, other)).toMatchObject({ code: 0 })
    expect(await worker('inspect', '-f', '{{.Name}}', other)).toMatchObject({ stdout: `/${other}\n` })
    expect(await worker('inspect', name)).toMatchObject({ code: 1 })
    expect(await worker('rename', other, name)).toMatchObject({ code: 0 })
  })

  test('cannot have a name that is taken, and whose it is is not told', async () => {
    const theirs = freshName('theirs')
    const taken = await engineDocker(engine, ['create', '--name', theirs, 'busybox'])
    const result = await worker('create', '--name', theirs, 'busybox')
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/in use/) })
    expect(result.stderr).not.toContain(taken.stdout.trim())
    expect(result.stderr).not.toContain(taken.stdout.slice(0, 12))
    await engineDocker(engine, ['rm', theirs])
  })

  test('tells its processes and its use of the machine', async () => {
    expect(await worker('top', name)).toMatchObject({ code: 0, stdout: expect.stringMatching(/PID[^]*trap/) })
    expect(await worker('top', name, '-o', 'pid,comm')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('COMMAND'),
    })
    const one = await worker('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', name)
    expect(one).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^${name} .* / 256MiB\n$`)),
    })
  })

  test('is found by the filters of ps', async () => {
    const filters = [`name=${name}`, 'label=kind=test', 'status=running', `id=${id}`, 'ancestor=busybox']
    for (const filter of filters) {
      const listed = await worker('ps', '--no-trunc', '--filter', filter, '--format', '{{.ID}}')
      expect([filter, listed.stdout.split('\n')]).toEqual([filter, expect.arrayContaining([id])])
    }
    expect(await worker('ps', '-aq', '--filter', 'label=kind=other')).toMatchObject({ code: 0, stdout: '' })
    expect(await worker('ps', '-q', '--filter', 'status=exited', '--filter', `name=${name}`)).toMatchObject({
      stdout: '',
    })
    const last = await worker('ps', '-n', '1', '-s', '--format', '{{.Size}}')
    expect(last).toMatchObject({ code: 0, stdout: expect.stringContaining('virtual') })
  })

  test('is waited for, more than once', async () => {
    const short = freshName('short')
    await worker('run', '-d', '--name', short, 'busybox', 'sh', '-c', 'sleep 0.5; exit 6')
    expect(await worker('wait', short, short)).toMatchObject({ stdout: '6\n6\n' })
    await worker('rm', short)
  })

  test('is not removed while it runs, but by force', async () => {
    const short = freshName('force')
    await worker('run', '-d', '--name', short, ...stays)
    expect(await worker('rm', short)).toMatchObject({ code: 1, stderr: expect.stringContaining('running') })
    expect(await worker('rm', '-f', short)).toMatchObject({ code: 0 })
    expect(await worker('ps', '-aq', '--filter', `name=${short}`)).toMatchObject({ stdout: '' })
  })

  test('is handled by the CLI of 20.10 as well', async () => {
    for (const command of [
      ['stop', '-t', '5'],
      ['start'],
      ['restart', '-t', '5'],
      ['pause'],
      ['unpause'],
      ['kill'],
      ['start'],
    ]) {
      expect(await oldDocker(shared.gate, [...command, name])).toMatchObject({ code: 0, stdout: `${name}\n` })
    }
    expect(await oldDocker(shared.gate, ['ps', '-q', '--no-trunc'])).toMatchObject({
      stdout: expect.stringContaining(id),
    })
    expect(await oldDocker(shared.gate, ['inspect', '-f', '{{.Id}}', name])).toMatchObject({
      stdout: `${id}\n`,
    })
    expect(await oldDocker(shared.gate, ['stats', '--no-stream', name])).toMatchObject({ code: 0 })
  })

  test('shows in info, version, system df and events', async () => {
    expect(await worker('info', '-f', '{{.Containers}}')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d*\n$/),
    })
    expect(await worker('version', '-f', '{{.Server.Version}}')).toMatchObject({
      stdout: expect.stringMatching(VERSIONS[kindOf(engine)]),
    })
    expect(await worker('system', 'df')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Containers'),
    })
    const now = String(Math.floor(Date.now() / 1000) + 1)
    const events = await worker('events', '--since', '10m', '--until', now, '--filter', `container=${name}`)
    expect(events).toMatchObject({ code: 0, stdout: expect.stringContaining('container start') })
  })
})
