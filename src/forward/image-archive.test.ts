import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { ImageArchive } from './image-archive.ts'
import { tar, type Step } from '../../test/support/tar.ts'
import { tarFile } from './tar-file.ts'

/** Sends an archive through the gate in pieces: the names that were checked, the rules that it broke, what passed. */
async function send(bytes: Buffer, piece = 4096) {
  const checked: string[] = []
  const ids: string[] = []
  const passed: Buffer[] = []
  const archive = new ImageArchive(async (images) => {
    const names = images.flatMap((image) => image.names)
    checked.push(...names)
    ids.push(...images.map(({ id }) => id))
    return names.includes('evil:1') ? [{ rule: 'image.name', what: 'evil:1', why: '', instead: [] }] : []
  })
  let failed = false
  try {
    for await (const chunk of Readable.from(pieces(bytes, piece)).pipe(archive))
      passed.push(Buffer.from(chunk))
  } catch {
    failed = true
  }
  const told = archive.violations.map(({ rule, why }) => `${rule} ${why}`.trim())
  return { checked, ids, told, failed, passed: Buffer.concat(passed) }
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const WRITTEN = '{"config":{"OnBuild":null},"rootfs":{}}'
const CONFIG: Step = ['abc.json', WRITTEN]
const item = { Config: 'abc.json', RepoTags: ['mine:1'], Layers: ['a/layer.tar'] }
const manifest = (value: unknown): Step => ['manifest.json', JSON.stringify(value)]
const GOOD: readonly Step[] = [CONFIG, manifest([item])]

test('an image that is said to be built upon another is refused: an engine would link them', async () => {
  const bytes = tar(CONFIG, manifest([{ ...item, Parent: 'sha256:abc' }]))
  expect((await send(bytes)).told).toEqual([expect.stringMatching(/load\.archive .*one by one/)])
  expect((await send(tar(...GOOD))).told).toEqual([])
})

test('a configuration may go by its digest', async () => {
  const config = `sha256:${'a'.repeat(64)}`
  const { checked, told } = await send(tar([config, '{}'], manifest([{ ...item, Config: config }])))
  expect({ checked, told }).toEqual({ checked: ['mine:1'], told: [] })
})

test('an image is told by the digest of its configuration, wherever that stands, or of its manifest', async () => {
  const sha256 = (content: string): string => `sha256:${createHash('sha256').update(content).digest('hex')}`
  const [other, blob] = ['{"os":"linux"}', `blobs/sha256/${'a'.repeat(64)}`]
  const digest = sha256('')
  const index = { manifests: [{ digest, annotations: { 'io.containerd.image.name': 'mine:2' } }] }
  const two = manifest([item, { ...item, Config: blob, RepoTags: [] }])
  const { ids } = await send(tar(CONFIG, [blob, other], two, ['index.json', JSON.stringify(index)]))
  expect(ids).toEqual([sha256(WRITTEN), sha256(other), '', digest])
})

test('many long paths are refused before they fill the memory', async () => {
  const path = 'long/'.repeat(200)
  const many = Array.from({ length: 5000 }, (_, index) => tarFile(`${path}${index}`, Buffer.alloc(0)))
  expect((await send(Buffer.concat(many))).told).toEqual(['load.archive the archive has too many entries'])
})

describe('names are read', () => {
  test.each<[string, readonly Step[], readonly string[]]>([
    ['of a manifest', GOOD, ['mine:1']],
    ['of none', [CONFIG, manifest([{ ...item, RepoTags: null }])], []],
    [
      'for old engines',
      [...GOOD, ['repositories', '{"a/b":{"1":"x","2":"y"}}']],
      ['mine:1', 'a/b:1', 'a/b:2'],
    ],
    [
      'of an index, a tag beside the full name being none',
      [
        ...GOOD,
        indexWith({
          'io.containerd.image.name': 'docker.io/a/b:1',
          'org.opencontainers.image.ref.name': '1',
        }),
      ],
      ['mine:1', 'docker.io/a/b:1'],
    ],
    [
      'of an index, another name beside the full one',
      [
        ...GOOD,
        indexWith({
          'io.containerd.image.name': 'docker.io/a/b:1',
          'org.opencontainers.image.ref.name': 'c:1',
        }),
      ],
      ['mine:1', 'docker.io/a/b:1', 'c:1'],
    ],
    [
      'of an index without a full name',
      [...GOOD, indexWith({ 'org.opencontainers.image.ref.name': '1' })],
      ['mine:1', '1'],
    ],
  ])('%s', async (_what, steps, names) => {
    for (const piece of [100, 100_000]) {
      expect(await send(tar(...steps), piece)).toMatchObject({ checked: names, told: [], failed: false })
    }
  })
})

function indexWith(annotations: Readonly<Record<string, string>>): Step {
  const value = {
    schemaVersion: 2,
    manifests: [{ mediaType: 'x', digest: 'sha256:0', size: 1, annotations }],
  }
  return ['index.json', JSON.stringify(value)]
}

const LONG = 'x'.repeat(40_000)

/** An archive of one image with this configuration. */
function withConfig(config: object): readonly Step[] {
  return [['abc.json', JSON.stringify({ config })], manifest([item])]
}

test('an image with labels, an environment and a health check passes', async () => {
  const config = {
    Labels: { a: LONG },
    Env: ['A=b'],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1e9, StartInterval: 0 },
  }
  expect(await send(tar(...withConfig(config)))).toMatchObject({ told: [], failed: false })
})

