import { describe, expect, test } from 'vitest'
import { imageIdOf, policyOf, worldWith } from '../../test/cases/world.ts'
import { ownersOfNames } from './images.ts'
import { forgetImages } from './reconcile.ts'

const worker = policyOf()
const OWN = 'docker.io/library/own:1'

/** Whose a name is, asked by the worker of the standard policy. */
function ownerOf(world: ReturnType<typeof worldWith>, name: string) {
  return ownersOfNames(world, worker, [name]).get(name)
}

describe('a name', () => {
  test.each([
    ['own:1', 'self'],
    ['docker.io/own:1', 'self'],
    ['index.docker.io/library/own:1', 'self'],
    ['own', 'nobody'],
    ['alpine', 'other'],
    ['docker.io/library/alpine:3', 'other'],
    // The image is the worker's, the name is not.
    ['operator/mixed:1', 'other'],
    ['NOT A NAME', undefined],
  ])('%s is of %s', (name, owner) => {
    expect(ownerOf(worldWith(), name)).toBe(owner)
  })

  test('is the worker’s no more once somebody has given it to another image', () => {
    const world = worldWith()
    world.inventory.replaceImages([
      { id: imageIdOf('own'), names: [], parent: '' },
      { id: imageIdOf('shared'), names: [OWN], parent: '' },
    ])
    expect(ownerOf(world, OWN)).toBe('other')
    forgetImages(world.ownership, world.inventory)
    expect(world.ownership.get('tag', OWN)).toBeUndefined()
    // The image is still its own.
    expect(world.ownership.owner('image', imageIdOf('own'))).toBe(worker.name)
  })

  test('that another worker is giving is the other’s until it is done', () => {
    const world = worldWith()
    const name = 'docker.io/library/new:1'
    const first = world.ownership.namesGiven.keep('rival', [name])
    const second = world.ownership.namesGiven.keep('rival', [name])
    expect(ownerOf(world, 'new:1')).toBe('other')
    first()
    first()
    expect(ownerOf(world, 'new:1')).toBe('other')
    second()
    expect(ownerOf(world, 'new:1')).toBe('nobody')
  })

  test('that the worker itself is giving is free for it', () => {
    const world = worldWith()
    world.ownership.namesGiven.keep(worker.name, ['docker.io/library/new:1'])
    expect(ownerOf(world, 'new:1')).toBe('nobody')
  })
})
