/** Facts that a decision needs are asked for by its type: each line that the type checker has to refuse is marked as such. */
import { expect, test } from 'vitest'
import { ENGINE } from '../../test/cases/world.ts'
import { addsImages, mounts, needsFit } from '../decode/properties.ts'
import { resolved, type Facts, type OfFit, type Resolved } from './facts.ts'

const fit = { paths: new Map(), roots: new Map(), others: new Map(), networks: new Map() }
const usage = { containers: 0, networks: 0, volumes: 0, memory: 0, nanoCpus: 0 }
const OF_TAG = { engine: ENGINE, image: undefined, names: new Map(), imagesListed: 0 }
const OF_START = { engine: ENGINE, container: undefined, usage, ...fit }
const TAG = { kind: 'image.tag', image: 'a', parameters: { repo: 'b' } } as const
const START = { kind: 'container.start', container: 'a', parameters: {} } as const
const STOP = { kind: 'container.stop', container: 'a', parameters: {} } as const

test('an operation comes with all facts that its kind needs', () => {
  expect(resolved(TAG, OF_TAG)).toEqual({ kind: 'image.tag', operation: TAG, facts: OF_TAG })
})

test('none of them can be left out', () => {
  const unlisted = { engine: ENGINE, image: undefined, names: new Map() }
  // @ts-expect-error it is not known how much is listed of the worker's images
  const asked = resolved(TAG, unlisted)
  // @ts-expect-error nor can that be said of it
  resolved(TAG, { ...unlisted, imagesListed: undefined })
  // @ts-expect-error nor can the engine be left out
  resolved(STOP, { container: undefined })
  expect(asked.facts).toBe(unlisted)
})

test('those of another kind are none', () => {
  const stop: Resolved<'container.stop'> = resolved(STOP, { engine: ENGINE, container: undefined })
  // @ts-expect-error a start needs more than a stop
  const start: Resolved = { kind: 'container.start', operation: START, facts: stop.facts }
  // @ts-expect-error the operation has to be of the kind as well
  const other: Resolved = { kind: 'container.start', operation: STOP, facts: OF_START }
  // @ts-expect-error of several kinds all facts of each are needed
  resolved<'container.start' | 'container.stop'>(STOP, stop.facts)
  // @ts-expect-error what a kind does not need is not there for its decision
  const wanted = stop.facts.usage
  expect([start.facts, other.operation, wanted]).toEqual([stop.facts, STOP, undefined])
})

test('who asks for the kind has the operation and the facts of that kind', () => {
  const known = (asked: Resolved): unknown => {
    if (asked.kind === 'image.tag') return [asked.operation.parameters.repo, asked.facts.imagesListed]
    return asked.kind === 'container.start' ? [asked.operation.container, asked.facts.usage] : undefined
  }
  expect(known(resolved(TAG, OF_TAG))).toEqual(['b', 0])
  expect(known(resolved(START, OF_START))).toEqual(['a', usage])
})

test('the row of a kind in the properties asks for facts too', () => {
  const ofFit = (asked: Resolved): Pick<Facts, OfFit> | undefined =>
    needsFit(asked) ? asked.facts : undefined
  const ofMounts = (asked: Resolved): Pick<Facts, 'paths' | 'roots'> | undefined =>
    mounts(asked) ? asked.facts : undefined
  const listed = (asked: Resolved): number | undefined =>
    addsImages(asked) ? asked.facts.imagesListed : undefined
  const [start, tag] = [resolved(START, OF_START), resolved(TAG, OF_TAG)]
  expect([start, tag].map(ofFit)).toEqual([OF_START, undefined])
  expect([start, tag].map(ofMounts)).toEqual([OF_START, undefined])
  expect([start, tag].map(listed)).toEqual([undefined, 0])
})
