import { describe, expect, test } from 'vitest'
import { openSmallGate, toldBy } from '../../test/support/small-gate.ts'
import { Ending } from '../shared/ending.ts'
import { CLAIM_LABEL } from '../shared/labels.ts'
import { objectOf } from '../shared/json-value.ts'

const ID = 'a'.repeat(64)
const LENT = 'b'.repeat(64)
const VOLUMES = { allow: ['run', 'volume create', 'volume rm', 'volume inspect'] }
const labelled = (claim: string) => ({ Name: 'data', Labels: { [CLAIM_LABEL]: claim } })

describe('a volume is removed', () => {
  async function removing(status: number, isOwn: boolean, removal: number = 204) {
    let nonce = ''
    using small = await openSmallGate(VOLUMES, (what) => {
      if (what === 'GET /volumes/data') return [status, labelled(isOwn ? nonce : 'another')]
      return what === 'DELETE /volumes/data' ? [removal, { message: 'in use' }] : undefined
    })
    nonce = small.own('volume', 'data')
    const reply = await small.call('DELETE /volumes/data')
    if (reply.kind !== 'whole') throw new Error('the answer is whole')
    return {
      ...{ status: reply.status, told: reply.body.toString() },
      removed: small.asked.includes('DELETE /volumes/data'),
      owned: small.gate.ownership.owner('volume', 'data') !== undefined,
      known: small.gate.inventory.hasVolume('data'),
      outcomes: await small.outcomes(),
    }
  }

  test('by its name while that is the one that was decided on, and is forgotten then', async () => {
    const done = await removing(200, true)
    expect(done).toMatchObject({ status: 204, removed: true, owned: false, known: false })
    expect(done.outcomes).toMatchObject([{ operation: 'volume.remove', status: 204 }])
  })

  test('not where the name is another’s by now: nothing is sent, and it is forgotten', async () => {
    expect(await removing(200, false)).toMatchObject({ status: 404, removed: false, owned: false })
    expect(await removing(404, true)).toMatchObject({ status: 404, removed: false, owned: false })
  })

  test.each([500, 409, 201])(
    'not where the engine answers %i to the question whose it is, and it stays the worker’s',
    async (status) => {
      expect(await removing(status, true)).toMatchObject({
        ...{ status, removed: false, owned: true, known: true },
        told: expect.stringContaining('the engine does not tell whose the volume data is'),
      })
    },
  )

  test('and stays the worker’s where the engine keeps it', async () => {
    expect(await removing(200, true, 409)).toMatchObject({
      ...{ status: 409, removed: true, owned: true, known: true },
      outcomes: [{ status: 409, reason: 'in use' }],
    })
  })
})

describe('a volume is made', () => {
  /** @param carries the claim in the answer: that of the call, another of the worker's, somebody else's */
  async function making(carries: 'own' | 'another of the worker’s' | 'a rival’s') {
    let others = ''
    using small = await openSmallGate(VOLUMES, (what, { body }) => {
      if (what !== 'POST /volumes/create' || !(body instanceof Buffer)) return undefined
      const asked = objectOf(objectOf(JSON.parse(body.toString()))['Labels'])[CLAIM_LABEL]
      return [201, labelled(carries === 'own' ? String(asked) : others)]
    })
    const { ownership, inventory } = small.gate
    const worker = carries === 'a rival’s' ? 'rival' : 'ai-worker'
    const other = ownership.claim('volume', worker, { memory: 0, nanoCpus: 0 })
    others = other.nonce
    const [status] = toldBy(await small.call('POST /volumes/create', { Name: 'data' }))
    return {
      ...{ status, owner: ownership.owner('volume', 'data'), known: inventory.hasVolume('data') },
      /** What counts for the worker, made and about to be. */
      volumes: ownership.usage('ai-worker').volumes,
      isOthersOpen: ownership.hasClaim(worker, others),
    }
  }

  test('under the claim of the call, and is the worker’s', async () => {
    const done = { status: 201, owner: 'ai-worker', known: true, volumes: 2, isOthersOpen: true }
    expect(await making('own')).toEqual(done)
  })

  test('by another call of the worker’s a moment ago: that takes it over, and not this one', async () => {
    const done = { status: 201, owner: undefined, known: false, volumes: 1, isOthersOpen: true }
    expect(await making('another of the worker’s')).toEqual(done)
  })

  test('by somebody else: it is not shown', async () => {
    const done = { status: 403, owner: undefined, known: false, volumes: 0, isOthersOpen: true }
    expect(await making('a rival’s')).toEqual(done)
  })
})

