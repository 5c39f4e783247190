import { describe, expect, test } from 'vitest'
import { SEES_ALL } from '../../../test/support/view.ts'
import { list } from '../fields.ts'
import type { View } from '../view.ts'
import { inspectedImage, layers, listedImage } from './image.ts'

const mine = 'a'.repeat(64)
const view: View = {
  ...SEES_ALL,
  container: (id: string) => id === mine,
  image: (id: string) => id === 'sha256:own',
  imageName: (name: string) => name.startsWith('docker.io/mine/') || name.startsWith('mine/'),
}
const THEIRS = 'theirs'

const filterImages = (images: unknown, seen: View, byName = false) =>
  list(listedImage(byName)).read(images, seen) ?? []
const filterImage = (image: unknown, seen: View) => inspectedImage.read(image, seen)
const filterHistory = (answer: unknown, seen: View) => layers.read(answer, seen)

/** An answer with a field that nobody knows at each of its levels. */
function unknownEverywhere(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unknownEverywhere)
  if (typeof value !== 'object' || value === null) return value
  const known = Object.entries(value).map(([key, item]) => [key, unknownEverywhere(item)] as const)
  return { ...Object.fromEntries(known), Unknown: THEIRS, unknown: { deep: [THEIRS] } }
}

const platform = {
  architecture: 'arm64',
  os: 'linux',
  variant: 'v8',
  'os.version': '1',
  'os.features': ['a'],
}
const descriptor = {
  mediaType: 'm',
  digest: 'sha256:1',
  size: 5,
  annotations: { 'org.opencontainers.image.created': 'now' },
  platform,
}
const theirDescriptor = {
  ...descriptor,
  urls: [THEIRS],
  data: THEIRS,
  annotations: {
    ...descriptor.annotations,
    'io.containerd.image.name': THEIRS,
    'org.opencontainers.image.ref.name': THEIRS,
    'containerd.io/distribution.source.docker.io': THEIRS,
  },
}
const signature = { Name: 'n', Timestamps: [{ Type: 'Tlog' }], Signer: { Issuer: 'i' }, Warnings: ['w'] }
const manifest = {
  ID: 'sha256:1',
  Descriptor: descriptor,
  Available: true,
  Size: { Content: 1, Total: 2 },
  Kind: 'image',
  ImageData: {
    Platform: platform,
    Identity: { Signature: [signature], Pull: [{ Repository: 'docker.io/mine/a' }] },
    Containers: [mine],
    Size: { Unpacked: 1 },
  },
  AttestationData: { For: 'sha256:2' },
}
const theirManifest = {
  ...manifest,
  Descriptor: theirDescriptor,
  ImageData: {
    ...manifest.ImageData,
    Identity: {
      Signature: [{ ...signature, DockerReference: THEIRS }],
      Pull: [{ Repository: 'docker.io/mine/a' }, { Repository: THEIRS }],
      Build: [{ Ref: THEIRS }],
    },
    Containers: [mine, THEIRS],
  },
}
const both = { Size: 5, VirtualSize: 5, Descriptor: descriptor, Manifests: [manifest] }
const names = { RepoTags: ['mine/a:1'], RepoDigests: ['mine/a@sha256:1'] }
const theirNames = {
  RepoTags: ['mine/a:1', 'theirs/a:1'],
  RepoDigests: ['mine/a@sha256:1', 'theirs/a@sha256:1'],
}
const theirBoth = { ...both, Descriptor: theirDescriptor, Manifests: [theirManifest] }

