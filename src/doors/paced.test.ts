import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readInTurns } from './paced.ts'

let directory = ''
let server: Server
let turns: (() => void)[] = []
let requests = 0
let chunks = 0
let isEnded = false
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockgate-paced-'))
  turns = []
  requests = 0
  chunks = 0
  isEnded = false
  server = createServer((request, response) => {
    requests += 1
    request.on('data', () => (chunks += 1))
    if (request.method === 'GET') response.end('well')
    else request.on('end', () => response.end('well'))
  })
  const turn = (): Promise<void> => new Promise((resolve) => turns.push(resolve))
  readInTurns(server, () => ({ turn, run: () => Promise.reject(new Error('not for connections')) }))
  server.on('connection', (socket: Socket) => socket.once('end', () => (isEnded = true)))
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(directory, { recursive: true })
})

async function send(bytes: string): Promise<{ readonly socket: Socket; readonly answer: () => string }> {
  const path = join(directory, 'socket')
  await once(server.listen(path), 'listening')
  const socket = connect(path)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  socket.write(bytes)
  await expect.poll(() => turns.length).toBe(1)
  return { socket, answer: () => answer }
}

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const UPLOAD = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'

test('nothing that a connection brings is read before its turn', async () => {
  const { answer } = await send(REQUEST)
  expect(requests).toBe(0)
  turns.shift()?.()
  await expect.poll(answer).toContain('well')
})

test('of requests that were sent ahead each turn reads a few', async () => {
  await send(REQUEST.repeat(2_000))
  turns.shift()?.()
  await expect.poll(() => turns.length).toBe(1)
  expect(requests).toBeGreaterThan(0)
  expect(requests).toBeLessThan(400)
})

test('of a body in chunks of one byte each turn reads a part, and all of it comes in the end', async () => {
  const { answer } = await send(`${UPLOAD}${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`)
  let most = 0
  while (answer() === '') {
    const before = chunks
    turns.shift()?.()
    await new Promise(setImmediate)
    most = Math.max(most, chunks - before)
  }
  expect(chunks).toBe(20_000)
  expect(most).toBeLessThan(2_000)
})

test('what a client has sent that closed its direction meanwhile is read, and then the end', async () => {
  const { socket, answer } = await send(REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
  socket.end()
  await expect.poll(() => isEnded).toBe(true)
  turns.shift()?.()
  await once(socket, 'close')
  expect(answer()).toContain('well')
})
