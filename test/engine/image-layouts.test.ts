/** Archives that programs make, and that nobody would: what an engine has afterwards is what the gate decided on. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { listOf, objectOf, textOf, textsOf } from '../../src/shared/json-value.ts'
import { INDEX, MANIFEST } from '../../src/decode/oci.ts'
import {
  archiveOf,
  blobsOf,
  bytesOf,
  descriptorOf,
  digestOf,
  entryOf,
  indexOf,
  layoutOf,
  madeImage,
  savedOf,
  type Content,
} from '../support/archives.ts'
import type { CommandResult } from '../support/docker.ts'
import { engineDocker, engineRequest, kindOf, onEngines } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import { request } from '../support/http.ts'
import { imagesFor, newName } from '../support/images.ts'

const ENGINES = onEngines('new', 'old', '28', '26')
const fresh = (more: object = {}) => madeImage(freshName('content'), more)

const refused = (rule: string, why = '') => ({
  code: 1,
  stderr: expect.stringMatching(new RegExp(`${rule}[^]*${why}`)),
})

describe.each(ENGINES)('on the %s engine', (engine) => {
  const { paths, worker, operator } = imagesFor(engine)
  const isContainerd = kindOf(engine) === 'new'

  /** Loads an archive through the gate. */
  async function load(files: readonly (readonly [string, Content])[]): Promise<CommandResult> {
    const file = join(paths.directory, freshName('archive'))
    await writeFile(file, archiveOf(files))
    const loaded = await worker('load', '-i', file)
    await rm(file)
    return loaded
  }

  /** Every image that the engine lists, as it lists it. */
  async function listed() {
    const { status, body } = await engineRequest(engine, { path: '/images/json?all=1' })
    expect(status).toBe(200)
    return listOf(JSON.parse(body)).map(objectOf)
  }

  /** Ids of the images that the engine lists under a name. */
  const idsOf = async (name: string): Promise<readonly string[]> =>
    (await listed()).filter(({ RepoTags }) => textsOf(RepoTags).includes(name)).map(({ Id }) => textOf(Id))

  /** Loaded under these names, each of which is the worker's own, and runs. */
  async function expectLoaded(result: CommandResult, ...names: readonly string[]): Promise<void> {
    expect(result).toMatchObject({ code: 0 })
    for (const name of names) {
      expect(await idsOf(name)).toHaveLength(1)
      expect(await worker('run', '--rm', '--pull=never', name, '/made')).not.toMatchObject({
        stderr: expect.stringContaining('No such image'),
      })
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
      expect(await idsOf(name)).toEqual([])
    }
  }

  test('an archive of an older Docker is loaded with all its images', async () => {
    const [first, second, third] = [newName(), newName(), newName()]
    const images = [
      { ...fresh(), names: [first, second] },
      { ...fresh(), names: [third] },
    ]
    await expectLoaded(await load(savedOf(...images)), first, second, third)
  })

  test('an image without a name is the worker’s by id', async () => {
    const image = { ...fresh(), names: null }
    const loaded = await load(savedOf(image))
    const id = /sha256:[0-9a-f]{64}/.exec(loaded.stdout)?.[0] ?? ''
    expect(isContainerd || id === digestOf(image.config)).toBe(true)
    expect(await worker('rmi', id)).toMatchObject({ code: 0 })
    expect((await listed()).some(({ Id }) => Id === id)).toBe(false)
  })

  test('an image layout without manifest.json is loaded where an engine reads one', async () => {
    const [image, name] = [fresh(), newName()]
    const loaded = await load(layoutOf([entryOf(image.manifest, `docker.io/${name}`)], blobsOf(image)))
    if (isContainerd) await expectLoaded(loaded, name)
    else expect(loaded).toMatchObject(refused('load.archive', 'manifest.json is missing'))
  })

  test('an archive with both is loaded by either', async () => {
    const [image, name] = [fresh(), newName()]
    const layout = layoutOf([entryOf(image.manifest, `docker.io/${name}`)], blobsOf(image))
    await expectLoaded(await load([...savedOf({ ...image, names: [name] }), ...layout]), name)
  })

  test('what the engine itself saves of several images is loaded again', async () => {
    const [first, second] = [newName(), newName()]
    await operator('tag', 'busybox', first)
    await load(savedOf({ ...fresh(), names: [second] }))
    const file = join(paths.directory, freshName('saved'))
    expect(await worker('save', '-o', file, first, second, 'busybox')).toMatchObject({ code: 0 })
    expect(await worker('load', '-i', file)).toMatchObject(refused('image.name'))
    expect(await worker('save', '-o', file, first, second)).toMatchObject({ code: 0 })
    await operator('rmi', first)
    await worker('rmi', second)
    const loaded = await worker('load', '-i', file)
    await rm(file)
    await expectLoaded(loaded, first, second)
  })
})

