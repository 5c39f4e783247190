/** Archives that are broken, and that tell of layers which are not in them: nothing comes of them, and nothing is learnt. */
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { objectOf, textsOf } from '../../src/shared/json-value.ts'
import {
  archiveOf,
  blobsOf,
  bytesOf,
  descriptorOf,
  entryOf,
  layoutOf,
  madeImage,
  savedOf,
  type MadeImage,
} from '../support/archives.ts'
import { engineDocker, engineRequest, onEngines } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import { request, type Response } from '../support/http.ts'
import { imagesFor, newName } from '../support/images.ts'
import { recordOf } from '../support/audit.ts'
import { tarBlock } from '../support/tar-blocks.ts'
import { CONFIG, LAYER, MANIFEST } from '../../src/decode/oci.ts'

describe.each(onEngines('new', 'old', '28', '26'))('on the %s engine', (engine) => {
  const { shared, worker } = imagesFor(engine, 'cp')
  const send = (method: string, path: string, body: Buffer): Promise<Response> =>
    request(shared.gate.socket, { method, path, body, headers: { 'content-type': 'application/x-tar' } })
  /** Whether the engine lists what has this in its names or its id. */
  const isListed = async (what: string): Promise<boolean> =>
    (await engineRequest(engine, { path: '/images/json?all=1' })).body.includes(what)

  const context = () => archiveOf([['Dockerfile', 'FROM busybox\n']])
  const image = (name = newName()) =>
    archiveOf(savedOf({ ...madeImage(freshName('content')), names: [name] }))
  const files = () => archiveOf([['first', 'x'.repeat(2000)]])

  /** What is broken, by how it is made of a whole archive. */
  const broken: readonly [string, (archive: Buffer) => Buffer, string][] = [
    [
      'cut off',
      (archive) => gzipSync(archive).subarray(0, -9),
      'the gzip is damaged: unexpected end of file',
    ],
    [
      'of another checksum',
      (archive) => {
        const packed = gzipSync(archive)
        packed.writeUInt8((packed.at(-6) ?? 0) ^ 1, packed.length - 6)
        return packed
      },
      'the gzip is damaged: incorrect data check',
    ],
    [
      'with something behind it',
      (archive) => Buffer.concat([gzipSync(archive), Buffer.from('behind')]),
      'the gzip is damaged: incorrect header check',
    ],
    [
      'of no known method',
      (archive) => Buffer.concat([Buffer.from([0x1f, 0x8b, 9]), gzipSync(archive).subarray(3)]),
      'the gzip is damaged: unknown compression method',
    ],
    [
      'of Zstandard that is cut off',
      (archive) => zstdCompressSync(archive).subarray(0, -5),
      'the zstd is damaged',
    ],
    ['that is a tar cut off', (archive) => archive.subarray(0, 520), 'the tar is cut off'],
  ]

  test.each(broken)(
    'an archive %s is answered in words, and nothing comes of it',
    async (_what, cut, why) => {
      const name = freshName('broken')
      const repository = newName().replace(/:1$/, '')
      await worker('create', '--name', name, 'busybox')
      for (const [method, path, archive] of [
        ['POST', `/build?t=${repository}:built`, context()],
        ['POST', '/images/load', image(`${repository}:loaded`)],
        ['POST', `/images/create?fromSrc=-&repo=${repository}`, files()],
        ['PUT', `/containers/${name}/archive?path=/`, files()],
      ] as const) {
        const { status, body } = await send(method, path, cut(archive))
        expect({ path, status, ...objectOf(JSON.parse(body)) }).toMatchObject({
          path,
          status: 400,
          rule: 'request',
          what: 'archive',
          why: expect.stringContaining(why),
        })
        const outcomes = await recordOf(shared.gate, '--decision', 'outcome')
        expect(outcomes.at(-1)).toMatchObject({ status: 400, reason: expect.stringContaining(why) })
      }
      expect(await isListed(repository)).toBe(false)
      await worker('rm', name)
    },
  )

  test.each<[string, (archive: Buffer) => Buffer]>([
    ['plain', (archive) => archive],
    ['in gzip', (archive) => gzipSync(archive)],
    ['in Zstandard', (archive) => zstdCompressSync(archive)],
  ])('an archive %s is read', async (_what, pack) => {
    const name = freshName('whole')
    const imported = newName()
    await worker('create', '--name', name, 'busybox')
    for (const [method, path, archive] of [
      ['POST', '/build', context()],
      ['POST', '/images/load', image()],
      ['POST', `/images/create?fromSrc=-&repo=${imported.replace(':', '&tag=')}`, files()],
      ['PUT', `/containers/${name}/archive?path=/`, files()],
    ] as const) {
      const { status, body } = await send(method, path, pack(archive))
      expect({ path, status, failed: body.includes('error') }).toEqual({ path, status: 200, failed: false })
    }
    expect(await worker('cp', `${name}:/first`, '-')).toMatchObject({ code: 0 })
    expect(await worker('rmi', imported)).toMatchObject({ code: 0 })
    await worker('rm', name)
  })

  test.each(['bzip2', 'xz'])('an archive in %s is refused by its name', async (packing) => {
    const name = freshName('packed')
    await worker('create', '--name', name, 'busybox')
    const start = Buffer.from(packing === 'xz' ? 'fd377a585a000004' : '425a6839314159', 'hex')
    for (const [method, path, rule] of [
      ['POST', '/build', 'build.context'],
      ['POST', '/images/load', 'load.archive'],
      ['POST', '/images/create?fromSrc=-', 'import.archive'],
      ['PUT', `/containers/${name}/archive?path=/`, 'cp.archive'],
    ] as const) {
      const { status, body } = await send(method, path, Buffer.concat([start, Buffer.alloc(1024)]))
      expect({ status, ...objectOf(JSON.parse(body)) }).toMatchObject({
        status: 403,
        rule,
        why: `it is packed by ${packing}; send it plain, or packed by gzip`,
      })
    }
    await worker('rm', name)
  })

  test('devices, pipes and links come into a container and an imported image as before', async () => {
    const name = freshName('special')
    await worker('create', '--name', name, 'busybox')
    const archive = Buffer.concat([
      tarBlock('pipe', '6'),
      tarBlock('device', '3', '', (header) => header.write('0000001\x000000003\0', 329)),
      tarBlock('link', '2', '', (header) => header.write('pipe', 157)),
      archiveOf([['file', 'x']]),
    ])
    expect(await send('PUT', `/containers/${name}/archive?path=/`, archive)).toMatchObject({ status: 200 })
    const { body } = await send('POST', '/images/create?fromSrc=-', archive)
    const [id = ''] = /sha256:[0-9a-f]{64}/.exec(body) ?? []
    expect(await worker('rmi', id)).toMatchObject({ code: 0 })
    await worker('rm', name)
  })

  /** The forms of an archive of an image that an engine of this kind reads. */
  const forms = (made: MadeImage, name = newName()): readonly Buffer[] => [
    archiveOf(savedOf({ ...made, names: [name] })),
    archiveOf([
      ...savedOf({ ...made, names: [name] }),
      ...layoutOf([entryOf(made.manifest, `docker.io/${name}`)], blobsOf(made)),
    ]),
  ]

  test('a layer that somebody else brought is not taken for one of the same digest in an archive', async () => {
    const secret = madeImage(freshName('secret'))
    const name = `operator/${freshName('secret')}:1`
    expect(
      await engineRequest(engine, {
        method: 'POST',
        path: '/images/load',
        body: archiveOf(savedOf({ ...secret, names: [name] })),
      }),
    ).toMatchObject({ status: 200 })
    const taken = newName()
    const empty = Buffer.alloc(1024)
    for (const layer of [empty, gzipSync(empty), madeImage('else').layer]) {
      const manifest = bytesOf({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: descriptorOf(secret.config, CONFIG),
        layers: [descriptorOf(layer, LAYER)],
      })
      for (const archive of forms({ config: secret.config, layer, manifest }, taken)) {
        const { status, body } = await send('POST', '/images/load', archive)
        expect({ status, ...objectOf(JSON.parse(body)) }).toMatchObject({
          status: 403,
          rule: 'load.archive',
          why: expect.stringMatching(/the layer .* is not the one that /),
        })
      }
    }
    expect(await isListed(taken)).toBe(false)
    const { stdout } = await engineDocker(engine, ['image', 'inspect', '-f', '{{json .RootFS.Layers}}', name])
    expect(textsOf(JSON.parse(stdout))).toHaveLength(1)
    await engineDocker(engine, ['rmi', name])
  })

  test('a layer that is not there is told in the gate’s words, without where the engine keeps things', async () => {
    const made = madeImage(freshName('content'))
    const whole = savedOf({ ...made, names: [newName()] })
    for (const missing of [0, 1]) {
      const { status, body } = await send(
        'POST',
        '/images/load',
        archiveOf(whole.filter((_, at) => at !== missing)),
      )
      expect({ status, body }).toMatchObject({
        status: 403,
        body: expect.stringContaining('not in the archive'),
      })
      expect(body).not.toContain('/docker')
    }
  })

  test('what an engine says of an archive that it does not take is told without where it keeps things', async () => {
    const { body: info } = await engineRequest(engine, { path: '/info' })
    const root = String(objectOf(JSON.parse(info))['DockerRootDir'])
    expect(root).toMatch(/^\/.*docker/)
    for (const layer of [bytesOf('no tar at all'), Buffer.alloc(700, 'x')]) {
      const config = bytesOf({
        os: 'linux',
        architecture: 'amd64',
        config: {},
        rootfs: { type: 'layers', diff_ids: [descriptorOf(layer, LAYER).digest] },
      })
      const manifest = bytesOf({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: descriptorOf(config, CONFIG),
        layers: [descriptorOf(layer, LAYER)],
      })
      for (const archive of forms({ config, layer, manifest })) {
        const { body } = await send('POST', '/images/load', archive)
        expect(body).not.toContain(root)
        expect(body).not.toContain('/docker/')
      }
    }
  })
})
