/** Volumes go by name: what has a name can be another volume a moment later. A relay stops the gate at that moment. */
import { describe, expect, test } from 'vitest'
import { objectOf } from '../../src/shared/json-value.ts'
import { docker } from '../support/docker.ts'
import { engineDocker, engineRequest, kindOf } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { startRelay } from '../support/relay.ts'

const engine = 'new'
/** Before API 1.42 all is what a prune removes. */
const PRUNE = ['volume', 'prune', ...(kindOf(engine) === 'old' ? [] : ['--all']), '--force']
const policy = generousPolicy({ allow: [...everything, 'volume create', 'volume rm', 'volume prune'] })

/** Whose a volume is in the engine: the label that its maker gave it. */
async function labelOf(volume: string): Promise<unknown> {
  const { body } = await engineRequest(engine, { path: `/volumes/${volume}` })
  return objectOf(objectOf(JSON.parse(body))['Labels'])['whose']
}

describe('a volume that the operator puts in the place of a worker’s', () => {
  test('is in no container, though the worker’s was the one that was checked', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const [volume, name] = [freshName('swapped'), freshName('swap')]
    await docker(gate, ['volume', 'create', volume])
    const held = relay.hold(/^POST \/v1\.[0-9]+\/containers\/create/)
    const creating = docker(gate, ['create', '--name', name, '-v', `${volume}:/m`, 'busybox'])
    await held.came
    await engineDocker(engine, ['volume', 'rm', volume])
    await engineDocker(engine, ['volume', 'create', '--label', 'whose=operator', volume])
    held.letGo()
    expect(await creating).toMatchObject({ code: 1, stderr: expect.stringContaining(volume) })
    expect(await engineDocker(engine, ['inspect', name])).toMatchObject({ code: 1 })
    expect(await labelOf(volume)).toBe('operator')
    await engineDocker(engine, ['volume', 'rm', volume])
  })

  test.each([
    ['removal', ['volume', 'rm'], 1],
    ['prune', PRUNE, 0],
  ] as const)('is not removed by a %s that was under way when it was made', async (_, words, code) => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const volume = freshName('replaced')
    await docker(gate, ['volume', 'create', volume])
    const held = relay.hold(/^(GET|DELETE) \/v1\.[0-9]+\/volumes\/replaced/)
    const removing = docker(gate, [...words, ...(code === 1 ? [volume] : [])])
    await held.came
    await engineDocker(engine, ['volume', 'rm', volume])
    await engineDocker(engine, ['volume', 'create', '--label', 'whose=operator', volume])
    held.letGo()
    expect(await removing).toMatchObject({
      code,
      ...(code === 1 ? { stderr: expect.stringContaining(`get ${volume}: no such volume`) } : {}),
    })
    expect(await labelOf(volume)).toBe('operator')
    expect(await docker(gate, ['volume', 'ls', '-q'])).toMatchObject({ code: 0, stdout: '' })
    await engineDocker(engine, ['volume', 'rm', volume])
  })

  test('is not removed by a removal that was decided before', async () => {
    await using relay = await startRelay(engine)
    await using gate = await startGate({ engineUrl: relay.url, policy })
    const volume = freshName('removed')
    await docker(gate, ['volume', 'create', volume])
    const path = `/v1.41/volumes/${volume}`
    const held = relay.hold(/^DELETE /)
    const first = request(gate.socket, { method: 'DELETE', path })
    await held.came
    // Until it is known what came of the first, there is no such volume for anything else.
    expect(await request(gate.socket, { method: 'DELETE', path })).toMatchObject({ status: 404 })
    expect(await request(gate.socket, { path })).toMatchObject({ status: 404 })
    expect(await docker(gate, PRUNE)).toMatchObject({ code: 0 })
    expect(relay.requests().filter((line) => line.startsWith('DELETE'))).toHaveLength(1)
    held.letGo()
    expect(await first).toMatchObject({ status: 204 })
    await engineDocker(engine, ['volume', 'create', '--label', 'whose=operator', volume])
    expect(await request(gate.socket, { method: 'DELETE', path })).toMatchObject({ status: 404 })
    expect(await labelOf(volume)).toBe('operator')
    await engineDocker(engine, ['volume', 'rm', volume])
  })
})

test('a name is free for a new volume only when its removal is over, though the operator has removed it', async () => {
  await using relay = await startRelay(engine)
  await using gate = await startGate({ engineUrl: relay.url, policy })
  const volume = freshName('removing')
  const create = () => docker(gate, ['volume', 'create', volume])
  await create()
  const held = relay.hold(/^DELETE /)
  const removing = docker(gate, ['volume', 'rm', volume])
  await held.came
  await engineDocker(engine, ['volume', 'rm', volume])
  await expect.poll(create).toMatchObject({ code: 1, stderr: expect.stringContaining('run.volumes') })
  held.letGo()
  expect(await removing).toMatchObject({ code: 1, stderr: expect.stringContaining('no such volume') })
  expect(await create()).toMatchObject({ code: 0 })
  expect(await docker(gate, ['volume', 'rm', volume])).toMatchObject({ code: 0 })
})

test('a volume that a container is being made with is not removed, and nothing is made nobody’s', async () => {
  await using relay = await startRelay(engine)
  await using gate = await startGate({ engineUrl: relay.url, policy })
  const [volume, name] = [freshName('mounted'), freshName('mounting')]
  await docker(gate, ['volume', 'create', '--label', 'whose=worker', volume])
  const held = relay.hold(/^POST \/v1\.[0-9]+\/containers\/create/)
  const creating = docker(gate, ['create', '--name', name, '-v', `${volume}:/m`, 'busybox'])
  await held.came
  expect(await docker(gate, ['volume', 'rm', volume])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('volume is in use'),
  })
  expect(await docker(gate, ['volume', 'inspect', volume])).toMatchObject({ code: 0 })
  expect(await docker(gate, PRUNE)).toMatchObject({ code: 0 })
  held.letGo()
  expect(await creating).toMatchObject({ code: 0 })
  expect(await labelOf(volume)).toBe('worker')
  expect(await docker(gate, ['rm', name])).toMatchObject({ code: 0 })
  expect(await docker(gate, ['volume', 'rm', volume])).toMatchObject({ code: 0 })
})

test('a volume that the operator removes before a container is made with it is made anew, and is the worker’s', async () => {
  await using relay = await startRelay(engine)
  await using gate = await startGate({ engineUrl: relay.url, policy })
  const [volume, name] = [freshName('gone'), freshName('anew')]
  await docker(gate, ['volume', 'create', volume])
  const held = relay.hold(/^POST \/v1\.[0-9]+\/volumes\/create/)
  const creating = docker(gate, ['create', '--name', name, '-v', `${volume}:/m`, 'busybox'])
  await held.came
  await engineDocker(engine, ['volume', 'rm', volume])
  // In use by the create as long as the gate takes it for the worker's.
  const remove = () => request(gate.socket, { method: 'DELETE', path: `/v1.41/volumes/${volume}` })
  await expect.poll(remove).toMatchObject({ status: 404 })
  held.letGo()
  expect(await creating).toMatchObject({ code: 0 })
  expect(await docker(gate, ['volume', 'inspect', volume])).toMatchObject({ code: 0 })
  expect(await docker(gate, ['rm', name])).toMatchObject({ code: 0 })
  expect(await docker(gate, ['volume', 'rm', volume])).toMatchObject({ code: 0 })
})
