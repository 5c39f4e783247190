import { describe, expect, test, vi } from 'vitest'
import { startFakeEngine } from '../../test/support/fake-engine.ts'
import { openGate } from '../../test/support/local-gate.ts'
import { imageIdOf } from '../../test/cases/world.ts'
import { ImagesUnknown } from './image-sight.ts'

const ID = imageIdOf('one')
const NAME = 'docker.io/library/x:1'

/** A gate before an engine whose list of images comes when it is let, and whose events a test tells. */
async function gateBefore(status = 200) {
  const held = Promise.withResolvers<void>()
  const asked = { lists: 0, singles: 0 }
  let tell: (event: object) => void = () => undefined
  let names: readonly string[] = []
  const one = (): string => JSON.stringify({ Id: ID, RepoTags: names, RepoDigests: [] })
  const engine = await startFakeEngine({
    'GET /events': (_, response) => {
      response.flushHeaders()
      tell = (event) => response.write(`${JSON.stringify(event)}\n`)
    },
    'GET /images/json': (_, response) => {
      asked.lists += 1
      const fails = asked.lists === 1 && status !== 200
      void held.promise.then(() => response.writeHead(fails ? status : 200).end(`[${one()}]`))
    },
    [`GET /images/${ID}/json`]: (_, response) => {
      asked.singles += 1
      response.end(one())
    },
    [`GET /images/${NAME}/json`]: (_, response) => {
      asked.singles += 1
      response.writeHead(names.includes('x:1') ? 200 : 404).end(names.includes('x:1') ? one() : '{}')
    },
  })
  const local = await openGate(engine.url)
  const { feed, sight } = local.gate
  void feed.run()
  await expect.poll(() => feed.connected).toBeDefined()
  return {
    sight,
    asked,
    letGo: held.resolve,
    name: (...given: readonly string[]) => {
      names = given
      tell({ Type: 'image', Action: 'tag', Actor: { ID, Attributes: { name: 'x:1' } } })
    },
    [Symbol.dispose]: () => {
      local[Symbol.dispose]()
      engine[Symbol.dispose]()
    },
  }
}

describe('while an engine lists its images', () => {
  test('it counts as connected, and what needs them waits', async () => {
    using gate = await gateBefore()
    expect(gate.sight.known).toBeUndefined()
    const known = gate.sight.whenKnown()
    gate.letGo()
    expect((await known).get(ID)).toMatchObject({ id: ID })
  })

  test('what needs them is told after five seconds that they are not known yet', async () => {
    using gate = await gateBefore()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const told = gate.sight.whenKnown().catch((cause: unknown) => cause)
      await vi.advanceTimersByTimeAsync(5_000)
      expect(await told).toBeInstanceOf(ImagesUnknown)
    } finally {
      vi.useRealTimers()
    }
    gate.letGo()
    await expect.poll(() => gate.sight.known).toBeDefined()
  })

  test('what events tell of is known when it is done, though the list is older', async () => {
    using gate = await gateBefore()
    gate.name('x:1')
    await expect.poll(() => gate.asked.singles).toBeGreaterThan(0)
    gate.letGo()
    expect((await gate.sight.whenKnown()).named(NAME)?.id).toBe(ID)
  })
})

test('a list that fails is begun again, and the connection stays', async () => {
  using gate = await gateBefore(500)
  gate.letGo()
  await expect.poll(() => gate.sight.known).toBeDefined()
  expect(gate.asked.lists).toBe(2)
})

test('what an event tells of is asked for by itself, and no list of all', async () => {
  using gate = await gateBefore()
  gate.letGo()
  const known = await gate.sight.whenKnown()
  gate.name('x:1')
  await expect.poll(() => known.named(NAME)?.id).toBe(ID)
  gate.name()
  await expect.poll(() => known.named(NAME)).toBeUndefined()
  expect(gate.asked.lists).toBe(1)
})
