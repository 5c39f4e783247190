import { describe, expect, test } from 'vitest'
import { FieldError } from './fields.ts'
import { JsonError } from './json.ts'
import { readIndex, readManifest, readParents, readRepositories } from './image-archive.ts'
import { readConfig } from './image-config.ts'
import { MOST_CHECK, MOST_TEXTS } from './operations/container-create.ts'
import { MOST_LABELS } from '../shared/labels.ts'

const NOTHING = { names: [], config: '', digest: '' }
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

describe('a manifest', () => {
  test('has the names and configurations of its images', () => {
    const first = { Config: 'a.json', RepoTags: ['a:1', 'b:2'], Layers: ['a/layer.tar'], Parent: '' }
    const second = { Config: 'b.json', RepoTags: null, LayerSources: { x: { size: 1 } } }
    expect(readManifest(json([first, second]))).toEqual([
      { ...NOTHING, names: ['a:1', 'b:2'], config: 'a.json' },
      { ...NOTHING, config: 'b.json' },
    ])
    expect(readManifest(json([{}]))).toEqual([NOTHING])
    expect(readManifest(json([]))).toEqual([])
  })

  test('has the images that others are built upon', () => {
    expect(readParents(json([{ Parent: 'sha256:a' }, {}, { Parent: '' }, { Parent: 'b' }]))).toEqual([
      'sha256:a',
      'b',
    ])
  })

  test.each<[unknown, string]>([
    [{}, 'manifest.json must be a list'],
    [['a'], 'manifest.json[0] must be an object'],
    [[{ RepoTags: 'a:1' }], 'manifest.json[0].RepoTags must be a list'],
    [[{ Config: 1 }], 'manifest.json[0].Config must be a string'],
    [[{ Layers: [1] }], 'manifest.json[0].Layers[0] must be a string'],
    [[{ Other: 1 }], 'manifest.json[0].Other: this field is not known'],
  ])('%j is none', (value, why) => {
    for (const read of [readManifest, readParents]) {
      expect(() => read(json(value))).toThrow(FieldError)
      expect(() => read(json(value))).toThrow(why)
    }
  })

  test('is one JSON value, without equal keys', () => {
    expect(() => readManifest(Buffer.from('[] []'))).toThrow(JsonError)
    expect(() => readManifest(Buffer.from('[{"Config":"a","config":"b"}]'))).toThrow(JsonError)
  })
})

describe('an index', () => {
  const full = (name: string) => ({ 'io.containerd.image.name': name })
  const short = (name: string) => ({ 'org.opencontainers.image.ref.name': name })

  test.each<[string, object | undefined, readonly string[]]>([
    ['nothing', undefined, []],
    ['other words', { 'org.opencontainers.image.created': 'now' }, []],
    ['a full name', full('docker.io/a/b:1'), ['docker.io/a/b:1']],
    ['a tag alone', short('1'), ['1']],
    ['a full name and its tag', { ...full('docker.io/a/b:1'), ...short('1') }, ['docker.io/a/b:1']],
    ['a full name and another tag', { ...full('docker.io/a/b:1'), ...short('2') }, ['docker.io/a/b:1', '2']],
    ['a full name without a tag', { ...full('docker.io/a/b'), ...short('1') }, ['docker.io/a/b', '1']],
    ['what is no name', { ...full('A B'), ...short('1') }, ['A B', '1']],
  ])('says of an image with %s what it is called', (_what, annotations, names) => {
    const digest = 'sha256:0'
    expect(readIndex(json({ manifests: [{ annotations, digest }] }))).toEqual([
      NOTHING,
      { names, config: '', digest },
    ])
    expect(readIndex(json({ annotations }))).toEqual([{ ...NOTHING, names }])
  })

  test('names every image in it, with all that an image layout says', () => {
    const manifests = ['a:1', 'b:2'].map((name) => ({
      mediaType: 'm',
      artifactType: 't',
      digest: 'sha256:0',
      size: 1,
      platform: { os: 'linux' },
      annotations: short(name),
    }))
    const index = { schemaVersion: 2, mediaType: 'm', artifactType: 't', annotations: full('c:3'), manifests }
    expect(readIndex(json(index)).flatMap(({ names }) => names)).toEqual(['c:3', 'a:1', 'b:2'])
    expect(readIndex(json({}))).toEqual([NOTHING])
  })

  test.each<[unknown, string]>([
    [[], 'index.json must be an object'],
    [{ manifests: {} }, 'index.json.manifests must be a list'],
    [{ manifests: [{ size: 'x' }] }, 'index.json.manifests[0].size must be a whole number'],
    [{ manifests: [{ urls: ['x'] }] }, 'index.json.manifests[0].urls: this field is not known'],
    [{ annotations: { a: 1 } }, 'index.json.annotations.a must be a string'],
    [{ Manifests: [{}], other: true }, 'index.json.other: this field is not known'],
  ])('%j is none', (value, why) => {
    expect(() => readIndex(json(value))).toThrow(why)
  })
})

