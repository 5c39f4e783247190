import { PassThrough, Writable, pipeline } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ask, imageIdOf, policyOf, UNLABELLED, worldWith } from '../../test/cases/world.ts'
import type { Reply } from '../forward/reply.ts'
import type { Change } from '../store/store.ts'
import { bringsImages } from './bringing.ts'
import { NewImages } from './images.ts'

const WORKER = policyOf().name
const NAME = 'docker.io/library/new:1'
const NEW = imageIdOf('new')

function world() {
  const known = worldWith()
  return { ...known, feed: { refreshImages: () => Promise.resolve() } }
}

function streamed(body: PassThrough): Extract<Reply, { kind: 'stream' }> {
  return { kind: 'stream', status: 200, headers: {}, body }
}

/** A permit for a request that the standard policy allows, of that kind. */
function permit(line: string) {
  const { verdict } = ask({ line }, { docker: { allow: ['build', 'pull'] }, run: {}, without: [], world: {} })
  if (verdict.effect === 'allow' && bringsImages(verdict.permit)) return verdict.permit
  throw new Error(`${line} is allowed, and brings images`)
}

const BUILD = 'POST /v1.45/build?t=new:1'
const PULL = 'POST /v1.45/images/create?fromImage=new&tag=1'
const NO_LIMITS = { memory: 0, nanoCpus: 0 }

describe('a name that a pull brings', () => {
  const DONE = '{"status":"Status: Downloaded newer image for new:1"}\r\n'

  async function pulling(
    meanwhile: (known: ReturnType<typeof world>) => void,
    answer: string,
    ends: boolean,
  ) {
    const known = world()
    const images = await NewImages.before(known, WORKER, permit(PULL))
    known.inventory.replaceImages([{ id: NEW, names: [NAME], parent: '', ...UNLABELLED }])
    meanwhile(known)
    images.look(answer)
    if (ends) images.end()
    await images.take()
    return {
      name: known.ownership.ownsTag(WORKER, NAME, NEW),
      image: known.ownership.owner('image', NEW) === WORKER,
    }
  }

  test('is the worker’s, and so is a new image', async () => {
    expect(await pulling(() => undefined, DONE, true)).toEqual({ name: true, image: true })
    // Its client may leave before the very end.
    expect(await pulling(() => undefined, DONE, false)).toEqual({ name: true, image: true })
  })

  test('is not the worker’s where the pull failed or was broken off: somebody else gave it', async () => {
    expect(await pulling(() => undefined, '{"status":"Pulling"}', false)).toEqual({
      name: false,
      image: false,
    })
    const failed = '{"errorDetail":{"message":"no"},"error":"no"}'
    expect(await pulling(() => undefined, failed, true)).toEqual({ name: false, image: false })
  })

  test('is another worker’s who gave it while the pull went on', async () => {
    const give = ({ ownership }: ReturnType<typeof world>): void => {
      ownership.settle(ownership.claim('image', 'rival', NO_LIMITS), NEW, '')
      ownership.settle(ownership.claim('tag', 'rival', NO_LIMITS), NAME, NEW)
    }
    expect(await pulling(give, DONE, true)).toEqual({ name: false, image: false })
  })

  test('is another worker’s who is giving it when the pull ends', async () => {
    const give = ({ ownership }: ReturnType<typeof world>) => ownership.namesGiven.keep('rival', [NAME])
    expect(await pulling(give, DONE, true)).toMatchObject({ name: false })
  })
})

describe('an image that a build makes', () => {
  const BASE = imageIdOf('own')
  const STEP = imageIdOf('step')

  async function building(line: string, answer: string, label = WORKER) {
    const known = world()
    const images = await NewImages.before(known, WORKER, permit(line))
    images.buildUpon([BASE])
    known.inventory.replaceImages([
      { id: BASE, names: [], parent: '', ...UNLABELLED },
      { id: STEP, names: [], parent: BASE, ...UNLABELLED, worker: WORKER },
      { id: NEW, names: [NAME], parent: STEP, ...UNLABELLED, worker: label },
    ])
    images.look(answer)
    images.end()
    await images.take()
    const owner = (id: string) => known.ownership.owner('image', id)
    return { name: known.ownership.ownsTag(WORKER, NAME, NEW), image: owner(NEW), step: owner(STEP) }
  }
  const NOTHING = { name: false, image: undefined, step: undefined }

  test('is the worker’s with its name and its steps', async () => {
    const all = { name: true, image: WORKER, step: WORKER }
    expect(await building(BUILD, `{"aux":{"ID":"${NEW}"}}\r\n`)).toEqual(all)
    expect(await building(`${BUILD}&q=1`, `{"stream":"${NEW}\\n"}\r\n`)).toEqual(all)
  })

  test('is not the worker’s where it has not the label that every build gets', async () => {
    expect(await building(BUILD, `{"aux":{"ID":"${NEW}"}}`, 'rival')).toMatchObject({ image: undefined })
  })

  test.each([
    [
      'it was quiet, failed, and told what a program of it had printed',
      `${BUILD}&q=1`,
      `{"stream":"${NEW}\\n"}\r\n{"errorDetail":{"message":"no"}}\r\n`,
    ],
    [
      'it was quiet, and told more behind the id',
      `${BUILD}&q=1`,
      `{"stream":"${NEW}\\n"}\r\n{"stream":"b"}\r\n`,
    ],
    ['it told of it, and failed', BUILD, `{"aux":{"ID":"${NEW}"}}\r\n{"errorDetail":{"message":"no"}}`],
    ['a program of it printed the id', BUILD, JSON.stringify({ stream: `${NEW}\n` })],
    ['a program of it printed an answer', BUILD, JSON.stringify({ stream: `{"aux":{"ID":"${NEW}"}}` })],
    ['it told of another', BUILD, `{"aux":{"ID":"${imageIdOf('other')}"}}`],
    ['it failed', BUILD, '{"errorDetail":{"message":"no"}}'],
    ['it was quiet and tells what a loud one does', `${BUILD}&q=1`, `{"aux":{"ID":"${NEW}"}}`],
  ])('is not the worker’s because %s', async (_what, line, answer) => {
    expect(await building(line, answer)).toEqual(NOTHING)
  })
})

test.each([0, 2, 100, 160, 400])(
  'what a call brings is settled once, however it ends (%i kB)',
  async (size) => {
    for (const leaves of [true, false]) {
      const images = await NewImages.before(world(), WORKER, permit(PULL))
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
