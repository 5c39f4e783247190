import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker, oldDocker } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { request } from '../support/http.ts'
import { setting } from '../support/settings.ts'

const allow =
  'run, create, start, rm, ps, logs, images, image inspect, rmi, build, pull, tag, commit, push, save, load, import, search'

describe.each(['new', 'old'] as const)('on the %s engine', (engine) => {
  const shared = gateForAll(engine, {
    allow: allow.split(', '),
    run: { images: ['busybox', `${setting('REGISTRY')}/team/*`, 'docker.io/mine/*'] },
  })
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  let directory = ''
  /** A name of the operator's that the policy covers, and one that it does not. */
  const [covered, secret] = [`mine/${freshName('theirs')}:1`, `operator/${freshName('secret')}:1`]
  const container = freshName('theirs')

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dockgate-transfer-'))
    await operator('tag', 'busybox', covered)
    await operator('import', '--change', 'LABEL secret=1', join(directory, await emptyTar()), secret)
    await operator('run', '-d', '--name', container, 'busybox', 'sleep', '1000')
    // The gate hears of names by events.
    await sleep(500)
  })
  afterAll(async () => {
    await engineDocker(engine, ['rm', '-f', container])
    await engineDocker(engine, ['rmi', covered, secret])
    await rm(directory, { recursive: true, force: true })
  })

  async function operator(...args: readonly string[]): Promise<void> {
    expect(await engineDocker(engine, args)).toMatchObject({ code: 0 })
  }

  async function emptyTar(): Promise<string> {
    await writeFile(join(directory, 'empty.tar'), Buffer.alloc(1024))
    return 'empty.tar'
  }

  /** The id of an image, empty where there is none. */
  async function idOf(name: string): Promise<string> {
    return (await engineDocker(engine, ['image', 'inspect', '-f', '{{.Id}}', name])).stdout.trim()
  }

  const newName = (): string => `mine/${freshName('image')}:1`

  /** A committed image of the worker's, whose content is no other image's. */
  async function own(name = newName()): Promise<string> {
    const made = freshName('made')
    await worker('run', '--name', made, 'busybox', 'sh', '-c', `echo ${made} > /made`)
    expect(await worker('commit', made, name)).toMatchObject({ code: 0 })
    await worker('rm', made)
    return name
  }

  describe('tag', () => {
    test.each([
      ['26', docker],
      ['20.10', oldDocker],
    ] as const)('gives, moves and takes away a name of the worker’s, by the CLI of %s', async (_v, cli) => {
      const name = newName()
      const first = await own()
      expect(await cli(shared.gate, ['tag', 'busybox', name])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe(await idOf('busybox'))
      expect(await cli(shared.gate, ['tag', first, name])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe(await idOf(first))
      expect(await cli(shared.gate, ['tag', 'busybox', name])).toMatchObject({ code: 0 })
      expect(await cli(shared.gate, ['rmi', name, first])).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
      expect(await idOf('busybox')).not.toBe('')
    })

    test('moves no name of the operator’s', async () => {
      const mine = await own()
      const before = [await idOf(covered), await idOf('busybox')]
      for (const target of [covered, 'busybox', 'busybox:latest', 'docker.io/library/busybox']) {
        expect(await worker('tag', mine, target)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('image.name'),
        })
      }
      expect(await worker('tag', mine, secret)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.images'),
      })
      expect([await idOf(covered), await idOf('busybox')]).toEqual(before)
      await worker('rmi', mine)
    })

    test('no longer moves a name that the operator has moved since', async () => {
      const name = newName()
      expect(await worker('tag', 'busybox', name)).toMatchObject({ code: 0 })
      await operator('tag', secret, name)
      const mine = await own()
      await expect
        .poll(() => worker('tag', mine, name))
        .toMatchObject({ code: 1, stderr: expect.stringContaining('image.name') })
      expect(await idOf(name)).toBe(await idOf(secret))
      await operator('rmi', name)
      await worker('rmi', mine)
    })

    test('does not find what is out of reach', async () => {
      for (const source of [secret, await idOf(secret)]) {
        expect(await worker('tag', source, newName())).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('No such image'),
        })
      }
    })
  })

  describe('commit', () => {
    test('makes an image of an own container, without the container’s labels of the gate', async () => {
      const [made, name] = [freshName('made'), newName()]
      await worker('run', '--name', made, '-e', 'A=1', 'busybox', 'sh', '-c', 'echo mine > /mine')
      const changes = ['--change', 'CMD ["cat", "/mine"]', '--change', 'LABEL a=b', '-m', 'note', '-a', 'me']
      const committed = await worker('commit', ...changes, made, name)
      expect(committed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sha256:/) })
      expect(await worker('run', '--rm', name)).toMatchObject({ code: 0, stdout: 'mine\n' })
      const labels = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', name])
      const claim = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', made])
      expect(JSON.parse(labels.stdout)).toMatchObject({ a: 'b', 'dockgate.worker': 'ai-worker' })
      expect(JSON.parse(labels.stdout)['dockgate.claim']).not.toBe(JSON.parse(claim.stdout)['dockgate.claim'])
      expect(JSON.parse(labels.stdout)['dockgate.claim']).toBe('')
      await worker('rm', made)
      expect(await worker('rmi', committed.stdout.trim())).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
    })

    test('of an image without a name is the worker’s by id', async () => {
      const made = freshName('made')
      await worker('create', '--name', made, 'busybox')
      const id = (await worker('commit', made)).stdout.trim()
      expect(await worker('rmi', id)).toMatchObject({ code: 0 })
      await worker('rm', made)
    })

    test('of a container of the operator is refused, and leaves nothing', async () => {
      const name = newName()
      expect(await worker('commit', container, name)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('No such container'),
      })
      expect(await idOf(name)).toBe('')
    })

    test.each([
      ['a name of the operator’s', [], () => covered, 'image.name'],
      ['a label of the gate', ['--change', 'LABEL dockgate.claim=1'], newName, 'run.labels'],
      ['a trigger', ['--change', 'ONBUILD COPY --from=operator/secret / /'], newName, 'ONBUILD'],
      ['a second line', ['--change', 'CMD a\nONBUILD RUN b'], newName, 'control character'],
      ['a joined line', ['--change', 'CMD a \\', '--change', 'LABEL a=b'], newName, 'two ways'],
    ])('with %s is refused', async (_what, flags, target, why) => {
      const made = freshName('made')
      await worker('create', '--name', made, 'busybox')
      const name = target()
      const before = await idOf(name)
      expect(await worker('commit', ...flags, made, name)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(why),
      })
      expect(await idOf(name)).toBe(before)
      await worker('rm', made)
    })
  })

  describe('import', () => {
    test('makes an image of files that the client has', async () => {
      const name = newName()
      const files = join(directory, await emptyTar())
      const made = await worker('import', '--change', 'ENV A=1', '-m', 'note', files, name)
      expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('sha256:') })
      const labels = await engineDocker(engine, ['inspect', '-f', '{{json .Config.Labels}}', name])
      expect(JSON.parse(labels.stdout)).toMatchObject({ 'dockgate.worker': 'ai-worker' })
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe('')
    })

    test('without a name is the worker’s by id', async () => {
      const made = await worker('import', join(directory, await emptyTar()))
      expect(await worker('rmi', made.stdout.trim())).toMatchObject({ code: 0 })
    })

    test.each([
      ['from an address', () => ['http://127.0.0.1:1/rootfs.tar', newName()], 'fetch'],
      ['under a name of the operator’s', () => ['-', covered], 'image.name'],
      ['under a name out of reach', () => ['-', secret], 'run.images'],
      ['with a label of the gate', () => ['-c', 'LABEL dockgate.claim=x', '-', newName()], 'run.labels'],
    ])('%s is refused', async (_what, args, why) => {
      const before = [await idOf(covered), await idOf(secret)]
      expect(await docker(shared.gate, ['import', ...args()], { input: Buffer.alloc(1024) })).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(why),
      })
      expect([await idOf(covered), await idOf(secret)]).toEqual(before)
    })
  })

  describe('save and load', () => {
    test.each([
      ['26', docker],
      ['20.10', oldDocker],
    ] as const)('bring an image out and in again, by the CLI of %s', async (_version, cli) => {
      const name = await own()
      const [file, packed] = [join(directory, freshName('saved')), join(directory, freshName('packed'))]
      expect(await cli(shared.gate, ['save', '-o', file, name])).toMatchObject({ code: 0 })
      await writeFile(packed, gzipSync(await readFile(file)))
      for (const archive of [file, packed]) {
        expect(await cli(shared.gate, ['rmi', name])).toMatchObject({ code: 0 })
        expect(await cli(shared.gate, ['load', '-i', archive])).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(`Loaded image: ${name}`),
        })
      }
      expect(await cli(shared.gate, ['run', '--rm', name, 'cat', '/made'])).toMatchObject({ code: 0 })
      expect(await cli(shared.gate, ['rmi', name])).toMatchObject({ code: 0 })
    })

    test('by id have no names, and make the image the worker’s by id', async () => {
      const name = await own()
      const id = await idOf(name)
      const file = join(directory, freshName('saved'))
      expect(await worker('save', '-o', file, id)).toMatchObject({ code: 0 })
      await worker('rmi', name)
      expect(await worker('load', '-i', file)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`Loaded image ID: ${id}`),
      })
      expect(await worker('rmi', id)).toMatchObject({ code: 0 })
    })

    test('do not bring out what is out of reach', async () => {
      for (const names of [[secret], [await idOf(secret)], ['busybox', secret]]) {
        const file = join(directory, freshName('saved'))
        expect(await worker('save', '-o', file, ...names)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('No such image'),
        })
      }
      const path = `/images/${secret}/get`
      expect(await request(shared.gate.socket, { path })).toMatchObject({ status: 404 })
    })

    /** An archive of an own image whose files were changed; gives its path. */
    async function forged(change: (folder: string, manifest: Manifest[]) => Promise<void>): Promise<string> {
      const name = await own()
      const folder = join(directory, freshName('forged'))
      await mkdir(folder)
      await worker('save', '-o', `${folder}.saved`, name)
      await worker('rmi', name)
      execFileSync('tar', ['-xf', `${folder}.saved`, '-C', folder])
      const manifest: Manifest[] = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8'))
      await change(folder, manifest)
      execFileSync('tar', ['-cf', `${folder}.tar`, '-C', folder, '.'])
      return `${folder}.tar`
    }

    const rename = (names: () => readonly string[]) => (folder: string, manifest: Manifest[]) =>
      writeFile(
        join(folder, 'manifest.json'),
        JSON.stringify(manifest.map((item) => ({ ...item, RepoTags: names() }))),
      )

    const attacks: readonly [string, Parameters<typeof forged>[0], string][] = [
      ['a name of the operator’s', rename(() => [covered]), 'image.name'],
      ['the name of an image that all use', rename(() => [newName(), 'busybox:latest']), 'image.name'],
      ['a name out of reach', rename(() => [secret]), 'run.images'],
      [
        'such a name in another spelling of the key',
        (folder, manifest) =>
          writeFile(
            join(folder, 'manifest.json'),
            JSON.stringify(manifest.map((item) => ({ ...item, RepoTags: undefined, repotags: [covered] }))),
          ),
        'load.archive',
      ],
      [
        'such a name for old engines',
        (folder) => writeFile(join(folder, 'repositories'), JSON.stringify({ busybox: { latest: 'f00' } })),
        'image.name',
      ],
      [
        'such a name in an index',
        (folder) => {
          const annotations = { 'io.containerd.image.name': 'docker.io/library/busybox:latest' }
          const index = { schemaVersion: 2, manifests: [{ digest: 'sha256:0', size: 1, annotations }] }
          return writeFile(join(folder, 'index.json'), JSON.stringify(index))
        },
        'image.name',
      ],
      [
        'a link in the place of its manifest',
        async (folder) => {
          execFileSync('mv', [join(folder, 'manifest.json'), join(folder, 'real.json')])
          execFileSync('ln', ['-s', 'real.json', join(folder, 'manifest.json')])
        },
        'load.archive',
      ],
      ['no manifest', (folder) => rm(join(folder, 'manifest.json')), 'load.archive'],
      [
        'instructions for later builds',
        async (folder, manifest) => {
          for (const { Config } of manifest) {
            const path = join(folder, Config)
            const config = JSON.parse(await readFile(path, 'utf8'))
            config.config.OnBuild = ['COPY --from=operator/secret / /']
            await writeFile(path, JSON.stringify(config))
          }
        },
        'load.archive',
      ],
    ]

    test.each(attacks)(
      'of an archive with %s is refused, and nothing comes in',
      async (_what, change, rule) => {
        const before = [await idOf(covered), await idOf('busybox'), await idOf(secret)]
        const ids = async () =>
          (await engineDocker(engine, ['images', '-aq', '--filter', 'dangling=true'])).stdout
        const file = await forged(change)
        const dangling = await ids()
        const packed = `${file}.gz`
        await writeFile(packed, gzipSync(await readFile(file)))
        for (const archive of [file, packed]) {
          expect(await worker('load', '-i', archive)).toMatchObject({
            code: 1,
            stderr: expect.stringContaining(rule),
          })
        }
        expect([await idOf(covered), await idOf('busybox'), await idOf(secret)]).toEqual(before)
        expect(await ids()).toBe(dangling)
      },
    )

    test('of an archive in another compression is refused', async () => {
      const archive = join(directory, freshName('bzip2'))
      await writeFile(archive, Buffer.concat([Buffer.from('BZh9'), Buffer.alloc(2048)]))
      expect(await worker('load', '-i', archive)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('load.archive'),
      })
    })
  })

  describe('push', () => {
    test('sends a name of the worker’s, which can be pulled and taken away again', async () => {
      const name = `${setting('REGISTRY')}/team/${freshName('pushed')}:1`
      await own(name)
      expect(await worker('push', name)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining('digest: sha256:'),
      })
      const id = await idOf(name)
      expect(await worker('rmi', id)).toMatchObject({ code: 0 })
      expect(await worker('pull', name)).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe(id)
      expect(await worker('push', '--all-tags', name.replace(/:1$/, ''))).toMatchObject({ code: 0 })
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
    })

    test('does not send what is another’s, alone or among all tags', async () => {
      const repository = `${setting('REGISTRY')}/team/${freshName('mixed')}`
      await operator('tag', secret, `${repository}:theirs`)
      await own(`${repository}:mine`)
      for (const args of [[`${repository}:theirs`], ['--all-tags', repository], [covered]]) {
        expect(await worker('push', ...args)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining('push.own'),
        })
      }
      expect(await worker('push', secret)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.images'),
      })
      await worker('rmi', `${repository}:mine`)
      await operator('rmi', `${repository}:theirs`)
    })
  })

  test('search asks no registry that the policy does not name', async () => {
    for (const term of ['registry.example/app', 'localhost:5000/app', '127.0.0.1:1/app']) {
      expect(await worker('search', term)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('run.images'),
      })
    }
    // Its own registry is asked, and has no search.
    const answer = await worker('search', `${setting('REGISTRY')}/app`)
    expect(answer.stderr).not.toContain('refused by policy')
  })
})

interface Manifest {
  readonly Config: string
}