describe('a container is made', () => {
  const IMAGE = { Image: 'alpine' }
  const MADE = { Id: ID, Warnings: [] }

  test('once its volumes are the worker’s, and all of it is the worker’s', async () => {
    const claims: string[] = []
    using small = await openSmallGate(VOLUMES, (what, { body }) => {
      if (what === 'POST /volumes/create' && body instanceof Buffer) {
        claims.push(String(objectOf(objectOf(JSON.parse(body.toString()))['Labels'])[CLAIM_LABEL]))
        return [201, labelled(claims[0] ?? '')]
      }
      if (what === 'GET /volumes/data') return [200, labelled(claims[0] ?? '')]
      return what.startsWith('POST /containers/create') ? [201, MADE] : undefined
    })
    const body = { ...IMAGE, HostConfig: { Binds: ['data:/data'] } }
    expect(toldBy(await small.call('POST /containers/create?name=web', body))).toEqual([201, MADE])
    expect(small.asked).toEqual([
      'POST /volumes/create',
      'POST /containers/create?name=web',
      `GET /containers/${ID}/json`,
      'GET /volumes/data',
    ])
    const { ownership, inventory } = small.gate
    expect([ownership.owner('container', ID), ownership.owner('volume', 'data')]).toEqual([
      'ai-worker',
      'ai-worker',
    ])
    expect(inventory.container(ID)).toMatchObject({ name: 'web', running: false, started: false })
    expect(await small.outcomes()).toMatchObject([{ operation: 'container.create', status: 201, target: ID }])
  })

  test('not where a volume of that name is somebody else’s: nothing more is sent', async () => {
    using small = await openSmallGate(VOLUMES, (what) =>
      what === 'POST /volumes/create' ? [201, labelled('another')] : undefined,
    )
    const body = { ...IMAGE, HostConfig: { Binds: ['data:/data'] } }
    expect(toldBy(await small.call('POST /containers/create?name=web', body))[0]).toBe(403)
    expect(small.asked).toEqual(['POST /volumes/create'])
    const usage = { containers: 0, volumes: 0, networks: 0, memory: 0, nanoCpus: 0 }
    expect(small.gate.ownership.usage('ai-worker')).toEqual(usage)
  })

  test('and removed again where its volume was swapped meanwhile', async () => {
    let claim = ''
    using small = await openSmallGate(VOLUMES, (what, { body }) => {
      if (what === 'POST /volumes/create' && body instanceof Buffer) {
        claim = String(objectOf(objectOf(JSON.parse(body.toString()))['Labels'])[CLAIM_LABEL])
        return [201, labelled(claim)]
      }
      if (what === 'GET /volumes/data') return [200, labelled('another')]
      return what.startsWith('POST /containers/create') ? [201, MADE] : undefined
    })
    const body = { ...IMAGE, HostConfig: { Binds: ['data:/data'] } }
    expect(toldBy(await small.call('POST /containers/create?name=web', body))[0]).toBe(409)
    expect(small.asked.at(-1)).toBe(`DELETE /containers/${ID}?force=1&v=1`)
    expect(small.gate.ownership.owner('container', ID)).toBeUndefined()
  })
})

