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
  indexOf,
  layoutOf,
  madeImage,
  savedOf,
  type Content,
} from '../../test/support/archives.ts'
import { paxRecord, tarBlock } from '../../test/support/tar-blocks.ts'
import { tar, type Step } from '../../test/support/tar.ts'
import type { ArchivedImage } from '../decode/image-layout.ts'
import { CONFIG, INDEX, LAYER, MANIFEST } from '../decode/oci.ts'
import { TarWalker, type Entry } from '../decode/tar.ts'
import { ImageArchive } from './image-archive.ts'
import { tarFile } from './tar-file.ts'

/** Sends an archive through the gate in pieces: the names and images that were checked, the rules that it broke, what passed. */
async function send(bytes: Buffer, { containerd = false, piece = 4096 } = {}) {
  const names: string[] = []
  const found: ArchivedImage[] = []
  const passed: Buffer[] = []
  const archive = new ImageArchive(containerd, {
    nameOf: (written) => written,
    names: async (written) => {
      names.push(...written)
      return written.includes('evil:1') ? [{ rule: 'image.name', what: 'evil:1', why: '', instead: [] }] : []
    },
    images: async (images) => {
      found.push(...images)
      return images.length > 3 ? [{ rule: 'many', what: 'images', why: '', instead: [] }] : []
    },
    turn: () => undefined,
  })
  let failed = false
  try {
    for await (const chunk of Readable.from(pieces(bytes, piece)).pipe(archive))
      passed.push(Buffer.from(chunk))
  } catch {
    failed = true
  }
  const told = archive.violations.map(({ rule, why }) => `${rule} ${why}`.trim())
  return { names, images: found, told, failed, passed: Buffer.concat(passed) }
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** What an engine reads of a tar: of files the content, of links where they lead. */
function read(bytes: Buffer): ReadonlyMap<string, string> {
  const found: [string, string][] = []
  const note = (entry: Entry, content: string): unknown => found.push([entry.path, content])
  const walker = new TarWalker({
    entry: (entry) => {
      if (entry.type === 'link') note(entry, `to ${entry.target}`)
      return entry.type === 'file'
    },
    content: (entry, content) => note(entry, content.toString('latin1')),
  })
  walker.push(bytes)
  walker.end()
  return new Map(found)
}

/** What passed of an archive, without the layers' content. */
async function sent(bytes: Buffer, containerd = false) {
  const { told, passed } = await send(bytes, { containerd })
  expect(told).toEqual([])
  return read(passed)
}

const rootfs = (...layers: readonly Buffer[]) => ({ type: 'layers', diff_ids: layers.map(digestOf) })
const WRITTEN = JSON.stringify({ config: { OnBuild: null }, rootfs: rootfs(Buffer.from('layer')) })
const CONFIGURED: Step = ['abc.json', WRITTEN]
const item = { Config: 'abc.json', RepoTags: ['mine:1'], Layers: ['a/layer.tar'] }
const manifest = (value: unknown): Step => ['manifest.json', JSON.stringify(value)]
const LAYERED: Step = ['a/layer.tar', 'layer']
const GOOD: readonly Step[] = [CONFIGURED, LAYERED, manifest([item])]
const FULL = {
  'io.containerd.image.name': 'docker.io/library/mine:1',
  'org.opencontainers.image.ref.name': '1',
}

describe('what an engine gets', () => {
  test('is a manifest with each name in full, behind the files', async () => {
    for (const piece of [100, 100_000]) {
      const { names, images, passed } = await send(tar(...GOOD, ['repositories', '{"b":{"2":"x"}}']), {
        piece,
      })
      expect(names).toEqual(['mine:1', 'b:2'])
      const id = digestOf(Buffer.from(WRITTEN))
      expect(images).toEqual([{ id, names: ['docker.io/library/mine:1'], labels: 0, parts: 2 }])
      expect([...read(passed)]).toEqual([
        ['abc.json', WRITTEN],
        ['a/layer.tar', 'layer'],
        [
          'manifest.json',
          '[{"Config":"abc.json","RepoTags":["docker.io/library/mine:1"],"Layers":["a/layer.tar"]}]',
        ],
      ])
    }
  })

  test('is an image layout, where it keeps images in containerd’s store', async () => {
    const [config, layer] = [Buffer.from(WRITTEN), Buffer.from('layer')]
    const made = bytesOf({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: descriptorOf(config, CONFIG),
      layers: [descriptorOf(layer, LAYER)],
    })
    const { images, passed } = await send(tar(...GOOD), { containerd: true })
    expect(images).toEqual([{ id: digestOf(made), names: ['docker.io/library/mine:1'], labels: 0, parts: 2 }])
    const index = indexOf({ ...descriptorOf(made, MANIFEST), annotations: FULL })
    expect([...read(passed)]).toEqual([
      ['abc.json', WRITTEN],
      ['a/layer.tar', 'layer'],
      [`blobs/${digestOf(made).replace(':', '/')}`, made.toString()],
      ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
      ['index.json', index.toString()],
      ['manifest.json', '[]'],
    ])
  })

  test.each([
    ['tar', Buffer.from('x'), Buffer.from('x'), LAYER],
    ['gzip', gzipSync('x'), Buffer.from('x'), `${LAYER}+gzip`],
    ['Zstandard', zstdCompressSync('x'), Buffer.from('x'), `${LAYER}+zstd`],
    ['nothing', Buffer.alloc(0), Buffer.alloc(0), LAYER],
  ])('has the type of a layer of %s', async (_what, layer, plain, type) => {
    const bytes = archiveOf([
      ['abc.json', { rootfs: rootfs(plain) }],
      ['a/layer.tar', layer],
      ['manifest.json', [item]],
    ])
    const files = await sent(bytes, true)
    expect([...files.values()].find((content) => content.includes('"layers":['))).toContain(
      `"layers":[{"mediaType":"${type}"`,
    )
  })

  test('is a name in full in the place of any other, of an image layout', async () => {
    const image = madeImage('a')
    for (const [annotations, name] of [
      [{ 'io.containerd.image.name': 'mine:1', other: 'x' }, FULL],
      [{ 'io.containerd.image.name': 'mine:1', 'org.opencontainers.image.ref.name': 'evil:2' }, FULL],
      [{ 'org.opencontainers.image.ref.name': 'docker.io/mine:1' }, FULL],
      [{ 'org.opencontainers.image.ref.name': '1' }, undefined],
    ] as const) {
      const files = layoutOf([{ ...entryOf(image.manifest), annotations }], blobsOf(image))
      const index = indexOf({ ...descriptorOf(image.manifest, MANIFEST), annotations: name })
      const found = await sent(archiveOf([...files, ['manifest.json', [item]]]), true)
      expect(found.get('index.json')).toBe(index.toString())
      expect(found.get('manifest.json')).toBe('[]')
    }
  })

  test('is of an index what is in the archive', async () => {
    const [here, missing] = [madeImage('here'), madeImage('missing')]
    const platform = { architecture: 'arm64', os: 'linux' }
    const known = { ...descriptorOf(here.manifest, MANIFEST), annotations: { a: 'b' }, platform }
    const index = indexOf(entryOf(missing.manifest), known)
    const files = layoutOf([entryOf(index, 'mine:1', INDEX)], [index, ...blobsOf(here)])
    const { images, passed } = await send(archiveOf(files), { containerd: true })
    const reduced = indexOf(known)
    expect(images).toMatchObject([{ id: digestOf(reduced) }])
    expect(read(passed).get(`blobs/${digestOf(reduced).replace(':', '/')}`)).toBe(reduced.toString())
    const whole = await send(archiveOf([...files, ...layoutOf([], blobsOf(missing)).slice(0, 3)]), {
      containerd: true,
    })
    expect(whole.images).toMatchObject([{ id: digestOf(index) }])
  })

  test('has of each entry what the gate read of it, and no more', async () => {
    const bytes = Buffer.concat([
      tarBlock('dir', '5'),
      tarBlock('pax', 'x', paxRecord('path', './/abc.json') + paxRecord('SCHILY.xattr.user.a', 'b')),
      tarBlock('short', '0', WRITTEN),
      tarBlock('/a/./layer.tar', '0', 'layer', (header) => header.write('0006755\0', 100)),
      tarBlock('./manifest.json', '\0', JSON.stringify([item])),
      Buffer.alloc(1024),
    ])
    const good = await sent(tar(...GOOD))
    expect([...(await sent(bytes))]).toEqual([...good])
    const { passed } = await send(bytes)
    expect(passed.subarray(0, 512).equals(tarFile('abc.json', Buffer.from(WRITTEN)).subarray(0, 512))).toBe(
      true,
    )
    expect(passed.includes('0006755')).toBe(false)
  })

  test('has long paths', async () => {
    const path = `${'long/'.repeat(40)}layer.tar`
    const bytes = tar(CONFIGURED, [path, 'layer'], manifest([{ ...item, Layers: [path] }]))
    expect((await sent(bytes)).get(path)).toBe('layer')
  })

  test('has a layer that is a link to another', async () => {
    const shared = manifest([{ ...item, Layers: ['a/layer.tar', 'b/layer.tar'] }])
    const [layer] = [Buffer.from('layer')]
    const config = JSON.stringify({ rootfs: rootfs(layer, layer) })
    const bytes = tar(['abc.json', config], LAYERED, ['b/layer.tar', { to: '../a/layer.tar' }], shared)
    expect((await sent(bytes)).get('b/layer.tar')).toBe('to ../a/layer.tar')
    const files = await sent(bytes, true)
    expect(files.has('b/layer.tar')).toBe(false)
    const written = JSON.stringify(descriptorOf(layer, LAYER))
    expect([...files.values()].join('')).toContain(`"layers":[${written},${written}]`)
  })

  test('has a hard link as another', async () => {
    const hard = tarBlock('b/layer.tar', '1', '', (header) => header.write('a/layer.tar', 157))
    expect((await sent(Buffer.concat([hard, tar(...GOOD)]))).get('b/layer.tar')).toBe('to ../a/layer.tar')
  })
})

test('a configuration may go by its digest', async () => {
  const config = `sha256:${'a'.repeat(64)}`
  const { names, told } = await send(tar([config, '{}'], manifest([{ ...item, Config: config, Layers: [] }])))
  expect({ names, told }).toEqual({ names: ['mine:1'], told: [] })
})

test('what BuildKit attests is not held in memory', async () => {
  const statement = Buffer.from(`{"_type":"x","y":"${'z'.repeat(900_000)}"}`)
  const many = Array.from({ length: 6 }, (_, index) => Buffer.concat([statement, Buffer.alloc(index, ' ')]))
  const other = Buffer.from(`{"type":"x","y":"${'z'.repeat(900_000)}"}`)
  const files = (blobs: readonly Buffer[]) => [...savedOf(), ...layoutOf([], blobs)]
  expect((await send(archiveOf(files(many)))).told).toEqual([])
  const others = many.map((_, index) => Buffer.concat([other, Buffer.alloc(index, ' ')]))
  expect((await send(archiveOf(files(others)))).told).toEqual([
    'load.archive the archive has too many small files',
  ])
})

test('many long paths are refused before they fill the memory', async () => {
  const path = 'long/'.repeat(200)
  const many = Array.from({ length: 5000 }, (_, index) => tarFile(`${path}${index}`, Buffer.alloc(0)))
  expect((await send(Buffer.concat(many))).told).toEqual(['load.archive the archive has too many entries'])
})

const LONG = 'x'.repeat(40_000)

/** An archive of one image with this configuration. */
function withConfig(config: object): readonly Step[] {
  return [
    ['abc.json', JSON.stringify({ config, rootfs: rootfs(Buffer.from('layer')) })],
    LAYERED,
    manifest([item]),
  ]
}

test('an image with labels, an environment and a health check passes', async () => {
  const config = {
    Labels: { a: LONG },
    Env: ['A=b'],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, StartInterval: 0 },
  }
  const { told, failed, images } = await send(tar(...withConfig(config)))
  expect({ told, failed }).toEqual({ told: [], failed: false })
  expect(images).toMatchObject([{ labels: 40_001 }])
})