describe.each(kindOf('new') === 'new' ? ['new' as const] : [])('on containerd’s store', () => {
  const { shared, paths, worker, operator, container, idOf } = imagesFor('new')
  const list = async () => {
    const { status, body } = await engineRequest('new', { path: '/images/json?all=1' })
    return status === 200 ? listOf(JSON.parse(body)).map(objectOf) : status
  }

  async function load(bytes: Buffer): Promise<CommandResult> {
    const file = join(paths.directory, freshName('archive'))
    await writeFile(file, bytes)
    return worker('load', '-i', file)
  }

  /** Of none of these an image is listed; others come and go meanwhile. */
  async function expectNone(blobs: readonly Buffer[]): Promise<void> {
    const { body } = await engineRequest('new', { path: '/images/json?all=1' })
    const ids = listOf(JSON.parse(body)).map((image) => textOf(objectOf(image)['Id']))
    expect(blobs.map(digestOf).filter((digest) => ids.includes(digest))).toEqual([])
  }

  const one = fresh()
  const ones = blobsOf(one)
  const broken = Buffer.from('no manifest')
  const two = fresh()

  /** Archives by what is wrong with them. */
  const layouts: readonly [string, () => readonly (readonly [string, Content])[], string][] = [
    [
      'whose layer is an index',
      () => {
        const other = madeImage('x', {}, { layers: [descriptorOf(indexOf(), INDEX)] })
        return layoutOf([entryOf(other.manifest, newName())], [...blobsOf(other), indexOf()])
      },
      'is not the type of a layer',
    ],
    [
      'whose blob is another',
      () => [
        ...layoutOf([entryOf(one.manifest, newName())], ones.slice(1)),
        [`blobs/${digestOf(one.layer).replace(':', '/')}`, 'x'],
      ],
      'not what its digest says',
    ],
    ['whose manifest is none', () => layoutOf([entryOf(broken, newName())], [broken]), 'no JSON object'],
    [
      'whose layers are elsewhere',
      () => layoutOf([entryOf(one.manifest, newName())], [one.manifest, one.config]),
      'not in the archive: the layer',
    ],
    [
      'whose index is of an index',
      () => {
        const inner = indexOf(entryOf(one.manifest))
        const outer = indexOf(entryOf(inner, undefined, INDEX))
        return layoutOf([entryOf(outer, newName(), INDEX)], [outer, inner, ...ones])
      },
      'is not the type of a manifest',
    ],
    [
      'with a name for two images',
      () => {
        const name = newName()
        return layoutOf(
          [entryOf(one.manifest, name), entryOf(two.manifest, name)],
          [...ones, ...blobsOf(two)],
        )
      },
      'the name of two images',
    ],
  ]

  test.each(layouts)('an image layout %s is refused', async (_what, files, why) => {
    const given = files()
    expect(await load(archiveOf(given))).toMatchObject(refused('load.archive', why))
    await expectNone(given.map(([, content]) => bytesOf(content)))
  })

  test.each(['io.containerd.image.name', 'org.opencontainers.image.ref.name'])(
    'a name that %s does not tell in full is given in full',
    async (annotation) => {
      const [image, name] = [fresh(), newName()]
      const entry = { ...entryOf(image.manifest), annotations: { [annotation]: name } }
      expect(await load(archiveOf(layoutOf([entry], blobsOf(image))))).toMatchObject({ code: 0 })
      // The engine finds an image by its full name alone.
      expect(await idOf(`docker.io/${name}`)).toBe(digestOf(image.manifest))
      // And what the worker then does by that name it does to its own.
      await operator('tag', 'busybox', `${name}-theirs`)
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
      await operator('tag', 'busybox', name)
      for (const words of [
        ['rmi', name],
        ['tag', 'busybox', name],
      ])
        expect(await worker(...words)).toMatchObject({ code: 1 })
      expect(await idOf(name)).toBe(await idOf('busybox'))
      await operator('rmi', name, `${name}-theirs`)
    },
  )

  test('a tag alone names nothing', async () => {
    const image = fresh()
    const entry = { ...entryOf(image.manifest), annotations: { 'org.opencontainers.image.ref.name': '3' } }
    const id = digestOf(image.manifest)
    expect(await load(archiveOf(layoutOf([entry], blobsOf(image))))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Loaded image ID: ${id}`),
    })
    expect(await list()).toContainEqual(expect.objectContaining({ Id: id, RepoTags: [] }))
    expect(await worker('rmi', id)).toMatchObject({ code: 0 })
  })

  test('what is missing of an index can’t come by another load, and keep the engine from listing images', async () => {
    const [image, layer] = [fresh(), fresh()]
    const missing = { ...descriptorOf(layer.layer, MANIFEST) }
    const index = indexOf(entryOf(image.manifest), {
      ...missing,
      platform: { os: 'linux', architecture: 'arm64' },
    })
    const [first, second] = [newName(), newName()]
    const files = layoutOf([entryOf(index, first, INDEX)], [index, ...blobsOf(image)])
    expect(await load(archiveOf(files))).toMatchObject({ code: 0 })
    expect(await load(archiveOf(layoutOf([entryOf(layer.manifest, second)], blobsOf(layer))))).toMatchObject({
      code: 0,
    })
    expect(await list()).not.toBe(500)
    for (const name of [first, second]) expect(await worker('rmi', name)).toMatchObject({ code: 0 })
  })

  test('many manifests of one configuration count with its labels as often as they are listed', async () => {
    const given: Buffer[] = []
    const labelled = (text: string, length: number) =>
      madeImage('same', { config: { Labels: { a: 'x'.repeat(length) } } }, { annotations: { text } })
    const many = (count: number, length: number) => {
      const images = Array.from({ length: count }, (_, index) => labelled(String(index), length))
      given.push(...images.map(({ manifest }) => manifest))
      return archiveOf(
        layoutOf(
          images.map(({ manifest }) => entryOf(manifest)),
          blobsOf(...images),
        ),
      )
    }
    expect(await load(many(300, 0))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it has 300 images, of which 256 are loaded at once'),
    })
    expect(await load(many(20, 63 * 1024))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('labels of more than 262144 characters'),
    })
    await expectNone(given)
  })

  test('an image of several platforms is loaded as the engine saved it, and without what it did not have', async () => {
    const [here, other] = [fresh(), fresh()]
    const arm = { os: 'linux', architecture: 'arm64' }
    const index = indexOf(
      { ...entryOf(here.manifest), platform: { os: 'linux', architecture: 'amd64' } },
      { ...entryOf(other.manifest), platform: arm },
    )
    const name = newName()
    const files = (blobs: readonly Buffer[]) =>
      archiveOf(layoutOf([entryOf(index, name, INDEX)], [index, ...blobs]))
    expect(await load(files(blobsOf(here, other)))).toMatchObject({ code: 0 })
    expect(await idOf(name)).toBe(digestOf(index))
    const saved = join(paths.directory, freshName('saved'))
    expect(await worker('save', '-o', saved, name)).toMatchObject({ code: 0 })
    const amd = { os: 'linux', architecture: 'amd64' }
    const part = indexOf({ ...descriptorOf(here.manifest, MANIFEST), platform: amd })
    for (const [archive, target] of [
      [await readFile(saved), index],
      [files(blobsOf(here)), part],
    ] as const) {
      expect(await worker('rmi', name)).toMatchObject({ code: 0 })
      expect(await load(archive)).toMatchObject({ code: 0 })
      expect(await idOf(name)).toBe(digestOf(target))
    }
    expect(await worker('rmi', name)).toMatchObject({ code: 0 })
  })

  test('a name that somebody wrote in short is nobody’s, once another image has it in full', async () => {
    const [image, name] = [fresh(), newName()]
    const raw = archiveOf(layoutOf([entryOf(image.manifest, name)], blobsOf(image)))
    const file = join(paths.directory, freshName('raw'))
    await writeFile(file, raw)
    // Past the gate an engine keeps it as it is.
    await operator('load', '-i', file)
    expect(await engineDocker('new', ['image', 'inspect', name])).toMatchObject({ code: 1 })
    await operator('tag', 'busybox', name)
    for (const words of [
      ['rmi', name],
      ['tag', 'busybox', name],
      ['push', name],
    ])
      expect(await worker(...words)).toMatchObject({ code: 1 })
    expect(await idOf(name)).toBe(await idOf('busybox'))
    await operator('rmi', name)
    await operator('rmi', '-f', digestOf(image.manifest))
  })

  test('of the containers that use an image those of others are not told', async () => {
    const own = freshName('own')
    expect(await worker('create', '--name', own, 'busybox')).toMatchObject({ code: 0 })
    const idOfContainer = async (name: string): Promise<string> =>
      (await engineDocker('new', ['inspect', '-f', '{{.Id}}', name])).stdout.trim()
    const [mine, theirs] = [await idOfContainer(own), await idOfContainer(container)]
    for (const path of ['/v1.51/images/json?manifests=1', '/v1.51/images/busybox/json?manifests=1']) {
      const all = (await engineRequest('new', { path })).body
      expect(all).toContain(mine)
      expect(all).toContain(theirs)
      const { status, body } = await request(shared.gate.socket, { path })
      expect(status).toBe(200)
      expect(body).toContain(`"Containers":["${mine}"]`)
      expect(body).not.toContain(theirs)
    }
    await worker('rm', own)
  })
})
