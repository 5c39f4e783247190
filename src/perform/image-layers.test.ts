/** Layers of an archive that is loaded: whose digest a configuration tells, their bytes are in it. */
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  archiveOf,
  blobsOf,
  bytesOf,
  descriptorOf,
  digestOf,
  entryOf,
  layoutOf,
  madeImage,
  savedOf,
  type Content,
} from '../../test/support/archives.ts'
import { CONFIG, EMPTY, LAYER, MANIFEST } from '../decode/oci.ts'
import { ImageArchive } from './image-archive.ts'

/** What is told of an archive on its way, and how much of it was unpacked. */
async function told(files: readonly (readonly [string, Content])[], containerd: boolean, piece = 4096) {
  let turns = 0
  const archive = new ImageArchive(containerd, {
    nameOf: (written) => written,
    names: async () => [],
    images: async () => [],
    turn: () => {
      turns += 1
      return undefined
    },
  })
  const bytes = archiveOf(files)
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
    bytes.subarray(index * piece, (index + 1) * piece),
  )
  const passed: Buffer[] = []
  try {
    for await (const chunk of Readable.from(pieces).pipe(archive)) passed.push(Buffer.from(chunk))
  } catch {
    expect(archive.violations).not.toEqual([])
  }
  // Nothing that an engine could begin with.
  const said = archive.violations.map(({ rule, why }) => `${rule} ${why}`)
  expect(Buffer.concat(passed).includes('manifest.json')).toBe(said.length === 0)
  return { said, turns }
}

const plain = madeImage('what is secret')
const other = madeImage('what a worker has')

/** An image of a layer in another form. @param layer what is in the archive in its place */
function withLayer(layer: Buffer, config = plain.config, type = LAYER) {
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptorOf(config, CONFIG),
    layers: [descriptorOf(layer, type)],
  })
  return { layer, config, manifest }
}

/** The same image in every form that an archive can have. */
function formsOf(
  image: ReturnType<typeof withLayer>,
): readonly [boolean, readonly (readonly [string, Content])[]][] {
  const saved = savedOf({ ...image, names: ['mine:1'] })
  return [
    [false, saved],
    [true, saved],
    [true, layoutOf([entryOf(image.manifest, 'mine:1')], blobsOf(image))],
  ]
}

describe.each([1, 700, 1_000_000])('in pieces of %i bytes', (piece) => {
  test.each<[string, Buffer, string]>([
    ['plain', plain.layer, LAYER],
    ['in gzip', gzipSync(plain.layer), `${LAYER}+gzip`],
    ['in gzip of two parts', Buffer.concat([gzipSync(plain.layer), gzipSync('')]), `${LAYER}+gzip`],
    ['in Zstandard', zstdCompressSync(plain.layer), `${LAYER}+zstd`],
  ])('a layer %s is the one that its configuration tells of', async (_what, layer, type) => {
    for (const [containerd, files] of formsOf(withLayer(layer, plain.config, type)))
      expect(await told(files, containerd, piece)).toMatchObject({ said: [] })
  })

  test.each<[string, Buffer, string]>([
    ['another', other.layer, 'load.archive the layer .* is not the one that .* tells of: sha256:'],
    ['nothing', Buffer.alloc(0), 'load.archive the layer .* is not the one'],
    ['another in gzip', gzipSync(other.layer), 'load.archive the layer .* is not the one'],
    [
      'damaged gzip',
      gzipSync(plain.layer).subarray(0, -1),
      'request .*: the gzip is damaged: unexpected end of file',
    ],
    [
      'gzip with something behind',
      Buffer.concat([gzipSync(plain.layer), Buffer.from('x')]),
      'request .*: the gzip is damaged',
    ],
    ['bzip2', Buffer.from('BZh91AY&SY and more'), 'load.archive .*: it is packed by bzip2'],
    ['xz', Buffer.from('fd377a585a000004', 'hex'), 'load.archive .*: it is packed by xz'],
  ])('%s in the place of a layer is refused', async (_what, layer, why) => {
    for (const [containerd, files] of formsOf(withLayer(layer)))
      expect(await told(files, containerd, piece)).toMatchObject({
        said: [expect.stringMatching(new RegExp(`^${why}`))],
      })
  })
})

test.each<[string, object, string]>([
  ['fewer', { rootfs: { type: 'layers', diff_ids: [] } }, 'tells of 0 layers, and has 1'],
  ['none', { rootfs: null }, 'tells of 0 layers, and has 1'],
  [
    'more',
    { rootfs: { diff_ids: [digestOf(plain.layer), digestOf(plain.layer)] } },
    'tells of 2 layers, and has 1',
  ],
  [
    'another in other letters',
    { rootfs: undefined, RootFS: { Diff_IDs: [digestOf(other.layer)] } },
    'is not the one',
  ],
  ['no digest', { rootfs: { diff_ids: ['sha512:00'] } }, 'must be digests of SHA-256'],
  [
    'no digest in capitals',
    { rootfs: { diff_ids: [digestOf(plain.layer).toUpperCase()] } },
    'must be digests',
  ],
  ['no text', { rootfs: { diff_ids: [1] } }, 'must be digests of SHA-256'],
  ['no list', { rootfs: { diff_ids: 'x' } }, 'must be a list'],
  ['no object', { rootfs: 'x' }, 'must be a list'],
])('a configuration that tells of %s is refused', async (_what, more, why) => {
  const config = madeImage('what is secret', more).config
  for (const [containerd, files] of formsOf(withLayer(plain.layer, config)))
    expect((await told(files, containerd)).said).toEqual([expect.stringContaining(why)])
})

test('what is no image has an empty configuration, in which nothing is told of layers', async () => {
  const image = (config: Buffer) => {
    const manifest = bytesOf({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType: 'application/x',
      config: descriptorOf(config, EMPTY),
      layers: [descriptorOf(plain.layer, LAYER)],
    })
    return layoutOf([entryOf(manifest, 'mine:1')], [manifest, config, plain.layer])
  }
  expect((await told(image(Buffer.from('{}')), true)).said).toEqual([])
  expect((await told(image(other.config), true)).said).toEqual([expect.stringContaining('said to be empty')])
})

test('what is unpacked takes turns, and what is plain takes none', async () => {
  const large = Buffer.concat([plain.layer, Buffer.alloc(10 * 2 ** 20)])
  const config = bytesOf({ rootfs: { type: 'layers', diff_ids: [digestOf(large)] } })
  const files = (layer: Buffer) => savedOf({ ...withLayer(layer, config), names: ['mine:1'] })
  expect(await told(files(large), false)).toEqual({ said: [], turns: 0 })
  const packed = await told(files(gzipSync(large)), false)
  expect(packed.said).toEqual([])
  expect(packed.turns).toBeGreaterThanOrEqual(large.length / 65536)
})
