import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { classicBuild } from '../support/build.ts'
import { docker } from '../support/docker.ts'
import type { CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'

describe.each(onEngines('new', 'old'))('a build on the %s engine', (engine) => {
  const shared = gateForAll(engine, {
    allow: [...everything, 'build'],
    run: { images: ['busybox', `${setting('REGISTRY')}/team/*`] },
  })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  const newName = (): string => `${setting('REGISTRY')}/team/${freshName('built')}:1`

  const build = (dockerfile: string, ...flags: readonly string[]): Promise<CommandResult> =>
    classicBuild(shared.gate, dockerfile, ...flags)

  const isThere = async (image: string): Promise<boolean> =>
    (await engineDocker(engine, ['image', 'inspect', image])).code === 0

  test('makes an image that the worker runs and removes', async () => {
    const name = newName()
    const dockerfile = 'FROM busybox\nCOPY given /given\nRUN cat /given > /copied\nCMD ["cat", "/copied"]\n'
    expect(await build(dockerfile, '-t', name)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Successfully tagged ${name}`),
    })
    expect(await worker('run', '--rm', name)).toMatchObject({ code: 0, stdout: 'from the context\n' })
    expect(await worker('rmi', name)).toMatchObject({ code: 0 })
    expect(await isThere(name)).toBe(false)
  })

  test('of several stages copies from one to the next', async () => {
    const name = newName()
    const dockerfile = 'FROM busybox AS first\nCOPY given /a\nFROM busybox\nCOPY --from=first /a /b\n'
    expect(await build(dockerfile, '-t', name)).toMatchObject({ code: 0 })
    expect(await worker('run', '--rm', name, 'cat', '/b')).toMatchObject({ stdout: 'from the context\n' })
    expect(await worker('rmi', name)).toMatchObject({ code: 0 })
  })

  test('tells of a command in it that fails', async () => {
    const name = newName()
    const result = await build('FROM busybox\nRUN echo said; exit 3\n', '-t', name)
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('non-zero code: 3') })
    expect(result.stdout).toContain('said')
    expect(await isThere(name)).toBe(false)
  })

  test.each([
    ['from an image that the policy does not name', 'FROM alpine:3\n', 'run.images'],
    ['that copies from such an image', 'FROM busybox\nCOPY --from=alpine:3 /etc /x\n', 'run.images'],
    ['that adds an address', 'FROM busybox\nADD http://example.com/file /file\n', 'build.add'],
  ])('%s is refused', async (_what, dockerfile, rule) => {
    const name = newName()
    expect(await build(dockerfile, '-t', name)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(rule),
    })
    expect(await isThere(name)).toBe(false)
  })

  test('under the name of an image of the operator is refused, and that image keeps its name', async () => {
    const theirs = newName()
    expect(await engineDocker(engine, ['tag', 'busybox', theirs])).toMatchObject({ code: 0 })
    const id = (): Promise<CommandResult> =>
      engineDocker(engine, ['image', 'inspect', '-f', '{{.Id}}', theirs])
    const before = await id()
    expect(before).toMatchObject({ code: 0 })
    await expect
      .poll(() => build('FROM busybox\nRUN touch /mine\n', '-t', theirs))
      .toMatchObject({ code: 1, stderr: expect.stringContaining('image.name') })
    expect(await id()).toEqual(before)
    await engineDocker(engine, ['rmi', theirs])
  })

  test('under a name that the policy does not name is refused', async () => {
    expect(await build('FROM busybox\n', '-t', 'elsewhere/image:1')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run.images'),
    })
  })

  test('on the host’s network is refused', async () => {
    const name = newName()
    expect(await build('FROM busybox\nRUN true\n', '--network', 'host', '-t', name)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('host'),
    })
    expect(await isThere(name)).toBe(false)
  })

  test('by BuildKit is done, or refused with the command that works', async () => {
    const context = await mkdtemp(join(tmpdir(), 'dockgate-context-'))
    await writeFile(join(context, 'Dockerfile'), 'FROM busybox\n')
    const env = { DOCKER_BUILDKIT: '1' }
    const { code, stderr } = await docker(shared.gate, ['build', context], { env })
    if (engine === 'new') expect({ code, stderr }).toMatchObject({ code: 0 })
    else {
      expect(code).not.toBe(0)
      expect(stderr).toContain('DOCKER_BUILDKIT=0 docker build')
    }
    await rm(context, { recursive: true })
  })
})