describe('images are told field by field', () => {
  const told = { Id: 'sha256:1', ParentId: '', Created: 1, ...names, ...both }

  test('in a list', () => {
    const answer = [unknownEverywhere({ ...told, ...theirNames, ...theirBoth, Containers: 7, SharedSize: 9 })]
    expect(filterImages(answer, view)).toEqual([
      { ...told, Containers: -1, SharedSize: -1, Manifests: [shownIn(manifest)] },
    ])
    expect(JSON.stringify(filterImages(answer, view))).not.toContain(THEIRS)
  })

  test('with their labels, whatever these are called', () => {
    const Labels = { Unknown: 'a', b: '' }
    expect(filterImages([{ ...told, Labels }], view)).toMatchObject([{ Labels }])
    expect(filterImages([{ ...told, Labels: null }], view)).toMatchObject([{ Labels: null }])
  })

  test('where they are inspected', () => {
    const config = {
      Hostname: 'h',
      User: 'u',
      Tty: true,
      ExposedPorts: { '80/tcp': {} },
      Env: ['A=b'],
      Cmd: ['sh'],
      Healthcheck: { Test: ['CMD', 'a'], Interval: 1, Retries: 2 },
      Volumes: { '/a': {} },
      Labels: null,
      Entrypoint: null,
    }
    const inspected = {
      Id: 'sha256:1',
      ...names,
      ...both,
      Created: 'now',
      Author: 'a',
      Container: mine,
      Architecture: 'arm64',
      Os: 'linux',
      RootFS: { Type: 'layers', Layers: ['sha256:3'] },
    }
    const answer = {
      ...inspected,
      ...theirNames,
      ...theirBoth,
      Config: config,
      ContainerConfig: { Env: ['A=b'] },
      GraphDriver: { Name: 'overlay2', Data: { UpperDir: THEIRS } },
      Metadata: { LastTagTime: THEIRS },
      Identity: theirManifest.ImageData.Identity,
    }
    const { ExposedPorts, Volumes, ...plain } = config
    const shown = filterImage(
      {
        ...Object.fromEntries(
          Object.entries(answer).map(([key, value]) => [
            key,
            key === 'Config'
              ? {
                  ...Object.fromEntries(
                    Object.entries(plain).map(([name, item]) => [name, unknownEverywhere(item)]),
                  ),
                  ExposedPorts,
                  Volumes,
                  Unknown: THEIRS,
                }
              : unknownEverywhere(value),
          ]),
        ),
        Unknown: THEIRS,
      },
      view,
    )
    expect(shown).toEqual({
      ...inspected,
      Manifests: [shownIn(manifest)],
      Config: config,
      ContainerConfig: { Env: ['A=b'] },
      GraphDriver: { Name: 'overlay2', Data: null },
      Metadata: {},
      Identity: shownIn(manifest).ImageData.Identity,
    })
    expect(JSON.stringify(shown)).not.toContain(THEIRS)
    expect(filterImage({ Container: 'b'.repeat(64) }, view)).toEqual({ RepoTags: [], RepoDigests: [] })
  })

  test('in their history', () => {
    const layer = { Id: 'sha256:1', Created: 1, CreatedBy: 'x', Tags: ['mine/a:1'], Size: 1, Comment: '' }
    const answer = [unknownEverywhere({ ...layer, Tags: ['mine/a:1', THEIRS] }), { ...layer, Tags: null }]
    expect(filterHistory(answer, view)).toEqual([layer, { ...layer, Tags: null }])
  })
})

/** A manifest as it is told: of where an image was pulled from, a text that may be told. */
function shownIn(of: typeof manifest) {
  return {
    ...of,
    ImageData: {
      ...of.ImageData,
      Identity: { Signature: [signature], Pull: [{ Repository: 'docker.io/mine/a' }] },
    },
  }
}

test('what is not an answer tells nothing', () => {
  for (const answer of [null, 'x', 7, {}, [null, 'x', 7, []]]) expect(filterImages(answer, view)).toEqual([])
  expect(filterHistory({}, view)).toBeUndefined()
  expect(filterImage('x', view)).toBeUndefined()
})

test('an image is told by a name of the worker’s, or by its own id where no name was asked for', () => {
  const images = [
    { Id: 'sha256:1', RepoTags: ['theirs:1'] },
    { Id: 'sha256:own', RepoTags: ['theirs:1'], RepoDigests: null },
    { Id: 'sha256:2', RepoTags: ['mine/a:1'] },
  ]
  const idsOf = (byName: boolean) => filterImages(images, view, byName).map(({ Id }) => Id)
  expect(idsOf(false)).toEqual(['sha256:own', 'sha256:2'])
  expect(idsOf(true)).toEqual(['sha256:2'])
})
