import { describe, expect, test } from 'vitest'
import { FieldError } from './fields.ts'
import { readIndex, readManifest, readNaming, readRepositories } from './image-archive.ts'
import { JsonError } from './json.ts'
import { TarError } from './tar.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('a manifest', () => {
  test('has the names, configurations and layers of its images', () => {
    const first = { Config: 'a.json', RepoTags: ['a:1', 'b:2'], Layers: ['a/layer.tar'], Parent: '' }
    const second = { Config: 'b.json', RepoTags: null, LayerSources: { x: { size: 1 } } }
    expect(readManifest(json([first, second]))).toEqual([
      { names: ['a:1', 'b:2'], config: 'a.json', layers: ['a/layer.tar'] },
      { names: [], config: 'b.json', layers: [] },
    ])
    expect(readManifest(json([{}]))).toEqual([{ names: [], config: '', layers: [] }])
    expect(readManifest(json([]))).toEqual([])
  })

  test('has the paths of its layers in their one spelling', () => {
    expect(readManifest(json([{ Layers: ['./a//b/layer.tar'] }]))).toMatchObject([
      { layers: ['a/b/layer.tar'] },
    ])
    expect(() => readManifest(json([{ Layers: ['../a'] }]))).toThrow(TarError)
  })

  test('has no images that are built upon others: an engine would link them', () => {
    expect(() => readManifest(json([{}, { Parent: 'sha256:a' }]))).toThrow('one by one')
  })

  test.each<[unknown, string]>([
    [{}, 'manifest.json must be a list'],
    [['a'], 'manifest.json[0] must be an object'],
    [[{ RepoTags: 'a:1' }], 'manifest.json[0].RepoTags must be a list'],
    [[{ Config: 1 }], 'manifest.json[0].Config must be a string'],
    [[{ Layers: [1] }], 'manifest.json[0].Layers[0] must be a string'],
    [[{ Other: 1 }], 'manifest.json[0].Other: this field is not known'],
  ])('%j is none', (value, why) => {
    expect(() => readManifest(json(value))).toThrow(FieldError)
    expect(() => readManifest(json(value))).toThrow(why)
  })

  test('is one JSON value, without equal keys', () => {
    expect(() => readManifest(Buffer.from('[] []'))).toThrow(JsonError)
    expect(() => readManifest(Buffer.from('[{"Config":"a","config":"b"}]'))).toThrow(JsonError)
  })
})

describe('an index', () => {
  const full = (name: string) => ({ 'io.containerd.image.name': name })
  const short = (name: string) => ({ 'org.opencontainers.image.ref.name': name })

  test.each<[string, object | undefined, string]>([
    ['nothing', undefined, ''],
    ['other words', { 'org.opencontainers.image.created': 'now' }, ''],
    ['a full name', full('docker.io/a/b:1'), 'docker.io/a/b:1'],
    ['a full name and its tag', { ...full('docker.io/a/b:1'), ...short('1') }, 'docker.io/a/b:1'],
    ['a full name and another', { ...full('docker.io/a/b:1'), ...short('c:2') }, 'docker.io/a/b:1'],
    ['what is not a name', full('A B'), 'A B'],
    ['a short name', short('a:1'), 'a:1'],
    ['a short name with a registry', short('localhost/a'), 'localhost/a'],
    ['a tag alone', short('1'), ''],
    ['an empty full name', { ...full(''), ...short('a:1') }, 'a:1'],
  ])('says of an image with %s what containerd would call it', (_what, annotations, name) => {
    const digest = 'sha256:0'
    expect(readIndex(json({ manifests: [{ annotations, digest }] }))).toMatchObject([
      { name, descriptor: { digest } },
    ])
  })

  test('says nothing by names of its own', () => {
    expect(readIndex(json({ annotations: full('a:1') }))).toEqual([])
  })

  test('has all that an image layout says, and none of what is kept beside an image', () => {
    const manifest = {
      mediaType: 'm',
      artifactType: 't',
      digest: 'sha256:0',
      size: 1,
      platform: { os: 'linux', architecture: 'arm', variant: 'v7', 'os.version': '1', 'os.features': ['a'] },
    }
    const signature = { ...manifest, annotations: { 'io.containerd.manifest.subject': 'sha256:1' } }
    const index = { schemaVersion: 2, mediaType: 'm', artifactType: 't', manifests: [manifest, signature] }
    expect(readIndex(json(index))).toEqual([{ name: '', descriptor: manifest }])
  })

  test.each<[unknown, string]>([
    [[], 'index.json must be an object'],
    [{ manifests: {} }, 'index.json.manifests must be a list'],
    [{ manifests: [{ size: 'x' }] }, 'index.json.manifests[0].size must be a whole number'],
    [
      { manifests: [{ urls: ['x'] }] },
      'index.json.manifests[0].urls = [...]: an engine could fetch it from elsewhere',
    ],
    [
      { manifests: [{ data: 'e30=' }] },
      'index.json.manifests[0].data = "e30=": an engine could take it for the file',
    ],
    [
      { manifests: [{ platform: { other: 1 } }] },
      'index.json.manifests[0].platform.other: this field is not known',
    ],
    [{ annotations: { a: 1 } }, 'index.json.annotations.a must be a string'],
    [{ Manifests: [{}], other: true }, 'index.json.other: this field is not known'],
  ])('%j is none', (value, why) => {
    expect(() => readIndex(json(value))).toThrow(why)
  })
})

describe('repositories', () => {
  test('are names with their tags', () => {
    expect(readRepositories(json({ 'a/b': { '1': 'x', '2': 'y' }, c: {}, d: { latest: 'z' } }))).toEqual([
      'a/b:1',
      'a/b:2',
      'd:latest',
    ])
  })

  test.each<[unknown, string]>([
    [[], 'repositories must be an object'],
    [{ a: 'x' }, 'repositories.a must be an object'],
    [{ a: { latest: 1 } }, 'repositories.a.latest must be a string'],
  ])('%j are none', (value, why) => {
    expect(() => readRepositories(json(value))).toThrow(why)
  })
})

describe('an archive', () => {
  const files = (all: Readonly<Record<string, unknown>>) =>
    new Map(Object.entries(all).map(([path, value]) => [path, json(value)]))
  const layout = { imageLayoutVersion: '1.0.0' }
  const named = (name: string) => ({ manifests: [{ annotations: { 'io.containerd.image.name': name } }] })

  test('says every name once, wherever it says it', () => {
    const said = readNaming(
      files({
        'manifest.json': [{ RepoTags: ['a:1', 'b:1'] }],
        'index.json': named('c:1'),
        repositories: { a: { 1: 'x' }, d: { 1: 'x' } },
      }),
    )
    expect(said.names).toEqual(['a:1', 'b:1', 'c:1', 'd:1'])
  })

  test('is an image layout by its oci-layout alone', () => {
    expect(readNaming(files({ 'index.json': named('c:1') }))).toEqual({
      names: ['c:1'],
      items: undefined,
      entries: undefined,
    })
    expect(readNaming(files({ 'index.json': named('c:1'), 'oci-layout': layout })).entries).toHaveLength(1)
    expect(readNaming(files({ 'oci-layout': layout })).entries).toBeUndefined()
    expect(readNaming(files({}))).toEqual({ names: [], items: undefined, entries: undefined })
  })

  test.each([{}, { imageLayoutVersion: '1.1.0' }, { imageLayoutVersion: '1.0.0', other: 1 }])(
    'is none with an oci-layout of %j',
    (other) => {
      expect(() => readNaming(files({ 'oci-layout': other }))).toThrow(FieldError)
    },
  )
})