describe('an archive is refused', () => {
  test.each<[string, readonly Step[], string]>([
    ['without a manifest', [CONFIGURED], 'manifest.json is missing'],
    ['with two manifests', [...GOOD, manifest([])], 'there twice'],
    ['with two manifests, one by another path', [...GOOD, ['./manifest.json', '[]']], 'there twice'],
    ['with something in its manifest', [...GOOD.slice(0, 2), ['manifest.json/x', 'y']], 'not a plain file'],
    [
      'whose manifest is a link',
      [CONFIGURED, ['b', 'x'], ['manifest.json', { to: 'b' }]],
      'not a plain file',
    ],
    ['whose manifest is not a list', [CONFIGURED, manifest({})], 'must be a list'],
    [
      'whose manifest says a name otherwise',
      [CONFIGURED, manifest([{ ...item, repotags: ['evil:1'] }])],
      'twice',
    ],
    [
      'whose manifest says a name in small letters',
      [CONFIGURED, manifest([{ Config: 'abc.json', repotags: ['evil:1'] }])],
      'takes it for another field',
    ],
    [
      'whose manifest goes on',
      [CONFIGURED, ['manifest.json', `${JSON.stringify([item])} []`]],
      'load.archive',
    ],
    ['whose index has what nobody knows', [...GOOD, ['index.json', '{"other":{"a":1}}']], 'not known'],
    ['with an image upon another', [CONFIGURED, manifest([{ ...item, Parent: 'sha256:abc' }])], 'one by one'],
  ])('%s', async (_what, steps, why) => {
    for (const piece of [100, 100_000]) {
      const { told, failed, names } = await send(tar(...steps), { piece })
      const none = why === 'manifest.json is missing' ? [] : names
      expect({ told, failed, names }).toEqual({
        told: [expect.stringContaining(why)],
        failed: true,
        names: none,
      })
      expect(names).not.toContain('evil:1')
    }
  })

  test.each<[string, readonly Step[], string]>([
    [
      'whose configuration is elsewhere',
      [CONFIGURED, manifest([{ ...item, Config: '../abc.json' }])],
      'not in the archive',
    ],
    [
      'whose configuration is spelt otherwise',
      [CONFIGURED, manifest([{ ...item, Config: './abc.json' }])],
      'not in the archive',
    ],
    [
      'whose configuration is missing',
      [CONFIGURED, manifest([{ ...item, Config: 'def.json' }])],
      'not in the archive',
    ],
    ['whose configuration is no JSON', [['abc.json', 'x'], manifest([item])], 'no JSON object'],
    ['with triggers', [['abc.json', '{"config":{"OnBuild":["RUN ls"]}}'], manifest([item])], 'ONBUILD'],
    ['with equal keys', [['abc.json', '{"a":1,"a":2}'], manifest([item])], 'twice'],
    [
      'with triggers in another spelling',
      [['abc.json', '{"Config":{"onbuild":["RUN ls"]}}'], manifest([item])],
      'ONBUILD',
    ],
    ['with long labels', withConfig({ Labels: { a: LONG, b: LONG } }), 'has labels of more than 65536'],
    ['with long labels in small letters', withConfig({ labels: { a: LONG, b: LONG } }), 'has labels'],
    [
      'with a long environment',
      withConfig({ Env: Array.from({ length: 7 }, () => LONG) }),
      'has a configuration of more than',
    ],
    [
      'with a long health check',
      withConfig({ Healthcheck: { Test: ['CMD', LONG] } }),
      'has a health check of',
    ],
    ['with many health checks', withConfig({ Healthcheck: { Interval: 1 } }), 'more than once a second'],
    [
      'with health checks all the time',
      withConfig({ Healthcheck: { Interval: -1 } }),
      'more than once a second',
    ],
    [
      'with many health checks at its start',
      withConfig({ healthCheck: { startInterval: 999_999_999 } }),
      'more than once a second',
    ],
    ['with a link that is not a layer', [...GOOD, ['x', { to: 'y' }]], 'x is a link'],
    ['with a link to nothing', [...GOOD, ['b/layer.tar', { to: 'x' }]], 'leads to no file'],
    [
      'with a link to a link',
      [...GOOD, ['b/layer.tar', { to: '../c/layer.tar' }], ['c/layer.tar', { to: '../a/layer.tar' }]],
      'leads to no file',
    ],
    ['with a link that leads out', [...GOOD, ['b/layer.tar', { to: '../../x' }]], 'leads out'],
    [
      'with a link to its manifest',
      [...GOOD, ['b/layer.tar', { to: '../manifest.json' }]],
      'leads to no file',
    ],
    [
      'with something in a link',
      [...GOOD, ['b/layer.tar', { to: '../a/layer.tar' }], ['b/layer.tar/x', 'y']],
      'has something in it',
    ],
    ['of nothing', [['x', 'y']], 'is missing'],
  ])('%s, on either store', async (_what, steps, why) => {
    for (const containerd of [false, true]) {
      const layers = steps.some(([path]) => path === LAYERED[0]) ? [] : [LAYERED]
      const { told, failed, images } = await send(tar(...steps, ...layers), { containerd })
      const expected = containerd && why === 'is missing' ? 'neither manifest.json nor oci-layout' : why
      expect({ told, failed, images }).toEqual({
        told: [expect.stringContaining(expected)],
        failed: true,
        images: [],
      })
    }
  })

  test('without a layer', async () => {
    const bytes = tar(CONFIGURED, manifest([item]))
    for (const containerd of [false, true])
      expect((await send(bytes, { containerd })).told).toEqual([
        'load.archive not in the archive: the layer a/layer.tar',
      ])
  })

  test('without its manifest, where an engine reads no image layouts', async () => {
    const image = madeImage('a')
    const bytes = archiveOf(layoutOf([entryOf(image.manifest, 'mine:1')], blobsOf(image)))
    expect((await send(bytes)).told).toEqual([expect.stringContaining('manifest.json is missing')])
    expect((await send(bytes, { containerd: true })).told).toEqual([])
  })

  test('with content that is not what its digest says', async () => {
    const image = madeImage('a')
    for (const blob of [image.config, image.manifest, image.layer]) {
      const files = layoutOf([entryOf(image.manifest, 'mine:1')], blobsOf(image))
      const forged = files.map(([path, content]): [string, Content] =>
        content === blob ? [path, Buffer.concat([blob, Buffer.from(' ')])] : [path, content],
      )
      expect((await send(archiveOf(forged), { containerd: true })).told).toEqual([
        expect.stringContaining('not what its digest says'),
      ])
    }
  })

  test('and has no end where a name in it is refused, or what it brings', async () => {
    const bytes = tar(...GOOD.slice(0, 2), manifest([{ ...item, RepoTags: ['mine:1', 'evil:1'] }]))
    const one = await send(bytes)
    expect(one).toMatchObject({ told: ['image.name'], failed: true, images: [] })
    expect(one.passed.includes('manifest.json')).toBe(false)
    const many = await send(tar(...GOOD.slice(0, 2), manifest([item, item, item, item])))
    expect(many).toMatchObject({ told: ['many'], failed: true })
    expect(many.passed.includes('manifest.json')).toBe(false)
  })
})
