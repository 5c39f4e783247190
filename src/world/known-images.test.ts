import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { imageIdOf, UNLABELLED } from '../../test/cases/world.ts'
import { KnownImages, type KnownImage } from './known-images.ts'

const [ONE, OTHER] = [imageIdOf('one'), imageIdOf('other')]
const [X, Y] = ['docker.io/library/x:1', 'docker.io/library/y:1']
const image = (id: string, ...names: readonly string[]): KnownImage => {
  return { id, names, parent: '', ...UNLABELLED }
}

/** Images of which a list told. */
function listed(...list: readonly KnownImage[]): KnownImages {
  const images = new KnownImages()
  images.listed(images.question(), list)
  return images
}

describe('an answer to an older question', () => {
  test('overrules no newer one of that image', () => {
    const images = listed(image(ONE, X))
    const [older, newer] = [images.question(), images.question()]
    images.answered(newer, new Map([[ONE, image(ONE, Y)]]))
    images.answered(older, new Map([[ONE, image(ONE, X)]]))
    expect([images.named(X), images.named(Y)?.id]).toEqual([undefined, ONE])
  })

  test('brings back no image that is gone, be it a list, or later than one', () => {
    const images = listed(image(ONE, X))
    const [single, older, newer] = [images.question(), images.question(), images.question()]
    images.answered(newer, new Map([[ONE, undefined]]))
    images.listed(older, [image(ONE, X)])
    expect(images.get(ONE)).toBeUndefined()
    images.listed(images.question(), [])
    images.answered(single, new Map([[ONE, image(ONE, X)]]))
    expect([images.get(ONE), images.named(X)]).toEqual([undefined, undefined])
  })

  test('takes away no name that the gate has given since', () => {
    const images = listed(image(ONE), image(OTHER, X))
    const older = images.question()
    images.name(X, ONE)
    images.listed(older, [image(ONE), image(OTHER, X)])
    expect(images.named(X)?.id).toBe(ONE)
    expect(images.get(OTHER)?.names).toEqual([])
  })
})

describe('an image came after a question was numbered', () => {
  test('where a later one told of it first, whenever the answer came', () => {
    const images = listed(image(ONE))
    const mark = images.question()
    images.answered(images.question(), new Map([[OTHER, image(OTHER)]]))
    expect([images.cameAfter(ONE, mark), images.cameAfter(OTHER, mark)]).toEqual([false, true])
    images.answered(images.question(), new Map([[ONE, image(ONE, X)]]))
    expect(images.cameAfter(ONE, mark)).toBe(false)
    const another = listed()
    const [early, later] = [another.question(), another.question()]
    another.listed(early, [image(ONE)])
    expect(another.cameAfter(ONE, later)).toBe(false)
  })

  test('where it was deleted meanwhile, and is here again', () => {
    const images = listed(image(ONE))
    const mark = images.question()
    images.deleted(ONE)
    expect([images.cameAfter(ONE, mark), images.cameAfter(ONE, images.question())]).toEqual([true, false])
    images.answered(images.question(), new Map([[ONE, undefined]]))
    expect(images.cameAfter(ONE, mark)).toBe(false)
    images.deleted(ONE)
    expect(images.cameAfter(ONE, mark)).toBe(false)
  })
})

test('an image that is not on a list is gone, but for one that was told of since', () => {
  const images = listed(image(ONE, X))
  const list = images.question()
  images.answered(images.question(), new Map([[OTHER, image(OTHER, Y)]]))
  images.listed(list, [])
  expect([...images.all()].map(({ id }) => id)).toEqual([OTHER])
})

describe('a name', () => {
  test('of two images is doubtful, until it is known which of them lost it', () => {
    const images = listed(image(ONE, X), image(OTHER))
    images.answered(images.question(), new Map([[OTHER, image(OTHER, X)]]))
    expect([images.isDoubtful(X), images.named(X)]).toEqual([true, undefined])
    images.answered(images.question(), new Map([[ONE, image(ONE)]]))
    expect([images.isDoubtful(X), images.named(X)?.id]).toEqual([false, OTHER])
  })

  test('by which an engine finds no image, though one is told to have it, is doubtful', () => {
    const images = listed(image(ONE, X))
    const answers = new Map([
      [X, undefined],
      [ONE, image(ONE, X)],
    ])
    images.answered(images.question(), answers)
    expect([images.isDoubtful(X), images.named(X)]).toEqual([true, undefined])
    images.answered(images.question(), new Map([[X, image(ONE, X)]]))
    expect(images.named(X)?.id).toBe(ONE)
  })

  test('leads to those that had it when it is asked for, or told of another', () => {
    const images = listed(image(ONE, X))
    expect([...images.concerned(new Map([[X, undefined]]))]).toEqual([ONE])
    expect([...images.concerned(new Map([[OTHER, image(OTHER, X)]]))]).toEqual([ONE])
    const asked = new Map([
      [OTHER, image(OTHER, X)],
      [ONE, undefined],
    ])
    expect([...images.concerned(asked)]).toEqual([])
  })
})

test('whatever comes in whatever order, of each image the newest question counts', () => {
  const names = fc.uniqueArray(fc.constantFrom(X, Y), { maxLength: 2 })
  const told = fc.option(names, { nil: undefined })
  const answer = fc.record({ kind: fc.constantFrom('list', 'single'), one: told, other: told })
  const property = fc.property(
    fc.array(answer, { maxLength: 12 }),
    fc.infiniteStream(fc.nat()),
    (all, dice) => {
      const images = new KnownImages()
      const asked = all.map((each) => ({ ...each, question: images.question() }))
      const arriving = asked
        .map((each) => ({ each, place: dice.next().value ?? 0 }))
        .toSorted((a, b) => a.place - b.place)
        .map(({ each }) => each)
      const make = (id: string, of: readonly string[] | undefined) => of && image(id, ...of)
      for (const { kind, one, other, question } of arriving) {
        const both = [make(ONE, one), make(OTHER, other)] as const
        if (kind === 'list')
          images.listed(
            question,
            both.filter((each) => each !== undefined),
          )
        else images.answered(question, new Map([[ONE, both[0]]]))
      }
      const lastOfOne = asked.at(-1)
      const lastOfOther = asked.findLast(({ kind }) => kind === 'list')
      expect(images.get(ONE)?.names).toEqual(lastOfOne?.one)
      expect(images.get(OTHER)?.names).toEqual(lastOfOther?.other)
    },
  )
  fc.assert(property, { numRuns: 500 })
})