describe('an archive is refused', () => {
  test.each<[string, readonly Step[], string]>([
    ['without a manifest', [CONFIG], 'manifest.json is missing'],
    ['with two manifests', [...GOOD, manifest([])], 'there twice'],
    ['whose manifest is a link', [CONFIG, ['b', 'x'], ['manifest.json', { to: 'b' }]], 'no plain file'],
    ['whose manifest is no list', [CONFIG, manifest({})], 'must be a list'],
    [
      'whose manifest says a name otherwise',
      [CONFIG, manifest([{ ...item, repotags: ['evil:1'] }])],
      'twice',
    ],
    [
      'whose manifest says a name in small letters',
      [CONFIG, manifest([{ Config: 'abc.json', repotags: ['evil:1'] }])],
      'not known',
    ],
    ['whose manifest goes on', [CONFIG, ['manifest.json', `${JSON.stringify([item])} []`]], 'load.archive'],
    ['whose index has what nobody knows', [...GOOD, ['index.json', '{"other":{"a":1}}']], 'not known'],
    [
      'whose configuration is elsewhere',
      [CONFIG, manifest([{ ...item, Config: '../abc.json' }])],
      'not in the archive',
    ],
    [
      'whose configuration is spelt otherwise',
      [CONFIG, manifest([{ ...item, Config: './abc.json' }])],
      'not in the archive',
    ],
    [
      'whose configuration is missing',
      [CONFIG, manifest([{ ...item, Config: 'def.json' }])],
      'not in the archive',
    ],
    ['with triggers', [['abc.json', '{"config":{"OnBuild":["RUN ls"]}}'], manifest([item])], 'ONBUILD'],
    [
      'with triggers in another file',
      [...GOOD, ['blobs/sha256/abc', '{"config":{"OnBuild":["RUN ls"]}}']],
      'ONBUILD',
    ],
    [
      'with what is no configuration in such a file',
      [...GOOD, ['blobs/sha256/abc', '{"a":1,"a":2}']],
      'twice',
    ],
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
    [
      'with labels of many images',
      [
        ...GOOD,
        ...Array.from({ length: 7 }, (_, index): Step => {
          return [`blobs/sha256/a${index}`, JSON.stringify({ config: { Labels: { a: LONG } } })]
        }),
      ],
      'its images have labels of more than',
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
    ['with a link that is no layer', [...GOOD, ['x', { to: 'y' }]], 'x is a link'],
    [
      'with something in a link',
      [...GOOD, ['a/layer.tar', { to: '.' }], ['a/layer.tar/x', 'y']],
      'has something in it',
    ],
    ['of nothing', [['x', 'y']], 'manifest.json is missing'],
  ])('%s', async (_what, steps, why) => {
    for (const piece of [100, 100_000]) {
      const { told, failed, checked } = await send(tar(...steps), piece)
      expect({ told, failed, checked }).toEqual({
        told: [expect.stringContaining(why)],
        failed: true,
        checked: [],
      })
    }
  })

  test('and has no end where a name in it is refused', async () => {
    const bytes = tar(CONFIG, manifest([{ ...item, RepoTags: ['mine:1', 'evil:1'] }]))
    const { told, failed, passed } = await send(bytes)
    expect({ told, failed }).toEqual({ told: ['image.name'], failed: true })
    expect(passed.length).toBeLessThan(bytes.lastIndexOf('evil:1') + 512)
  })
})

test('a layer that is a link passes', async () => {
  const bytes = tar(...GOOD, ['b/layer.tar', { to: '../a/layer.tar' }])
  expect(await send(bytes)).toMatchObject({ told: [], failed: false })
})
