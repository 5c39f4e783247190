/** What is decided of an image's names while a build or a load goes on. */
import { describe, expect, test } from 'vitest'
import { ask, policyOf } from '../../test/cases/world.ts'
import { parseReference } from '../decode/reference.ts'
import { planBasePull } from '../decide/image-build.ts'
import { checkLoaded } from '../decide/image-room.ts'
import { checkLoadedNames } from '../decide/image-transfer.ts'

const basePull = (written: string, platform?: string) => {
  const settings = { docker: { allow: ['build'] }, run: {}, world: {}, without: [] }
  const { run } = policyOf(settings).docker
  const { verdict } = ask({ line: 'POST /build' }, settings)
  const image = parseReference(written)
  if (verdict.effect === 'refuse' || verdict.permit.on !== 'build' || image === undefined)
    throw new Error(`no build takes ${written}`)
  return planBasePull(run, verdict.permit, image, platform)
}

const DIGEST = `sha256:${'a'.repeat(64)}`

test.each([
  ['alpine', 'docker.io/library/alpine', 'latest'],
  ['ghcr.io/acme/app:2', 'ghcr.io/acme/app', '2'],
  [`alpine@${DIGEST}`, 'docker.io/library/alpine', DIGEST],
])('a build that takes from %s pulls that alone', (written, name, tag) => {
  const parameters = { fromImage: name, tag, platform: 'linux/arm64' }
  expect(basePull(written, 'linux/arm64')).toEqual({
    on: 'pull',
    operation: { kind: 'image.pull', parameters, registryAuth: undefined },
    name,
    tag,
  })
})

test('an archive gives names that are covered, and nobody else’s', () => {
  const { run } = policyOf().docker
  const names = new Map([
    ['own:1', 'self'],
    ['alpine:3', 'other'],
    ['new:1', 'nobody'],
  ] as const)
  expect(checkLoadedNames(run, ['own:1', 'new:1'], names)).toEqual([])
  expect(checkLoadedNames(run, ['alpine:3', 'operator/secret:1'], names)).toMatchObject([
    { rule: 'image.name', what: 'name in the archive = alpine:3' },
    { rule: 'run.images', what: 'name in the archive = operator/secret:1' },
  ])
})

describe('the images of an archive', () => {
  const images = (count: number, more: object = {}) =>
    Array.from({ length: count }, (_, index) => ({
      id: `sha256:${index}`,
      names: [`docker.io/library/own:${index}`],
      labels: 0,
      parts: 2,
      ...more,
    }))
  const classic = { containerd: false }
  const check = (found: ReturnType<typeof images>, listed = 0, engine = classic, missing = found) =>
    checkLoaded(found, missing, listed, engine).map(({ rule, why }) => `${rule}: ${why}`)
  const names = Array.from({ length: 1025 }, (_, index) => `docker.io/library/a:${index}`)
  const MIB = 2 ** 20

  test.each([
    ['as many as may be', images(256)],
    ['many names', images(1, { names: names.slice(1) })],
    ['many layers', images(1, { parts: 4096 })],
    ['long labels', images(4, { labels: 65_536 })],
    ['one of two names', [...images(1), ...images(1, { names: ['docker.io/library/b:1'] })]],
    ['one that is said very often', Array.from({ length: 500 }, () => images(1)).flat()],
  ])('may be %s', (_what, found) => {
    expect(check(found)).toEqual([])
  })

  test.each([
    ['images', images(257), 'load.archive: it has 257 images, of which 256 are loaded at once'],
    ['names', images(1, { names }), 'load.archive: it has 1025 names, of which 1024 are loaded at once'],
    [
      'layers',
      images(2, { parts: 2049 }),
      'load.archive: it has 4098 manifests and layers, of which 4096 are loaded at once',
    ],
    [
      'labels, as often as they are listed',
      images(5, { labels: 60_000 }),
      'load.archive: its images have labels of more than 262144 characters',
    ],
    [
      'images of one name',
      images(2, { names: ['docker.io/library/own:1'] }),
      'load.archive: docker.io/library/own:1 is the name of two images in it',
    ],
  ])('may not have too many %s', (_what, found, why) => {
    expect(check(found)).toEqual([why])
  })

  test('have to have room beside what is listed of the worker’s, if they are not here', () => {
    const found = images(2, { labels: 1024 })
    expect(check(found, 16 * MIB - 2 * 1536)).toEqual([])
    expect(check(found, 16 * MIB - 2 * 1536 + 1)).toEqual([
      "run.limits.images: they already take 17 MiB of the engine's image list, labels included (limit 16 MiB)",
    ])
    expect(check(found, 16 * MIB, classic, [])).toEqual([])
    expect(check(images(2), 16 * MIB - 2 * (16 * 1024 + 512), { containerd: true })).toEqual([])
    expect(check(images(2), 16 * MIB - 2 * (16 * 1024 + 512) + 1, { containerd: true })).toEqual([
      "run.limits.images: they already take 17 MiB of the engine's image list, labels included, 16 KiB for each image (limit 16 MiB)",
    ])
  })
})