describe('a restart', () => {
  test('is a stop and, when that is over, a start without delay', async () => {
    using small = await openSmallGate({ allow: ['run', 'restart'] })
    small.own('container', ID, 'web')
    const reply = await small.call('POST /containers/web/restart?t=600')
    expect(reply).toMatchObject({ kind: 'whole', status: 204 })
    expect(small.asked).toEqual([
      `GET /containers/${ID}/json`,
      `POST /containers/${ID}/stop?t=600`,
      `POST /containers/${ID}/restart?t=0`,
    ])
  })

  test('ends with a stop that fails', async () => {
    using small = await openSmallGate({ allow: ['run', 'restart'] }, (what) =>
      what.includes('/stop') ? [500, { message: 'no' }] : undefined,
    )
    small.own('container', ID, 'web')
    expect(toldBy(await small.call('POST /containers/web/restart?t=600'))[0]).toBe(500)
    expect(small.asked.filter((what) => what.includes('/restart'))).toEqual([])
  })

  test.each([
    [600, undefined, 10],
    [3, undefined, 3],
    [undefined, 4, 4],
    [undefined, 60, 10],
    [undefined, undefined, 10],
  ])(
    'of one that is removed when it stops is whole: %s asked, %s its own, %i at most',
    async (t, own, most) => {
      using small = await openSmallGate({ allow: ['run', 'restart'] }, (what) =>
        what.startsWith('GET /containers')
          ? [200, { Id: ID, HostConfig: { AutoRemove: true }, Config: { StopTimeout: own } }]
          : undefined,
      )
      small.own('container', ID, 'web')
      await small.call(`POST /containers/web/restart${t === undefined ? '' : `?t=${t}`}`)
      // The stand-in tells of a restart that takes time once more when it is over.
      expect(new Set(small.asked.slice(1))).toEqual(new Set([`POST /containers/${ID}/restart?t=${most}`]))
    },
  )
})

describe('a container joins a network of the operator’s', () => {
  async function joining(Hostname: string) {
    const may = {
      allow: ['run', 'network connect'],
      run: { networks: ['backend'], images: ['docker.io/library/*'] },
    }
    using small = await openSmallGate(may, (what) =>
      what.startsWith('GET /containers')
        ? [200, { Id: ID, Config: { Hostname }, HostConfig: {} }]
        : what.startsWith('POST /networks')
          ? [200, '']
          : undefined,
    )
    small.own('container', ID, 'web')
    small.gate.inventory.putNetwork(LENT, 'backend')
    const reply = await small.call('POST /networks/backend/connect', { Container: 'web' })
    return [reply.kind === 'stream' || reply.kind === 'whole' ? reply.status : 101, small.asked.slice(1)]
  }

  test('with the host name that it was given by an engine', async () => {
    expect(await joining(ID.slice(0, 12))).toEqual([200, [`POST /networks/${LENT}/connect`]])
  })

  test('not with one of its choice', async () => {
    expect(await joining('database')).toEqual([403, []])
  })
})

test('an exec goes on as long as its client is there', async () => {
  let isHeld = false
  const held = Promise.withResolvers<undefined>()
  using small = await openSmallGate({ exec: { own: ['ls'] }, allow: ['run', 'exec'] }, undefined, (what) =>
    isHeld && what.includes('the answer to') ? held.promise : Promise.resolve(),
  )
  small.own('container', ID, 'web')
  const [, made] = toldBy(await small.call('POST /containers/web/exec', { Cmd: ['ls'] }))
  isHeld = true
  const gone = new Ending()
  const call = small.call(`POST /exec/${String(objectOf(made)['Id'])}/start`, { Detach: true }, gone)
  await expect.poll(() => small.engine.going.size).toBe(1)
  const [going] = small.engine.going
  expect(going?.until?.isOver).toBe(false)
  gone.end()
  expect(going?.until?.isOver).toBe(true)
  held.resolve(undefined)
  expect(toldBy(await call)[0]).toBe(503)
})
