import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { docker, oldDocker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { setting } from '../support/settings.ts'

const tool = `${setting('REGISTRY')}/team/tool:1`

describe.each(onEngines('new', 'old'))('images on the %s engine', (engine) => {
  const shared = gateForAll(engine, {
    run: { images: ['busybox', `${setting('REGISTRY')}/team/*`, 'docker.io/mine/*'] },
  })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)

  /** The engine's own command, after which the gate has heard of it. */
  async function operator(...args: readonly string[]): Promise<void> {
    expect(await engineDocker(engine, args)).toMatchObject({ code: 0 })
  }

  test('are listed if the policy names them, under those names alone', async () => {
    const theirs = `theirs/${freshName('image')}:1`
    await operator('tag', 'busybox', theirs)
    const listed = await worker('images', '--format', '{{.Repository}}:{{.Tag}}')
    expect(listed.stdout.split('\n')).toContain('busybox:latest')
    expect(listed.stdout).not.toContain('theirs/')
    expect(await worker('image', 'inspect', theirs)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No such image'),
    })
    const names = await worker('image', 'inspect', '-f', '{{json .RepoTags}}', 'busybox')
    expect(names.stdout).toContain('busybox:latest')
    expect(names.stdout).not.toContain('theirs/')
    await operator('rmi', theirs)
  })

  test('tell their history', async () => {
    expect(await worker('history', 'busybox')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Imported'),
    })
    expect(await worker('inspect', '-f', '{{.Os}}', 'busybox')).toMatchObject({ code: 0, stdout: 'linux\n' })
  })

  test('of other names are not run, pulled or inspected', async () => {
    expect(await worker('run', '--rm', 'alpine:3', 'true')).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('run.images'),
    })
    expect(await worker('pull', 'alpine:3')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('run.images'),
    })
    expect(await worker('pull', '--all-tags', 'alpine')).toMatchObject({ code: 1 })
  })

  test('of the operator are not removed, by name or by id', async () => {
    const id = (await worker('image', 'inspect', '-f', '{{.Id}}', 'busybox')).stdout.trim()
    for (const reference of ['busybox', id]) {
      expect(await worker('rmi', reference)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('rmi.own'),
      })
      expect(await worker('rmi', '-f', reference)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('rmi.own'),
      })
    }
    expect(await engineDocker(engine, ['image', 'inspect', 'busybox'])).toMatchObject({ code: 0 })
  })

  describe('that are pulled', () => {
    beforeEach(async () => {
      // The engine has it under this name, from which the registry got it; busybox is the same image by another.
      await engineDocker(engine, ['rmi', '-f', tool])
    })

    test.each([
      ['26', docker],
      ['20.10', oldDocker],
    ] as const)('come with their progress by the CLI of %s, and run', async (_version, cli) => {
      const pulled = await cli(shared.gate, ['pull', tool])
      expect(pulled).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('Status: Downloaded newer image'),
      })
      expect(await cli(shared.gate, ['run', '--rm', tool, 'echo', 'pulled'])).toMatchObject({
        stdout: 'pulled\n',
      })
    })

    test('come by a run that needs them', async () => {
      const result = await worker('run', '--rm', tool, 'echo', 'pulled')
      expect(result).toMatchObject({
        code: 0,
        stdout: 'pulled\n',
        stderr: expect.stringContaining('Unable to find image'),
      })
    })

    test('that are not in the registry tell so', async () => {
      const missing = `${setting('REGISTRY')}/team/missing:1`
      expect(await worker('pull', missing)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/not found|manifest unknown/),
      })
    })

    test('are the worker’s to remove, by name or by id', async () => {
      for (const format of ['{{index .RepoTags 0}}', '{{.Id}}']) {
        const fresh = await pushFresh(engine)
        expect(await worker('pull', fresh)).toMatchObject({ code: 0 })
        const reference = (await worker('image', 'inspect', '-f', format, fresh)).stdout.trim()
        expect(await worker('rmi', reference)).toMatchObject({
          code: 0,
          stdout: expect.stringContaining('Untagged'),
        })
        expect(await engineDocker(engine, ['image', 'inspect', fresh])).toMatchObject({ code: 1 })
      }
    })

    test('are not the worker’s where the engine had them already', async () => {
      const fresh = await pushFresh(engine)
      await operator('pull', fresh)
      expect(await worker('pull', fresh)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('up to date'),
      })
      expect(await worker('rmi', fresh)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('rmi.own'),
      })
    })

    test('lose the worker’s name alone, once the operator has given them another', async () => {
      const fresh = await pushFresh(engine)
      const kept = `kept/${freshName('image')}:1`
      await worker('pull', fresh)
      await operator('tag', fresh, kept)
      // The gate hears of it by an event.
      await sleep(500)
      const id = (await worker('image', 'inspect', '-f', '{{.Id}}', fresh)).stdout.trim()
      expect(await worker('rmi', '-f', id)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('rmi.own'),
      })
      expect(await worker('rmi', fresh)).toMatchObject({ code: 0 })
      expect(await engineDocker(engine, ['image', 'inspect', kept])).toMatchObject({ code: 0 })
      await operator('rmi', kept)
    })
  })
})

/** Puts an image into the registry that no engine has; gives its name. */
async function pushFresh(engine: 'new' | 'old'): Promise<string> {
  const name = `${setting('REGISTRY')}/team/${freshName('fresh')}:1`
  // An empty archive; the label makes it an image of its own.
  const made = await engineDocker(engine, ['import', '--change', `LABEL name=${name}`, '-', name], {
    input: Buffer.alloc(1024),
  })
  expect(made).toMatchObject({ code: 0 })
  expect(await engineDocker(engine, ['push', name])).toMatchObject({ code: 0 })
  expect(await engineDocker(engine, ['rmi', name])).toMatchObject({ code: 0 })
  return name
}
