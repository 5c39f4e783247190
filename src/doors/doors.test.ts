import { once } from 'node:events'
import { readdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openGate } from '../../test/support/local-gate.ts'
import { BindRoots } from '../host/bind-roots.ts'
import { Doors } from './doors.ts'

let local = await openGate()
let doors = new Doors(local.gate, local.record)
beforeEach(async () => {
  local = await openGate()
  doors = new Doors(local.gate, local.record)
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

/** A client whose call is under way: the rest of its body is still to come. */
async function begin(): Promise<ClientRequest> {
  const headers = { 'Content-Length': 10 }
  const asked = request({ socketPath: local.socket, method: 'POST', path: '/dockgate/run', headers })
  asked.on('error', () => undefined)
  asked.write('{')
  await once(asked, 'socket')
  // An answer on another connection: the gate has read what came on this one.
  const [answer] = await once(
    request({ socketPath: local.socket, path: '/dockgate/whoami' }).end(),
    'response',
  )
  answer.resume()
  await once(answer, 'end')
  return asked
}

const NONE = {
  engine: undefined,
  faults: { refused: false, accepted: [] },
  onReload: 'drain',
  workers: [],
} as const

/** A door in the place of one whose socket somebody has removed. */
async function openAnew(): Promise<void> {
  unlinkSync(local.socket)
  await doors.open(local.policy)
}

test('the connections of a door whose socket was removed are waited for, and cut in the end', async () => {
  const held = await begin()
  await openAnew()
  let isCut = false
  held.once('close', () => (isCut = true))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const closed = doors.close(300)
  vi.advanceTimersByTime(299)
  await turn()
  expect(isCut).toBe(false)
  vi.advanceTimersByTime(1)
  await closed
  vi.useRealTimers()
  await expect.poll(() => isCut).toBe(true)
})

test('the connections of a door whose socket was removed are cut with the others', async () => {
  const held = await begin()
  await openAnew()
  const closed = new Promise((resolve) => held.once('close', resolve))
  doors.cut()
  await closed
})

test('a door whose socket was removed is done with when its last connection has ended', async () => {
  const held = await begin()
  await openAnew()
  held.destroy()
  // The clock stands still: nothing is cut because it is late.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  await doors.close(10_000)
  vi.useRealTimers()
})

test('a worker that a new policy does not name has no connection and no session at once', async () => {
  const held = await hold()
  const sockets = () => readdirSync(dirname(local.socket)).filter((name) => name.startsWith('s-'))
  expect(sockets()).toHaveLength(1)
  const closed = new Promise((resolve) => held.once('close', resolve))
  local.gate.adopt(NONE, await BindRoots.open(NONE, () => undefined))
  await closed
  await expect.poll(sockets).toHaveLength(0)
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
  const { failed } = await doors.open({ ...NONE, workers: [first, worker] })
  expect([...failed.keys()]).toEqual(['first'])
})

test('a socket that was deleted is made again when the policy is loaded again', async () => {
  unlinkSync(local.socket)
  await expect(hold()).rejects.toThrow('ENOENT')
  expect((await doors.open(local.policy)).failed).toEqual(new Map())
  const held = await hold()
  held.destroy()
})
