import { describe, expect, test } from 'vitest'
import {
  blobsOf,
  bytesOf,
  descriptorOf,
  digestOf,
  entryOf,
  indexOf,
  madeImage,
} from '../../test/support/archives.ts'
import { FieldError } from './fields.ts'
import { readIndex } from './image-archive.ts'
import { readImages, type ArchiveFiles } from './image-layout.ts'
import { JsonError } from './json.ts'
import { CONFIG, INDEX, LAYER, MANIFEST } from './oci.ts'

/** Files of an archive; what begins as an object was kept. */
function filesOf(blobs: readonly Buffer[]): ArchiveFiles {
  return new Map(
    blobs.map((blob) => {
      const digest = digestOf(blob)
      const content = blob[0] === 0x7b ? blob : undefined
      const file = { size: blob.length, digest, plain: digest, start: blob.subarray(0, 4), content }
      return [`blobs/${digest.replace(':', '/')}`, file] as const
    }),
  )
}

const read = (entries: readonly object[], files: ArchiveFiles) =>
  readImages(readIndex(indexOf(...entries)), files)

const [one, two] = [madeImage('one', { config: { Labels: { a: 'bc' } } }), madeImage('two')]
const arm = { os: 'linux', architecture: 'arm64' }

describe('an image layout', () => {
  test('has images by their manifests, with what an engine looks up of them', () => {
    const entry = { ...entryOf(one.manifest, 'docker.io/mine/one:1'), platform: arm }
    expect(read([entry, entryOf(two.manifest)], filesOf(blobsOf(one, two)))).toEqual([
      {
        name: 'docker.io/mine/one:1',
        target: { ...descriptorOf(one.manifest, MANIFEST), platform: arm },
        present: undefined,
        size: { labels: 3, parts: 2 },
      },
      {
        name: '',
        target: { ...descriptorOf(two.manifest, MANIFEST), platform: undefined },
        present: undefined,
        size: { labels: 0, parts: 2 },
      },
    ])
  })

  test('has images of several platforms by their index', () => {
    const index = indexOf(entryOf(one.manifest), entryOf(two.manifest))
    expect(read([entryOf(index, 'a:1', INDEX)], filesOf([index, ...blobsOf(one, two)]))).toEqual([
      {
        name: 'a:1',
        target: descriptorOf(index, INDEX),
        present: undefined,
        size: { labels: 3, parts: 5 },
      },
    ])
  })

  test('has of an index what is in the archive', () => {
    const index = indexOf(entryOf(one.manifest), { ...entryOf(two.manifest), platform: arm })
    const [image] = read([entryOf(index, 'a:1', INDEX)], filesOf([index, ...blobsOf(two)]))
    expect(image).toMatchObject({
      present: [{ ...descriptorOf(two.manifest, MANIFEST), platform: arm }],
      size: { labels: 0, parts: 3 },
    })
  })

  test('has what BuildKit attests', () => {
    const statement = bytesOf({ _type: 'https://in-toto.io/Statement/v0.1' })
    const attestation = madeImage(
      'x',
      { rootfs: { type: 'layers', diff_ids: [digestOf(statement)] } },
      { layers: [descriptorOf(statement, 'application/vnd.in-toto+json')] },
    )
    const attested = {
      ...entryOf(attestation.manifest),
      annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      platform: { os: 'unknown', architecture: 'unknown' },
    }
    const index = indexOf(entryOf(one.manifest), attested)
    const blobs = [index, statement, ...blobsOf(one, attestation)]
    expect(read([entryOf(index, 'a:1', INDEX)], filesOf(blobs))).toMatchObject([{ size: { parts: 5 } }])
  })
})

