/** What is decided of an image's names while a build or a load goes on. */
import { expect, test } from 'vitest'
import { ask, policyOf } from '../../test/cases/world.ts'
import { parseReference } from '../decode/reference.ts'
import { planBasePull } from './image-build.ts'
import { checkLoadedNames } from './image-transfer.ts'

const basePull = (written: string, platform?: string) => {
  const settings = { docker: { allow: ['build'] }, run: {}, world: {}, without: [] }
  const { verdict } = ask({ line: 'POST /build' }, settings)
  const image = parseReference(written)
  if (verdict.effect === 'refuse' || verdict.permit.on !== 'build' || image === undefined)
    throw new Error(`no build takes ${written}`)
  return planBasePull(verdict.permit, image, platform)
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
