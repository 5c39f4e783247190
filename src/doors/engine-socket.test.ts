import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startFakeEngine } from '../../test/support/fake-engine.ts'
import { request } from '../../test/support/http.ts'
import { openGate } from '../../test/support/local-gate.ts'
import { tar } from '../../test/support/tar.ts'
import { createEngineDoor } from './engine-socket.ts'

let directory = ''
const ends: (() => void)[] = []
const servers: Server[] = []
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockgate-door-'))
})
afterEach(() => {
  for (const end of ends.splice(0).toReversed()) end()
  rmSync(directory, { recursive: true })
})

/** The worker's door of a gate. */
async function openDoor({ gate, identity }: Awaited<ReturnType<typeof openGate>>): Promise<string> {
  const server: Server = createEngineDoor(gate, { identity, door: 'socket' }, 8)
  const path = join(directory, 'docker.sock')
  servers.push(server)
  await once(server.listen(path), 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return path
}

/** A door before an engine that answers some things as no engine does. */
async function openBefore(special: Parameters<typeof startFakeEngine>[0], docker = {}): Promise<string> {
  const engine = await startFakeEngine(special)
  const local = await openGate(engine.url, { docker })
  ends.push(
    () => engine[Symbol.dispose](),
    () => local[Symbol.dispose](),
  )
  void local.gate.feed.run()
  await expect.poll(() => local.gate.feed.connected).toBeDefined()
  return openDoor(local)
}

/** The door of a gate that fails at everything. */
async function openFaulty(): Promise<string> {
  const local = await openGate()
  Object.defineProperty(local.gate.feed, 'connected', {
    get: () => {
      throw new Error('a fault of the gate')
    },
  })
  ends.push(() => local[Symbol.dispose]())
  return openDoor(local)
}

/** What the process was warned of, meanwhile. */
async function warned<T>(
  doing: () => Promise<T>,
): Promise<{ readonly value: T; readonly warnings: string[] }> {
  const warnings: string[] = []
  const listen = (warning: Error): number => warnings.push(warning.message)
  process.on('warning', listen)
  const value = await doing()
  // A warning comes at the next turn.
  await turn()
  process.removeListener('warning', listen)
  return { value, warnings }
}

function open(path: string): { readonly socket: Socket; readonly answer: () => string } {
  let answer = ''
  const socket = connect(path)
  socket.on('error', () => undefined)
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
  return { socket, answer: () => answer }
}

function lastServer(): Server {
  const server = servers.at(-1)
  if (server === undefined) throw new Error('no door is open')
  return server
}

const UPGRADE =
  'POST /exec/abc/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 2\r\n\r\n'

describe('a fault of the gate', () => {
  test('is told, to the operator too, and that nothing was passed on', async () => {
    const door = await openFaulty()
    const { value, warnings } = await warned(() => request(door, { path: '/containers/json' }))
    expect(value).toMatchObject({ status: 500, body: expect.stringContaining('nothing was passed on') })
    expect(warnings).toEqual(['a fault of the gate'])
  })

  test('is told likewise where a request asks for the connection', async () => {
    const { socket, answer } = open(await openFaulty())
    const { warnings } = await warned(async () => {
      socket.write(`${UPGRADE}{}`)
      await once(socket, 'close')
    })
    expect(answer()).toMatch(/^HTTP\/1\.1 500 [^]*nothing was passed on/)
    expect(warnings).toEqual(['a fault of the gate'])
  })

  test('ends no differently for who goes on sending: the connection is cut after a while', async () => {
    const { socket, answer } = open(await openFaulty())
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    await warned(async () => {
      socket.write('POST /images/load HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n')
      await expect.poll(answer).toContain('500')
      vi.advanceTimersByTime(10_000)
      await once(socket, 'close')
    }).finally(() => vi.useRealTimers())
  })

  test('after the engine was asked is told as what may have been done', async () => {
    const door = await openBefore(
      {
        'POST /networks/create': (_, response) => response.writeHead(201).end('no JSON'),
      },
      { allow: ['network create'] },
    )
    const body = { Name: 'mine' }
    const { value, warnings } = await warned(() =>
      request(door, { method: 'POST', path: '/networks/create', body }),
    )
    expect(value).toMatchObject({ status: 500, body: expect.stringContaining('is not known') })
    expect(value.body).not.toContain('nothing was passed on')
    expect(warnings).toEqual([expect.stringContaining('is not valid JSON')])
  })
})

test('a client that leaves before its request for the connection is whole is not a fault', async () => {
  const { socket } = open(await openFaulty())
  const { warnings } = await warned(async () => {
    const begun = once(lastServer(), 'upgrade')
    socket.write(UPGRADE)
    const [, connection] = await begun
    const gone = new Promise((resolve) => connection.once('close', resolve))
    socket.destroy()
    await gone
  })
  expect(warnings).toEqual([])
})

test('a request for the connection whose body does not come is answered 408', async () => {
  const { socket, answer } = open(await openFaulty())
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  const { warnings } = await warned(async () => {
    const begun = once(lastServer(), 'upgrade')
    socket.write(UPGRADE)
    await begun
    const closed = once(socket, 'close')
    vi.advanceTimersByTime(30_000)
    await closed
  }).finally(() => vi.useRealTimers())
  expect(answer()).toMatch(/^HTTP\/1\.1 408 /)
  expect(warnings).toEqual([])
})

test('connections that were asked for in vain are free again when their clients have gone', async () => {
  const door = await openBefore({})
  for (let time = 0; time < 20; time += 1) {
    const { socket } = open(door)
    socket.write(`${UPGRADE}{}`)
    // What comes behind the request is read by nobody.
    socket.once('data', () => socket.write('more'))
    await once(socket, 'close')
  }
  expect(await request(door, { path: '/_ping' })).toMatchObject({ status: 200 })
})

test('what an engine reads while it answers already may come for as long as it takes', async () => {
  let read = 0
  const door = await openBefore({
    'POST /images/load': (asked, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).flushHeaders()
      asked.on('data', (chunk: Buffer) => (read += chunk.length))
      asked.once('end', () => response.end('{"stream":"loaded"}\n'))
    },
  })
  const { socket, answer } = open(door)
  // What names images is held back to the end, so a layer comes first.
  const archive = tar(['layer', 'x'.repeat(512)], ['manifest.json', '[]'])
  const head = `POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nContent-Length: ${archive.length}\r\n\r\n`
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    socket.write(head)
    socket.write(archive.subarray(0, 1024))
    await expect.poll(answer).toContain('200 OK')
    vi.advanceTimersByTime(60_000)
    socket.write(archive.subarray(1024))
    await expect.poll(answer).toContain('loaded')
  } finally {
    vi.useRealTimers()
  }
  expect(read).toBeGreaterThan(512)
})

