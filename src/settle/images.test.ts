import { PassThrough, Writable, pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ask, imageIdOf, policyOf, worldWith } from '../../test/cases/world.ts'
import type { Reply } from '../forward/reply.ts'
import type { PullPermit } from '../policy/verdict.ts'
import type { Change } from '../store/store.ts'
import { NewImages } from './images.ts'

const WORKER = policyOf().name
const NAME = 'docker.io/library/new:1'
const NEW = imageIdOf('new')

function world() {
  const known = worldWith()
  return { ...known, feed: { refreshImages: () => Promise.resolve() } }
}

/** A permit to pull the image. */
function pull(): PullPermit {
  const { verdict } = ask({ line: 'POST /v1.45/images/create?fromImage=new&tag=1' })
  if (verdict.effect === 'allow' && verdict.permit.on === 'pull') return verdict.permit
  throw new Error('a pull is allowed by the standard policy')
}

function streamed(body: PassThrough): Extract<Reply, { kind: 'stream' }> {
  return { kind: 'stream', status: 200, headers: {}, body }
}

describe('a name that a pull brings', () => {
  test('is the worker’s, and so is a new image', async () => {
    const known = world()
    const images = await NewImages.before(known, WORKER, pull())
    known.inventory.replaceImages([{ id: NEW, names: [NAME] }])
    await images.take()
    expect(known.ownership.ownsTag(WORKER, NAME, NEW)).toBe(true)
    expect(known.ownership.owner('image', NEW)).toBe(WORKER)
  })

  test('is another worker’s who gave it while the pull went on', async () => {
    const known = world()
    const images = await NewImages.before(known, WORKER, pull())
    known.inventory.replaceImages([{ id: NEW, names: [NAME] }])
    for (const [kind, id] of [
      ['image', NEW],
      ['tag', NAME],
    ] as const)
      known.ownership.settle(known.ownership.claim(kind, 'rival', { memory: 0, nanoCpus: 0 }), id, NEW)
    await images.take()
    expect(known.ownership.ownsTag('rival', NAME, NEW)).toBe(true)
    expect(known.ownership.ownsTag(WORKER, NAME, NEW)).toBe(false)
  })

  test('is another worker’s who is giving it when the pull ends', async () => {
    const known = world()
    const images = await NewImages.before(known, WORKER, pull())
    const end = known.ownership.namesGiven.keep('rival', [NAME])
    known.inventory.replaceImages([{ id: NEW, names: [NAME] }])
    await images.take()
    end()
    expect(known.ownership.ownsTag(WORKER, NAME, NEW)).toBe(false)
  })
})

test.each([0, 2, 100, 160, 400])(
  'what a call brings is settled once, however it ends (%i kB)',
  async (size) => {
    for (const leaves of [true, false]) {
      const images = await NewImages.before(world(), WORKER, pull())
      const settled: (readonly Change[])[] = []
      const engine = new PassThrough()
      const reply = images.follow(streamed(engine), (changes) => settled.push(changes))
      if (reply.kind !== 'stream') throw new Error('a stream stays one')
      // A client that reads nothing, and one that reads all.
      const client = new Writable({ write: (_chunk, _encoding, done) => void (leaves || done()) })
      pipeline(reply.body, client, () => undefined)
      for (let left = size; left > 0; left -= 1) engine.write(Buffer.alloc(1024))
      engine.end()
      await sleep(20)
      client.destroy()
      await sleep(20)
      expect(settled).toHaveLength(1)
    }
  },
)
