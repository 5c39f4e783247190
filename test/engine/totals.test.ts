import { describe, expect, test } from 'vitest'
import { engineRequest, onEngines } from '../support/engine.ts'
import { generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import type { Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import type { Response } from '../support/http.ts'
import { startRelay } from '../support/relay.ts'

const MIB = 2 ** 20

describe.each(onEngines('new', 'old'))('totals on the %s engine', (engine) => {
  const create = (gate: Gate, host: object = {}): Promise<Response> =>
    request(gate.socket, {
      method: 'POST',
      path: '/containers/create',
      body: { Image: 'busybox', Cmd: ['true'], HostConfig: host },
    })
  const remove = (gate: Gate, made: Response): Promise<Response> =>
    request(gate.socket, { method: 'DELETE', path: `/containers/${JSON.parse(made.body).Id}?v=1` })

  async function thirtyAtOnce(gate: Gate, host: object = {}): Promise<readonly Response[]> {
    const answers = await Promise.all(Array.from({ length: 30 }, () => create(gate, host)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201, 403]))
    return answers.filter(({ status }) => status === 201)
  }

  test.each([
    ['containers', { limits: { memory: '16m', cpus: 0.1, containers: 5 } }, {}, 'run.limits.containers'],
    [
      'memory',
      { limits: { memory: '256m', cpus: 0.1, containers: 100, total: { memory: '325m' } } },
      { Memory: 64 * MIB, MemorySwap: 64 * MIB },
      'run.limits.total.memory',
    ],
    [
      'CPUs',
      { limits: { memory: '16m', cpus: 1, containers: 100, total: { cpus: 1.3 } } },
      { NanoCpus: 250_000_000 },
      'run.limits.total.cpus',
    ],
  ] as const)('of %s hold for thirty creates at the same moment', async (_what, run, host, rule) => {
    await using gate = await startGate({ engine, policy: generousPolicy({ run }) })
    const made = await thirtyAtOnce(gate, host)
    expect(made).toHaveLength(5)
    const refused = await create(gate, host)
    expect(JSON.parse(refused.body)).toMatchObject({ decision: 'refused', rule })
    // After a removal there is room for one, and for one only.
    const [first, ...others] = made
    if (first === undefined) throw new Error('none was made')
    expect(await remove(gate, first)).toMatchObject({ status: 204 })
    const again = await create(gate, host)
    expect(again.status).toBe(201)
    expect((await create(gate, host)).status).toBe(403)
    for (const container of [...others, again]) await remove(gate, container)
  })

  test('count an update', async () => {
    const limits = { memory: '256m', cpus: 0.1, containers: 100, total: { memory: '256m' } }
    await using gate = await startGate({ engine, policy: generousPolicy({ run: { limits } }) })
    const made = await create(gate, { Memory: 64 * MIB, MemorySwap: 64 * MIB })
    const other = await create(gate, { Memory: 128 * MIB, MemorySwap: 128 * MIB })
    const update = (memory: number): Promise<Response> =>
      request(gate.socket, {
        method: 'POST',
        path: `/containers/${JSON.parse(made.body).Id}/update`,
        body: { Memory: memory, MemorySwap: memory },
      })
    expect((await update(200 * MIB)).status).toBe(403)
    expect((await update(128 * MIB)).status).toBe(200)
    expect((await create(gate, { Memory: 16 * MIB, MemorySwap: 16 * MIB })).status).toBe(403)
    for (const container of [made, other]) await remove(gate, container)
  })

  test('are of the update that an engine took last: one goes on at a time', async () => {
    await using relay = await startRelay(engine)
    const limits = { memory: '256m', cpus: 0.1, containers: 100, total: { memory: '256m' } }
    await using gate = await startGate({
      engineUrl: relay.url,
      policy: generousPolicy({ run: { limits } }),
    })
    const made = await create(gate, { Memory: 64 * MIB, MemorySwap: 64 * MIB })
    const update = (memory: number): Promise<Response> =>
      request(gate.socket, {
        method: 'POST',
        path: `/containers/${JSON.parse(made.body).Id}/update`,
        body: { Memory: memory, MemorySwap: memory },
      })
    const held = relay.hold(/^POST .*\/update /)
    // The engine refuses it in the end: less than 6 MiB is too little for it.
    const first = update(1)
    await held.came
    expect(await update(192 * MIB)).toMatchObject({
      status: 409,
      body: expect.stringContaining('another update'),
    })
    held.letGo()
    expect((await first).status).toBeGreaterThanOrEqual(400)
    expect((await update(192 * MIB)).status).toBe(200)
    expect((await create(gate, { Memory: 65 * MIB, MemorySwap: 65 * MIB })).status).toBe(403)
    await remove(gate, made)
  })

  test('are free again when a create fails, and when a container removes itself', async () => {
    await using gate = await startGate({
      engine,
      policy: generousPolicy({ run: { limits: { containers: 1 } } }),
    })
    for (let round = 0; round < 3; round += 1) {
      const failed = await request(gate.socket, {
        method: 'POST',
        path: '/containers/create',
        body: { Image: 'docker.io/library/missing:1' },
      })
      expect(failed.status).toBe(404)
    }
    const made = await create(gate, { AutoRemove: true })
    expect(made.status).toBe(201)
    const { Id } = JSON.parse(made.body)
    await request(gate.socket, { method: 'POST', path: `/containers/${Id}/start` })
    await expect
      .poll(() => engineRequest(engine, { path: `/containers/${Id}/json` }))
      .toMatchObject({ status: 404 })
    await expect.poll(() => create(gate)).toMatchObject({ status: 201 })
  })
})
