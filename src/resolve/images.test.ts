import { describe, expect, test } from 'vitest'
import { imageIdOf, policyOf, UNLABELLED, setImages, worldWith } from '../../test/cases/world.ts'
import { findImage, imagesListed, ownersOfNames } from './images.ts'
import { reconcileImages } from '../world/reconcile.ts'

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
    setImages(world, [
      { id: imageIdOf('own'), names: [], parent: '', ...UNLABELLED },
      { id: imageIdOf('shared'), names: [OWN], parent: '', ...UNLABELLED },
    ])
    expect(ownerOf(world, OWN)).toBe('other')
    reconcileImages(world)
    expect(world.ownership.get('tag', OWN)).toBeUndefined()
    // The image is still its own.
    expect(world.ownership.owner('image', imageIdOf('own'))).toBe(worker.name)
  })

  test('that another worker is giving is the other’s until it is done', () => {
    const world = worldWith()
    const name = 'docker.io/library/new:1'
    const first = world.ownership.namesGiven.reserve('rival', [name])
    const second = world.ownership.namesGiven.reserve('rival', [name])
    expect(ownerOf(world, 'new:1')).toBe('other')
    first()
    first()
    expect(ownerOf(world, 'new:1')).toBe('other')
    second()
    expect(ownerOf(world, 'new:1')).toBe('nobody')
  })

  test('that the worker itself is giving is free for it', () => {
    const world = worldWith()
    world.ownership.namesGiven.reserve(worker.name, ['docker.io/library/new:1'])
    expect(ownerOf(world, 'new:1')).toBe('nobody')
  })
})

test('an image is not found by a name that another worker gives it, or has while it pushes, until that is done', () => {
  const world = worldWith()
  const done = world.ownership.namesGiven.reserve('rival', [OWN])
  expect(findImage(world, worker, 'own:1')).toBeUndefined()
  expect(findImage(world, worker, imageIdOf('own'))).toMatchObject({ names: [OWN], hidden: [OWN] })
  done()
  expect(findImage(world, worker, 'own:1')).toMatchObject({ id: imageIdOf('own'), hidden: [] })
})

test('what is listed of a worker’s images is that of its own, and of nobody’s with its label', () => {
  const world = worldWith()
  const image = (name: string, label: string, listed: number) => {
    return { ...UNLABELLED, id: imageIdOf(name), names: [], parent: '', worker: label, listed }
  }
  setImages(world, [
    image('own', 'rival', 1),
    image('shared', '', 10),
    image('left', worker.name, 100),
    image('theirs', 'rival', 1_000),
  ])
  expect(imagesListed(world, worker.name, { containerd: false })).toBe(101)
  expect(imagesListed(world, 'rival', { containerd: false })).toBe(1_000)
  expect(imagesListed(world, 'rival', { containerd: true })).toBe(1_000 + 16 * 1024)
})

describe('on containerd’s store', () => {
  const id = imageIdOf('own')
  const image = (name: string, names: readonly string[]) => {
    return { ...UNLABELLED, id: imageIdOf(name), names, parent: '' }
  }

  test('a name that is listed twice is nobody’s to give, and no image’s', () => {
    for (const images of [[image('own', [OWN]), image('shared', [OWN])], [image('own', [OWN, OWN])]]) {
      const world = worldWith()
      setImages(world, images)
      expect(findImage(world, worker, 'own:1')).toBeUndefined()
      expect(ownersOfNames(world, worker, ['own:1'])).toEqual(new Map([['own:1', 'other']]))
      reconcileImages(world)
      expect(world.ownership.owner('tag', OWN)).toBeUndefined()
    }
  })

  test('an image is found by its id in a repository that has a tag of it, and in no other', () => {
    const world = worldWith()
    setImages(world, [image('own', [OWN])])
    expect(findImage(world, worker, `own@${id}`)?.ownNames).toEqual([OWN])
    expect(findImage(world, worker, `other@${id}`)).toBeUndefined()
  })
})
