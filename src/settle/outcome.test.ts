import { describe, expect, test } from 'vitest'
import { openSmallGate, toldBy } from '../../test/support/small-gate.ts'
import { EngineUnavailable } from '../engine/engine.ts'

const ID = 'a'.repeat(64)
const MAY = {
  allow: ['run', 'network create', 'network rm', 'rm', 'rename', 'stop', 'start', 'update', 'inspect'],
  reach: { ollama: ['rename'] },
}
const NOTHING = { containers: 0, networks: 0, volumes: 0, memory: 0, nanoCpus: 0 }
const CREATE = { Image: 'alpine' }

describe('a create', () => {
  test('that succeeds is the worker’s, by the name that an event told of meanwhile', async () => {
    using small = await openSmallGate(MAY, (what) =>
      what.startsWith('POST /containers/create') ? [201, { Id: ID, Warnings: [] }] : undefined,
    )
    const state = { running: true, started: true, image: '', binds: [] }
    small.gate.inventory.putContainer({ id: ID, name: 'renamed', claim: '', ...state })
    await small.call('POST /containers/create?name=web', CREATE)
    expect(small.gate.ownership.get('container', ID)).toMatchObject({ worker: 'ai-worker', name: 'renamed' })
    expect(small.gate.inventory.container(ID)).toMatchObject({ name: 'renamed', running: false })
    expect(await small.outcomes()).toMatchObject([{ status: 201, target: ID, reason: '' }])
  })

  test('that an engine refuses leaves nothing that counts, and its reason on record', async () => {
    using small = await openSmallGate(MAY, () => [409, { message: 'the name is taken' }])
    const reply = await small.call('POST /containers/create?name=web', CREATE)
    expect(toldBy(reply)).toEqual([409, { message: 'the name is taken' }])
    expect(small.gate.ownership.usage('ai-worker')).toEqual(NOTHING)
    expect(await small.outcomes()).toMatchObject([{ status: 409, reason: 'the name is taken' }])
  })

  test('of which it is not known whether it was done counts until that is known', async () => {
    using small = await openSmallGate(MAY, (what) => {
      if (what.startsWith('POST /containers/create')) throw new EngineUnavailable('broken off')
      return undefined
    })
    expect(toldBy(await small.call('POST /containers/create', CREATE))[0]).toBe(503)
    expect(small.gate.ownership.usage('ai-worker').containers).toBe(1)
    expect(small.gate.ownership.unsureClaims()).toMatchObject([{ kind: 'container', worker: 'ai-worker' }])
    expect(await small.outcomes()).toMatchObject([{ status: 0, reason: 'broken off' }])
  })
})

describe('a network', () => {
  test('that was made is the worker’s, and no more when it was removed', async () => {
    using small = await openSmallGate(MAY, (what) => {
      if (what === 'POST /networks/create') return [201, { Id: ID, Warning: 'w' }]
      return what.startsWith('DELETE') ? [204, ''] : undefined
    })
    const { ownership } = small.gate
    expect(toldBy(await small.call('POST /networks/create', { Name: 'lab' }))).toEqual([
      ...[201, { Id: ID, Warning: '' }],
    ])
    expect(ownership.get('network', ID)).toMatchObject({ worker: 'ai-worker', name: 'lab' })
    await small.call('DELETE /networks/lab')
    expect(ownership.usage('ai-worker')).toEqual(NOTHING)
    expect(small.asked).toEqual(['POST /networks/create', `DELETE /networks/${ID}`])
    const operations = (await small.outcomes()).map(({ operation, status }) => [operation, status])
    expect(operations).toEqual([
      ['network.create', 201],
      ['network.remove', 204],
    ])
  })
})

describe('a container of the worker’s', () => {
  async function having(line: string, status: number, body?: unknown) {
    using small = await openSmallGate(MAY, (what) =>
      what.startsWith('GET') ? [200, { Id: ID, HostConfig: {}, Config: {} }] : [status, {}],
    )
    const nonce = small.own('container', ID, 'web')
    const { inventory, ownership, made } = small.gate
    inventory.changeContainer(ID, { running: false })
    await small.call(line, body)
    const usage = ownership.usage('ai-worker')
    return {
      container: inventory.container(ID),
      usage,
      made: made.textOf(nonce),
      outcomes: await small.outcomes(),
    }
  }

  test('runs at once when it was started', async () => {
    expect((await having('POST /containers/web/start', 204)).container).toMatchObject({ running: true })
    expect((await having('POST /containers/web/start', 500)).container).toMatchObject({ running: false })
  })

  test('is gone at once when it was removed', async () => {
    const { container, usage } = await having('DELETE /containers/web?force=1', 204)
    expect([container, usage]).toEqual([undefined, NOTHING])
    expect((await having('DELETE /containers/web?force=1', 409)).usage.containers).toBe(1)
  })

  test('has its new name at once', async () => {
    expect((await having('POST /containers/web/rename?name=new', 204)).container?.name).toBe('new')
    expect((await having('POST /containers/web/rename?name=new', 409)).container?.name).toBe('web')
  })

  test('counts with its new limits when it was changed, and with the old ones where it was not', async () => {
    const change = { Memory: 64 * 2 ** 20 }
    const done = await having('POST /containers/web/update', 200, change)
    expect(done.usage.memory).toBe(64 * 2 ** 20)
    expect(done.made).toContain(String(64 * 2 ** 20))
    const failed = await having('POST /containers/web/update', 500, change)
    expect(failed.usage.memory).toBe(0)
    expect(failed.made).not.toContain(String(64 * 2 ** 20))
  })

  test('is looked at once more where it is not known whether it was changed', async () => {
    using small = await openSmallGate(MAY, (what) => {
      if (what.includes('/update')) throw new EngineUnavailable('broken off')
      return undefined
    })
    const nonce = small.own('container', ID, 'web')
    await small.call('POST /containers/web/update', { Memory: 64 * 2 ** 20 })
    expect(small.gate.made.textOf(nonce)).toBeUndefined()
  })
})

test('a read has no outcome', async () => {
  using small = await openSmallGate(MAY)
  small.own('container', ID, 'web')
  expect(toldBy(await small.call('GET /containers/web/json'))[0]).toBe(200)
  expect(await small.outcomes()).toEqual([])
})
