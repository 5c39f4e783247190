import { PassThrough, Writable, pipeline } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { ask, imageIdOf, policyOf, UNLABELLED, setImages, worldWith } from '../../test/cases/world.ts'
import type { Reply } from '../engine/reply.ts'
import type { Change } from '../record/store.ts'
import { bringsImages } from './image-operations.ts'
import { reconcileImages } from '../world/reconcile.ts'
import type { KnownImage } from '../world/known-images.ts'
import { NewImages } from './images.ts'
import { claimLoaded } from '../perform/load.ts'

const WORKER = policyOf().name
const NAME = 'docker.io/library/new:1'
const NEW = imageIdOf('new')

function world() {
  const known = worldWith()
  const nothing = () => Promise.resolve()
  const whenKnown = () => Promise.resolve(known.images)
  return { ...known, sight: { whenKnown, look: nothing, lookBelow: nothing, listSoon: () => undefined } }
}

function streamed(body: PassThrough): Extract<Reply, { kind: 'stream' }> {
  return { kind: 'stream', status: 200, headers: {}, body }
}

/** A permit for a request that the standard policy allows, of that kind. */
function permit(line: string) {
  const { verdict } = ask(
    { line },
    { docker: { allow: ['build', 'pull', 'load', 'push'] }, run: {}, without: [], world: {} },
  )
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
    setImages(known, [{ id: NEW, names: [NAME], parent: '', ...UNLABELLED }])
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
    const give = ({ ownership }: ReturnType<typeof world>) => ownership.namesGiven.reserve('rival', [NAME])
    expect(await pulling(give, DONE, true)).toMatchObject({ name: false })
  })
})

describe('a pull that tells a digest', () => {
  const digest = `sha256:${'d'.repeat(64)}`
  const told = (status: string): string =>
    `{"status":"Digest: ${digest}"}\r\n{"status":"Status: ${status} for new:1"}\r\n`
  const own = { name: true, image: true, digest: true }
  const none = { name: false, image: false, digest: false }

  test.each([
    ['is what has its name and its digest', 'Downloaded newer image', digest, own],
    ['is not what somebody else gave the name to', 'Downloaded newer image', imageIdOf('other'), none],
    ['is nothing where the name was that of the image already', 'Image is up to date', digest, none],
  ])('%s', async (_what, status, has, expected) => {
    const known = world()
    const images = await NewImages.before(known, WORKER, permit(PULL))
    const stored = `docker.io/library/new@${has}`
    setImages(known, [{ id: NEW, names: [NAME, stored], parent: '', ...UNLABELLED }])
    images.look(told(status))
    images.end()
    await images.take()
    const { ownership } = known
    expect({
      name: ownership.ownsTag(WORKER, NAME, NEW),
      image: ownership.owner('image', NEW) === WORKER,
      digest: ownership.ownsTag(WORKER, stored, NEW),
    }).toEqual(expected)
  })
})

describe('what a load is to bring', () => {
  const OTHER = imageIdOf('other')

  async function loading(ends: boolean, listed: readonly KnownImage[]) {
    const known = world()
    const images = await NewImages.before(known, WORKER, permit('POST /v1.45/images/load'))
    images.expect(claimLoaded(known, WORKER, [{ id: NEW, names: ['new:1'] }]))
    setImages(known, listed)
    if (ends) images.end()
    await images.take()
    const later = reconcileImages(known)
    return {
      name: known.ownership.ownsTag(WORKER, NAME, NEW),
      image: known.ownership.owner('image', NEW) === WORKER,
      later: later.filter(({ type }) => type === 'own').length,
    }
  }
  const loaded = { id: NEW, names: [NAME], parent: '', ...UNLABELLED }

  test('is the worker’s once it is there, though the load failed in the end', async () => {
    expect(await loading(true, [loaded])).toEqual({ name: true, image: true, later: 0 })
    expect(await loading(true, [{ ...loaded, names: [] }])).toEqual({ name: false, image: true, later: 0 })
  })

  test('is the worker’s when it is there later, where its client went away', async () => {
    expect(await loading(false, [loaded])).toEqual({ name: true, image: true, later: 2 })
  })

  test('is not what has its name, or its id under another name', async () => {
    const nothing = { name: false, image: false, later: 0 }
    expect(await loading(true, [{ ...loaded, id: OTHER }])).toEqual(nothing)
    expect(await loading(true, [{ ...loaded, names: ['docker.io/library/theirs:1'] }])).toEqual(nothing)
    expect(await loading(false, [{ ...loaded, names: ['docker.io/library/theirs:1'] }])).toEqual(nothing)
  })

  test('is no image that was here before', () => {
    const known = world()
    setImages(known, [{ ...loaded, names: [] }])
    const claims = claimLoaded(known, WORKER, [{ id: NEW, names: ['new:1'] }])
    expect(claims.map(({ kind, id, name }) => [kind, id, name])).toEqual([['tag', NAME, NEW]])
  })
})