describe('an image layout is refused', () => {
  /** Image one, with changes to its manifest. */
  const changed = (changes: object) => {
    const image = madeImage('one', {}, changes)
    return [[entryOf(image.manifest, 'a:1')], blobsOf(image)] as const
  }
  const config = descriptorOf(one.config, CONFIG)
  const layer = descriptorOf(one.layer, LAYER)
  const raw = (text: string) => [[entryOf(Buffer.from(text), 'a:1')], [Buffer.from(text)]] as const
  const nested = indexOf(entryOf(one.manifest))
  const outer = indexOf(entryOf(nested, undefined, INDEX))

  test.each<[string, readonly [readonly object[], readonly Buffer[]], string]>([
    ['whose manifest is missing', [[entryOf(one.manifest)], []], 'not in the archive: the manifest'],
    [
      'whose configuration is missing',
      [[entryOf(one.manifest)], [one.manifest, one.layer]],
      'not in the archive: the config',
    ],
    [
      'whose layer is missing',
      [[entryOf(one.manifest)], [one.manifest, one.config]],
      'not in the archive: the layer',
    ],
    [
      'with an index of which nothing is there',
      [[entryOf(nested, 'a:1', INDEX)], [nested]],
      'nothing is in the archive of the index',
    ],
    [
      'with an index in an index',
      [[entryOf(outer, 'a:1', INDEX)], [outer, nested, ...blobsOf(one)]],
      'is not the type',
    ],
    [
      'with a manifest that is called an index',
      [[entryOf(one.manifest, 'a:1', INDEX)], blobsOf(one)],
      'is not known',
    ],
    [
      'with an index that is called a manifest',
      [[entryOf(nested, 'a:1')], [nested, ...blobsOf(one)]],
      'is not known',
    ],
    [
      'without a media type',
      [[{ digest: digestOf(one.manifest), size: 1 }], blobsOf(one)],
      'is not the type',
    ],
    [
      'of Docker’s first schema',
      [
        [entryOf(one.manifest, 'a:1', 'application/vnd.docker.distribution.manifest.v1+prettyjws')],
        blobsOf(one),
      ],
      'is not the type',
    ],
    [
      'with another digest',
      [[{ ...entryOf(one.manifest), digest: `sha512:${'0'.repeat(128)}` }], blobsOf(one)],
      'not a digest of SHA-256',
    ],
    [
      'with what is not a digest',
      [[{ ...entryOf(one.manifest), digest: 'sha256:0' }], blobsOf(one)],
      'not a digest of SHA-256',
    ],
    ['with a wrong length', [[{ ...entryOf(one.manifest), size: 1 }], blobsOf(one)], 'is not as long'],
    [
      'with a layer that is an index',
      changed({ layers: [descriptorOf(nested, INDEX)] }),
      'is not the type of a layer',
    ],
    [
      'with a layer of another type',
      changed({ layers: [{ ...layer, mediaType: 'text/plain' }] }),
      'is not the type of a layer',
    ],
    [
      'with a configuration of another type',
      changed({ config: { ...config, mediaType: MANIFEST } }),
      'is not the type of a config',
    ],
    [
      'with a layer from elsewhere',
      changed({ layers: [{ ...layer, urls: ['http://x'] }] }),
      'fetch it from elsewhere',
    ],
    [
      'with a layer in its descriptor',
      changed({ layers: [{ ...layer, data: 'e30=' }] }),
      'take it for the file',
    ],
    ['without layers', changed({ layers: null }), 'no configuration or no layers'],
    [
      'with manifests in a manifest',
      changed({ manifests: [] }),
      'a manifest.manifests: this field is not known',
    ],
    [
      'with layers of the first schema',
      changed({ fsLayers: null }),
      'a manifest.fsLayers: this field is not known',
    ],
    [
      'with a key in other letters',
      changed({ Layers: null, layers: undefined }),
      'a manifest.Layers: this field',
    ],
    [
      'with an unknown field of a layer',
      changed({ layers: [{ ...layer, x: null }] }),
      'this field is not known',
    ],
    ['of another version', changed({ schemaVersion: 1 }), 'not of version 2'],
    ['whose manifest says that it is an index', changed({ mediaType: INDEX }), 'says that it is'],
    ['whose manifest is no JSON', raw('{'), 'expected'],
    ['whose version is not a whole number to Go', raw('{"schemaVersion":2.0}'), 'a value expected'],
    [
      'whose length is not a whole number to Go',
      raw('{"schemaVersion":2,"config":{"size":1e3}}'),
      'a value expected',
    ],
    ['with equal keys', raw('{"schemaVersion":2,"SchemaVersion":2}'), 'is there twice'],
  ])('%s', (_what, [entries, blobs], why) => {
    const reading = () => read(entries, filesOf(blobs))
    expect(reading).toThrow(why)
    expect(reading).toThrow(
      expect.toSatisfy((error) => error instanceof FieldError || error instanceof JsonError),
    )
  })

  test('whose configuration may not be loaded', () => {
    const image = madeImage('x', { config: { OnBuild: ['RUN ls'] } })
    expect(() => read([entryOf(image.manifest)], filesOf(blobsOf(image)))).toThrow('ONBUILD')
  })

  test('with a blob that is not what its name says', () => {
    const files = new Map(filesOf(blobsOf(one)))
    const path = `blobs/${digestOf(one.layer).replace(':', '/')}`
    const file = files.get(path)
    if (file === undefined) throw new Error('no layer')
    files.set(path, { ...file, digest: digestOf(one.config) })
    expect(() => read([entryOf(one.manifest)], files)).toThrow('not what its digest says')
  })

  test('whose manifest is no JSON that was kept', () => {
    const files = new Map(filesOf(blobsOf(one)))
    const path = `blobs/${digestOf(one.config).replace(':', '/')}`
    const file = files.get(path)
    if (file === undefined) throw new Error('no configuration')
    files.set(path, { ...file, content: undefined })
    expect(() => read([entryOf(one.manifest)], files)).toThrow('no JSON object of at most 1 MiB')
  })
})
