import { once } from 'node:events'
import { unlinkSync, writeFileSync } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openGate } from '../../test/support/local-gate.ts'
import { Doors } from './doors.ts'

let local = await openGate()
let doors = new Doors(local.gate, local.own)
beforeEach(async () => {
  local = await openGate()
  doors = new Doors(local.gate, local.own)
  await doors.open(local.policy)
})
afterEach(async () => {
  await doors.close(0)
  local[Symbol.dispose]()
})

/** A client that asks for a session and is connected to it: its answer goes on until it is cut. */
async function hold(): Promise<ClientRequest> {
  const asked = request({ socketPath: local.socket, method: 'POST', path: '/dockgate/run' })
  asked.end(JSON.stringify({ line: 'docker ps', door: 'ssh' }))
  const [response]: IncomingMessage[] = await once(asked, 'response')
  asked.on('error', () => undefined)
  const [answer] = response === undefined ? [] : await once(response, 'data')
  const connection = connect(JSON.parse(String(answer)).socket).on('error', () => undefined)
  await once(connection, 'connect')
  return asked
}

const NONE = { engine: undefined, workers: [] }

test('the connections of a door that a new policy closed are waited for, and cut in the end', async () => {
  const held = await hold()
  await doors.open(NONE)
  let isCut = false
  held.once('close', () => (isCut = true))
  const before = performance.now()
  await doors.close(300)
  expect(performance.now() - before).toBeGreaterThan(250)
  await expect.poll(() => isCut).toBe(true)
})

test('the connections of a door that a new policy closed are cut with the others', async () => {
  const held = await hold()
  await doors.open(NONE)
  const closed = once(held, 'close')
  doors.cut()
  await closed
})

test('a door that a new policy closed is done with when its last connection has ended', async () => {
  const held = await hold()
  await doors.open(NONE)
  held.destroy()
  const before = performance.now()
  await doors.close(10_000)
  expect(performance.now() - before).toBeLessThan(2_000)
})

test('a socket that can’t be made keeps no other from being made', async () => {
  const [worker] = local.policy.workers
  if (worker === undefined) throw new Error('the policy has no worker')
  writeFileSync(join(local.directory, 'file'), '')
  const first = {
    ...worker,
    name: 'first',
    socket: { ...worker.socket, path: join(local.directory, 'file/x') },
  }
  const failed = await doors.open({ engine: undefined, workers: [first, worker] })
  expect([...failed.keys()]).toEqual(['first'])
})

test('a socket that was deleted is made again when the policy is loaded again', async () => {
  unlinkSync(local.socket)
  await expect(hold()).rejects.toThrow('ENOENT')
  expect(await doors.open(local.policy)).toEqual(new Map())
  const held = await hold()
  held.destroy()
})