describe('repositories', () => {
  test('are names with their tags', () => {
    expect(readRepositories(json({ 'a/b': { '1': 'x', '2': 'y' }, c: {}, d: { latest: 'z' } }))).toEqual([
      { ...NOTHING, names: ['a/b:1', 'a/b:2'] },
      NOTHING,
      { ...NOTHING, names: ['d:latest'] },
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

describe('a configuration', () => {
  test.each<[unknown, boolean]>([
    [{}, false],
    [{ config: null, os: 'linux' }, false],
    [{ config: { OnBuild: null, Cmd: ['sh'] } }, false],
    [{ config: { OnBuild: [], Cmd: ['sh'] } }, false],
    [{ config: { Cmd: ['RUN ls'] }, rootfs: { type: 'layers' } }, false],
    [{ OnBuild: ['RUN ls'] }, false],
    [{ config: { Cmd: ['sh'], OnBuild: ['RUN ls'] } }, true],
    [{ config: { OnBuild: ['RUN ls'], Cmd: ['sh'] }, os: 'linux' }, true],
    [{ os: 'linux', Config: { onbuild: 'RUN ls' } }, true],
    [{ container_config: { ONBUILD: ['RUN ls'] } }, true],
  ])('%j has instructions for later builds: %j', (value, expected) => {
    expect(readConfig(json(value)).wrong === 'ONBUILD instructions').toBe(expected)
  })

  const SECOND = 1e9
  const text = (length: number): string => 'x'.repeat(length)
  const labels = `labels of more than ${MOST_LABELS} characters`
  const check = `a health check of more than ${MOST_CHECK} characters`
  const often = 'a health check more than once a second'

  test.each<[string, unknown, string | undefined]>([
    ['as many labels as there may be', { Labels: { a: text(MOST_LABELS - 1) } }, undefined],
    ['one character more', { Labels: { a: text(MOST_LABELS) } }, labels],
    ['a long name of a label', { labels: { [text(MOST_LABELS)]: 'a' } }, labels],
    ['much else', { Env: [text(MOST_LABELS), text(10)] }, undefined],
    ['as much as there may be', { Cmd: [text(100), text(MOST_TEXTS - 103)] }, undefined],
    [
      'more',
      { Cmd: [text(100), text(MOST_TEXTS - 102)] },
      `a configuration of more than ${MOST_TEXTS} characters`,
    ],
    [
      'a health check',
      { Healthcheck: { Test: ['CMD', 'a'], Interval: SECOND, StartInterval: 0 } },
      undefined,
    ],
    ['one in other letters, too often', { healthcheck: { INTERVAL: SECOND - 1 } }, often],
    ['one that is too often at the start', { Healthcheck: { Interval: SECOND, StartInterval: -1 } }, often],
    ['one of another time', { Healthcheck: { Timeout: 1, Interval: 0 } }, undefined],
    ['one without a number', { Healthcheck: { Interval: 'x' } }, undefined],
    ['a long one', { Healthcheck: { Test: [text(MOST_CHECK - 3)] } }, check],
    ['one that is as long as it may be', { Healthcheck: { Test: [text(MOST_CHECK - 4)] } }, undefined],
    ['none', { Healthcheck: null, Interval: 1 }, undefined],
  ])('with %s is told by what is wrong with it', (_what, config, wrong) => {
    expect(readConfig(json({ config, os: 'linux' })).wrong).toBe(wrong)
    expect(readConfig(json({ config: {}, container_config: config })).wrong).toBe(wrong)
  })

  test('has as many characters of labels as all its parts', () => {
    const part = { Labels: { a: 'bc', d: '' }, Env: ['long'] }
    expect(readConfig(json({ config: part, container_config: { labels: { e: 'f' } } })).labels).toBe(6)
    expect(readConfig(json({ config: { Labels: null } })).labels).toBe(0)
  })

  test.each(['[]', '"x"', 'null', '1'])('%s is none', (written) => {
    expect(() => readConfig(Buffer.from(written))).toThrow('the configuration of an image must be an object')
  })
})
