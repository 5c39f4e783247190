import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { docker, oldDocker } from '../support/docker.ts'
import { freshName } from '../support/everything.ts'
import { request } from '../support/http.ts'
import { imagesFor, newName } from '../support/images.ts'
import { setting } from '../support/settings.ts'
import { kindOf, onEngines } from '../support/engine.ts'

describe.each(onEngines('new', 'old', '28'))('on the %s engine', (engine) => {
  const { shared, paths, worker, operator, covered, secret, idOf, own } = imagesFor(engine)

  describe('save and load', () => {
    test.each([
      ['26', docker],
      ['20.10', oldDocker],
    ] as const)('bring an image out and in again, by the CLI of %s', async (_version, cli) => {
      const name = await own()
      const [file, packed] = [
        join(paths.directory, freshName('saved')),
        join(paths.directory, freshName('packed')),
      ]
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
      const file = join(paths.directory, freshName('saved'))
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
        const file = join(paths.directory, freshName('saved'))
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
      const folder = join(paths.directory, freshName('forged'))
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
      [
        'no manifest',
        async (folder) => {
          for (const name of ['manifest.json', 'index.json']) await rm(join(folder, name), { force: true })
        },
        'load.archive',
      ],
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

    test('that fails at its second image leaves the first to the worker', async () => {
      const name = newName()
      const archive = await forged(async (folder, manifest) => {
        const [made] = manifest
        const config = JSON.parse(await readFile(join(folder, made?.Config ?? ''), 'utf8'))
        await writeFile(join(folder, 'bad.json'), JSON.stringify({ ...config, os: 'windows' }))
        const first = manifest.map((item) => ({ ...item, RepoTags: [name] }))
        const second = first.map((item) => ({ ...item, Config: 'bad.json', RepoTags: [newName()] }))
        await writeFile(join(folder, 'manifest.json'), JSON.stringify([...first, ...second]))
      })
      const loaded = await worker('load', '-i', archive)
      // containerd's store reads the index, which is as it was saved.
      if (kindOf(engine) === 'new') {
        const [, saved = ''] = /^Loaded image: (\S+)$/m.exec(loaded.stdout) ?? []
        expect(await worker('rmi', saved)).toMatchObject({ code: 0 })
        return
      }
      expect({ ...loaded, said: loaded.stdout + loaded.stderr }).toMatchObject({
        said: expect.stringMatching(/Loaded image: mine[^]*(?:windows|operating system)/),
      })
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
    })

    test.each(attacks)('of an archive with %s is refused, and no name moves', async (_what, change, rule) => {
      const before = [await idOf(covered), await idOf('busybox'), await idOf(secret)]
      const file = await forged(change)
      const packed = `${file}.gz`
      await writeFile(packed, gzipSync(await readFile(file)))
      for (const archive of [file, packed]) {
        expect(await worker('load', '-i', archive)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining(rule),
        })
      }
      expect([await idOf(covered), await idOf('busybox'), await idOf(secret)]).toEqual(before)
    })

    test('of an archive in another compression is refused', async () => {
      const archive = join(paths.directory, freshName('bzip2'))
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
})

interface Manifest {
  readonly Config: string
}
