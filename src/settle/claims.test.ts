import { describe, expect, test } from 'vitest'
import { ask, idOf, policyOf, worldWith, type Settings } from '../../test/cases/world.ts'
import { openClaims } from './claims.ts'
import { Reservations } from '../world/reservations.ts'

const WORDS = [
  'run',
  'create',
  'rm',
  'update',
  'start',
  'ps',
  'events',
  'tag',
  'commit',
  'import',
  'build',
  'rename',
]
const GIVEN: Settings = {
  docker: {
    allow: [...WORDS, 'network create', 'volume create', 'volume rm'],
    reach: { ollama: ['rename'] },
  },
  ...{ run: {}, without: [], world: {} },
}
const WORKER = policyOf(GIVEN).name

/** What is claimed for a request that the policy allows, and the world that it counts in. */
function claiming(line: string, body?: unknown) {
  const world = worldWith()
  const { verdict } = ask({ line, body }, GIVEN)
  if (verdict.effect === 'refuse') throw new Error(JSON.stringify(verdict.refusal))
  return { ...world, claims: openClaims({ ...world, diagnostics: new Reservations() }, WORKER, verdict) }
}

describe('what is about to be made', () => {
  test.each<readonly [string, unknown, string]>([
    ['POST /containers/create', { Image: 'alpine' }, 'container'],
    ['POST /networks/create', { Name: 'new' }, 'network'],
    ['POST /volumes/create', { Name: 'new' }, 'volume'],
    ['POST /commit?container=web', undefined, 'image'],
    ['POST /images/own:1/tag?repo=mine', undefined, 'tag'],
  ])('by %s is claimed by its worker, and no more once it is dropped', (line, body, kind) => {
    const { claims, ownership } = claiming(line, body)
    const { object } = claims
    expect(object).toMatchObject({ kind, worker: WORKER })
    expect(claims.changes[0]).toEqual({ type: 'claim', claim: object })
    expect(ownership.hasClaim(WORKER, object?.nonce ?? '')).toBe(true)
    claims.drop()
    expect(ownership.hasClaim(WORKER, object?.nonce ?? '')).toBe(false)
    // What was settled or dropped is not dropped again.
    expect(claims.drop()).toEqual([])
  })

  test('counts with its limits', () => {
    const { ownership, claims } = claiming('POST /containers/create', {
      ...{ Image: 'alpine', HostConfig: { Memory: 64 * 2 ** 20, NanoCpus: 5e8 } },
    })
    const before = worldWith().ownership.usage(WORKER)
    const after = ownership.usage(WORKER)
    expect([after.containers - before.containers, after.memory - before.memory]).toEqual([1, 64 * 2 ** 20])
    claims.drop()
    expect(ownership.usage(WORKER)).toEqual(before)
  })

  test('has volumes claimed with it that nobody owns, and the others kept', () => {
    const { claims, ownership } = claiming('POST /containers/create', {
      ...{ Image: 'alpine', HostConfig: { Binds: ['mine:/m', 'new:/n'] } },
    })
    expect([...claims.volumes.keys()]).toEqual(['new'])
    const keepers = () => ['mine', 'new'].map((name) => ownership.volumesInUse.workerOf(name))
    expect(keepers()).toEqual([WORKER, WORKER])
    claims.release()
    expect(keepers()).toEqual([undefined, undefined])
  })

  test('is none where it is there: a volume of the worker’s is kept for the call', () => {
    const { claims, ownership } = claiming('POST /volumes/create', { Name: 'mine' })
    expect([claims.object, claims.changes]).toEqual([undefined, []])
    expect(ownership.volumesInUse.workerOf('mine')).toBe(WORKER)
    claims.drop()
    expect(ownership.volumesInUse.workerOf('mine')).toBeUndefined()
  })
})

test('a volume is kept from other calls while it is removed', () => {
  const { claims, ownership } = claiming('DELETE /volumes/mine')
  expect(ownership.volumesRemoved.workerOf('mine')).toBe(WORKER)
  claims.release()
  expect(ownership.volumesRemoved.workerOf('mine')).toBeUndefined()
})

test('a container that is changed counts with its new limits from the start, and with the old ones after a failure', () => {
  const { claims, ownership } = claiming('POST /containers/web/update', { Memory: 512 * 2 ** 20 })
  const before = worldWith().ownership.usage(WORKER)
  expect(ownership.usage(WORKER).memory).toBeGreaterThanOrEqual(before.memory)
  expect(ownership.containersUpdated.workerOf(idOf('web'))).toBe(WORKER)
  claims.drop()
  expect(ownership.usage(WORKER)).toEqual(before)
  expect(ownership.containersUpdated.workerOf(idOf('web'))).toBeUndefined()
})

test('a new name of a container of the operator’s is on record before it is asked for', () => {
  const { claims, renames } = claiming('POST /containers/ollama/rename?name=llama')
  expect(claims.changes).toHaveLength(1)
  expect(renames.isUnderWay(idOf('ollama'))).toBe(true)
  claims.drop()
  expect(renames.isUnderWay(idOf('ollama'))).toBe(false)
})

test('a stream of events counts as long as it goes on', () => {
  const { claims, ownership } = claiming('GET /events')
  expect(ownership.eventsFollowed.workerOf(WORKER)).toBe(WORKER)
  claims.release()
  expect(ownership.eventsFollowed.workerOf(WORKER)).toBeUndefined()
})

test.each([
  'POST /build?t=mine:1',
  'POST /images/create?fromSrc=-&repo=mine',
  'POST /images/own:1/tag?repo=mine',
])('names that %s gives are kept for it', (line) => {
  const { claims, ownership } = claiming(line)
  const keeper = () =>
    ['mine:1', 'mine:latest'].map((name) => ownership.namesGiven.workerOf(`docker.io/library/${name}`))
  expect(keeper()).toContain(WORKER)
  claims.release()
  expect(keeper()).not.toContain(WORKER)
})

test.each(['GET /containers/json', 'POST /containers/web/start', 'POST /containers/web/rename?name=new'])(
  '%s claims nothing',
  (line) => {
    const { claims } = claiming(line)
    expect(claims).toMatchObject({ object: undefined, rename: undefined, changes: [] })
  },
)

test('what is refused claims nothing', () => {
  const { verdict } = ask({ line: 'POST /containers/database/start' }, GIVEN)
  expect(openClaims({ ...worldWith(), diagnostics: new Reservations() }, WORKER, verdict)).toMatchObject({
    object: undefined,
    changes: [],
  })
})
