import { describe, expect, test } from 'vitest'
import { UNLABELLED } from '../../test/cases/world.ts'
import { openSmallGate, toldBy } from '../../test/support/small-gate.ts'

const OWN = `sha256:${'a'.repeat(64)}`
const PARENT = `sha256:${'b'.repeat(64)}`
const THEIRS = `sha256:${'c'.repeat(64)}`
const NAMES = ['docker.io/library/one:1', 'docker.io/library/two:1']
const OF_OWN = { id: OWN, names: NAMES, parent: PARENT, ...UNLABELLED }
const OF_THEIRS = { id: THEIRS, names: ['docker.io/library/alpine:latest'], parent: '', ...UNLABELLED }
const LISTED = [OF_OWN, { id: PARENT, names: [], parent: '', ...UNLABELLED }, OF_THEIRS]

/** A gate whose worker has an image with two names, upon a step of its own. */
async function openWithImage(answers: (what: string) => readonly [number, unknown] | undefined) {
  const small = await openSmallGate({ allow: ['run', 'tag', 'rmi'] }, answers, undefined, LISTED)
  const { ownership } = small.gate
  for (const id of [OWN, PARENT]) ownership.settle(ownership.claimImage('ai-worker', id))
  for (const name of NAMES) ownership.settle(ownership.claimTag('ai-worker', name, OWN))
  return small
}

const removal = (what: string) => /^DELETE \/images\/([^?]+)/.exec(decodeURIComponent(what))?.[1]

describe('an image is removed', () => {
  test('by its name: that one goes, and its other name stays, with what it was built upon', async () => {
    using small = await openWithImage((what) =>
      what.startsWith('DELETE') ? [200, [{ Untagged: 'one:1' }]] : undefined,
    )
    expect(toldBy(await small.call('DELETE /images/one:1'))).toEqual([200, [{ Untagged: 'one:1' }]])
    expect(small.asked.map(removal)).toEqual(['one:1'])
  })

  test('by its id with `force`: name by name, and then what it was built upon', async () => {
    using small = await openWithImage((what) =>
      what.startsWith('DELETE') ? [200, [{ Untagged: removal(what) }]] : undefined,
    )
    const [status, told] = toldBy(await small.call(`DELETE /images/${OWN}?force=1`))
    expect(status).toBe(200)
    expect(small.asked.map(removal)).toEqual(['one:1', 'two:1', PARENT])
    expect(told).toEqual([{ Untagged: 'one:1' }, { Untagged: 'two:1' }, { Deleted: PARENT }])
  })

  test('not where the engine keeps it: that is told, and nothing more is sent', async () => {
    using small = await openWithImage((what) =>
      what.startsWith('DELETE') ? [409, { message: 'in use' }] : undefined,
    )
    expect(toldBy(await small.call(`DELETE /images/${OWN}?force=1`))).toEqual([409, { message: 'in use' }])
    expect(small.asked).toHaveLength(1)
    expect(await small.outcomes()).toMatchObject([{ operation: 'image.remove', status: 409 }])
  })
})

describe('a name is given', () => {
  const TAG = 'POST /images/one:1/tag?repo=new&tag=1'
  const NEW = 'docker.io/library/new:1'

  test('to an own image, and is the worker’s', async () => {
    using small = await openWithImage((what) => (what.includes('/tag?') ? [201, ''] : undefined))
    expect(await small.call(TAG)).toMatchObject({ kind: 'whole', status: 201 })
    expect(small.gate.ownership.ownsTag('ai-worker', NEW, OWN)).toBe(true)
    expect(await small.outcomes()).toMatchObject([{ operation: 'image.tag', status: 201 }])
  })

  test('not where the engine refuses it', async () => {
    using small = await openWithImage((what) =>
      what.includes('/tag?') ? [500, { message: 'no' }] : undefined,
    )
    expect(toldBy(await small.call(TAG))[0]).toBe(500)
    expect(small.gate.ownership.isGiven(NEW, OWN)).toBe(false)
  })

  test('not where another image got the name that it was asked by, while it waited for its turn', async () => {
    using small = await openWithImage((what) => (what.includes('/tag?') ? [201, ''] : undefined))
    small.listNext([
      { ...OF_OWN, names: ['docker.io/library/two:1'] },
      { ...OF_THEIRS, names: ['docker.io/library/one:1'] },
    ])
    const [status] = toldBy(await small.call(TAG))
    expect(status).not.toBe(201)
    expect(small.asked).toEqual([])
    expect(small.gate.ownership.isGiven(NEW, OWN)).toBe(false)
  })
})

describe('a commit is named when it is there', () => {
  const MADE = `sha256:${'d'.repeat(64)}`
  const CONTAINER = 'e'.repeat(64)

  async function committing(tagging: number) {
    using small = await openSmallGate(
      { allow: ['run', 'commit'] },
      (what) => {
        if (what.startsWith('POST /commit')) {
          small.listNext([...LISTED, { id: MADE, names: [], parent: '', ...UNLABELLED }])
          return [201, { Id: MADE }]
        }
        return what.includes('/tag?') ? [tagging, { message: 'no' }] : undefined
      },
      undefined,
      LISTED,
    )
    small.own('container', CONTAINER, 'web')
    const told = toldBy(await small.call('POST /commit?container=web&repo=mine&tag=1'))
    const { ownership } = small.gate
    const named = ownership.ownsTag('ai-worker', 'docker.io/library/mine:1', MADE)
    const isKept = ownership.isGiven('docker.io/library/mine:1', MADE)
    return { told, asked: small.asked, image: ownership.owner('image', MADE), named, isKept }
  }

  test('by the gate, and both are the worker’s', async () => {
    const { told, asked, image, named, isKept } = await committing(201)
    expect(told).toEqual([201, { Id: MADE }])
    expect(asked.map((what) => what.split('?')[0])).toEqual(['POST /commit', `POST /images/${MADE}/tag`])
    expect([image, named, isKept]).toEqual(['ai-worker', true, true])
  })

  test('and is the worker’s without a name where that could not be given', async () => {
    const { told, image, named, isKept } = await committing(500)
    expect(told).toMatchObject([409, { message: expect.stringContaining('could not be given') }])
    expect([image, named, isKept]).toEqual(['ai-worker', false, false])
  })
})