test('of a push, the new digest of the image that was pushed is the worker’s, and no name that it lost meanwhile', async () => {
  const known = world()
  const [OWN, OTHER] = [imageIdOf('own'), imageIdOf('other')]
  const name = 'docker.io/library/own:1'
  const before = { id: OWN, names: [name], parent: '', ...UNLABELLED }
  setImages(known, [before])
  known.ownership.settle(known.ownership.claimTag(WORKER, name, OWN))
  const digest = `docker.io/library/own@sha256:${'d'.repeat(64)}`
  const images = await NewImages.before(known, WORKER, permit('POST /v1.45/images/own/push?tag=1'))
  setImages(known, [
    { ...before, names: [digest] },
    { ...before, id: OTHER, names: [name] },
  ])
  images.end()
  await images.take()
  expect(known.ownership.ownsTag(WORKER, digest, OWN)).toBe(true)
  expect(known.ownership.ownsTag(WORKER, name, OTHER)).toBe(false)
  expect(known.ownership.owner('image', OTHER)).toBeUndefined()
})

describe('an image that a build makes', () => {
  const BASE = imageIdOf('own')
  const STEP = imageIdOf('step')

  async function building(line: string, answer: string, label = WORKER) {
    const known = world()
    const named: string[] = []
    const give = async (image: string, names: readonly string[], changes: readonly Change[]) => {
      named.push(...names.map((name) => `${name} ${image} after ${changes.length}`))
      return { given: names, failed: [], changes: [] }
    }
    const images = await NewImages.before(known, WORKER, permit(line), give)
    images.buildUpon([BASE])
    setImages(known, [
      { id: BASE, names: [], parent: '', ...UNLABELLED },
      { id: STEP, names: [], parent: BASE, ...UNLABELLED, worker: WORKER },
      { id: NEW, names: [NAME], parent: STEP, ...UNLABELLED, worker: label },
    ])
    images.look(answer)
    await images.settle({ kind: 'whole', status: 200, headers: {}, body: '' })
    const owner = (id: string) => known.ownership.owner('image', id)
    return { name: named.join(), image: owner(NEW), step: owner(STEP) }
  }
  const NOTHING = { name: '', image: undefined, step: undefined }

  test('is the worker’s with its name and its steps', async () => {
    const all = { name: `${NAME} ${NEW} after 2`, image: WORKER, step: WORKER }
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

/** More than there are chunks. */
const TURNS = 500
const LONG = { timeout: 30_000 }

test.each([0, 2, 100, 160, 400])(
  'what a call brings is settled once, however it ends (%i kB)',
  async (size) => {
    for (const leaves of [true, false]) {
      const images = await NewImages.before(world(), WORKER, permit(PULL))
      const settled: (readonly Change[])[] = []
      const engine = new PassThrough()
      const reply = images.follow(
        streamed(engine),
        (changes) => void settled.push(changes),
        (text) => text,
      )
      if (reply.kind !== 'stream') throw new Error('a stream stays one')
      // A client that reads nothing, and one that reads all.
      const client = new Writable({ write: (_chunk, _encoding, done) => void (leaves || done()) })
      pipeline(reply.body, client, () => undefined)
      for (let left = size; left > 0; left -= 1) engine.write(Buffer.alloc(1024))
      engine.end()
      // What is there flows as far as its client lets it.
      for (let turns = 0; turns < TURNS; turns += 1) await turn()
      client.destroy()
      await vi.waitUntil(() => settled.length > 0, LONG)
      for (let turns = 0; turns < TURNS; turns += 1) await turn()
      expect(settled).toHaveLength(1)
    }
  },
)