describe('a client that has gone is let go of', () => {
  const archive = tar(['layer', 'x'.repeat(2 ** 23)])
  const load = `POST /images/load HTTP/1.1\r\nHost: x\r\nContent-Length: ${archive.length}\r\n\r\n`
  const unread = (asked: IncomingMessage): unknown => asked.pause()

  /** Sends as much as is taken, and goes away. */
  async function fill(path: string, start: string): Promise<void> {
    const socket = connect(path)
    socket.on('error', () => undefined)
    socket.write(start)
    socket.write(archive)
    await sleep(500)
    expect(socket.destroyed).toBe(false)
    socket.destroy()
  }

  test.each([
    ['though nobody reads its upload', load],
    ['though it waits, and what it sent ahead is not read', `GET /events HTTP/1.1\r\nHost: x\r\n\r\n${load}`],
  ])('%s', async (_what, start) => {
    const before = servers.length
    const door = await openBefore({
      'POST /images/load': unread,
      'GET /events': (_, response) => response.flushHeaders(),
    })
    const server = servers[before]
    await Promise.all(Array.from({ length: 4 }, () => fill(door, start)))
    const count = (): Promise<number> =>
      new Promise((resolve) => server?.getConnections((_, found) => resolve(found)))
    await expect.poll(count).toBe(0)
    expect((await request(door, { path: '/_ping' })).status).toBe(200)
  })
})
