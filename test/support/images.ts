/** A worker who may do everything with images, and images of the operator's beside its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect } from 'vitest'
import { docker, type CommandResult } from './docker.ts'
import { engineDocker, type EngineName } from './engine.ts'
import { freshName, gateForAll } from './everything.ts'
import { setting } from './settings.ts'

const allow =
  'run, create, start, rm, ps, logs, images, image inspect, rmi, build, pull, tag, commit, push, save, load, import, search'

/** A name that no image has, and that the policy covers. */
export function newName(): string {
  return `mine/${freshName('image')}:1`
}

/** To be called in a `describe`: one gate for all of its tests. @param more commands that the worker has beside those on images */
export function imagesFor(engine: EngineName, ...more: readonly string[]) {
  const shared = gateForAll(engine, {
    allow: [...allow.split(', '), ...more],
    run: { images: ['busybox', `${setting('REGISTRY')}/team/*`, 'docker.io/mine/*'] },
  })
  const worker = (...args: readonly string[]): Promise<CommandResult> => docker(shared.gate, args)
  const operator = async (...args: readonly string[]): Promise<void> => {
    expect(await engineDocker(engine, args)).toMatchObject({ code: 0 })
  }
  /** The operator's: a name that the policy covers, one that it does not, a container. */
  const [covered, secret] = [newName(), `operator/${freshName('secret')}:1`]
  const container = freshName('theirs')
  const paths = { directory: '', emptyTar: '' }

  beforeAll(async () => {
    paths.directory = await mkdtemp(join(tmpdir(), 'dockgate-images-'))
    paths.emptyTar = join(paths.directory, 'empty.tar')
    await writeFile(paths.emptyTar, Buffer.alloc(1024))
    await operator('tag', 'busybox', covered)
    await operator('import', '--change', 'LABEL secret=1', paths.emptyTar, secret)
    await operator('run', '-d', '--name', container, 'busybox', 'sleep', '1000')
    // The gate hears of them by events.
    await sleep(500)
  })
  afterAll(async () => {
    await engineDocker(engine, ['rm', '-f', container])
    await engineDocker(engine, ['rmi', covered, secret])
    await rm(paths.directory, { recursive: true, force: true })
  })

  return {
    shared,
    paths,
    worker,
    operator,
    covered,
    secret,
    container,
    /** The id of an image, empty where there is none. */
    idOf: async (name: string): Promise<string> =>
      (await engineDocker(engine, ['image', 'inspect', '-f', '{{.Id}}', name])).stdout.trim(),
    /** A committed image of the worker's, whose content is no other image's. */
    own: async (name = newName()): Promise<string> => {
      const made = freshName('made')
      await worker('run', '--name', made, 'busybox', 'sh', '-c', `echo ${made} > /made`)
      expect(await worker('commit', made, name)).toMatchObject({ code: 0 })
      await worker('rm', made)
      return name
    },
  }
}
