import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { drain, readBody } from './body.ts'

/** Bytes and milliseconds. */
const LARGEST = 10
const LONGEST = 3_000
const DRAIN_TIME = 3_000

let server: Server
let port = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    readBody(request, LARGEST, LONGEST)
      .then(
        (body) => response.end(`read ${body.length}`),
        (cause: Error) => response.end(cause.name),
      )
      .finally(() => drain(request, DRAIN_TIME))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('it listens on no port')
  port = address.port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

afterEach(() => vi.useRealTimers())

function open(): { readonly socket: Socket; readonly answer: () => string } {
  let answer = ''
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text))
  return { socket, answer: () => answer }
}

const CHUNKED = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'

describe('a client that goes on sending', () => {
  test.each([
    ['too large', '14\r\nxxxxxxxxxxxxxxxxxxxx\r\n', 'BodyTooLarge'],
    ['too slow', '1\r\nx\r\n', 'BodyTooSlow'],
  ])('after its body was %s is answered, and cut after a while', async (_, chunk, answered) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { socket, answer } = open()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const told = once(socket, 'data')
    socket.write(CHUNKED)
    // The rest of the body is on its way for ever.
    const timer = setInterval(() => socket.write(chunk), 5)
    const [request] = await once(server, 'request')
    if (answered === 'BodyTooSlow') vi.advanceTimersByTime(LONGEST)
    await told
    expect(answer()).toContain(answered)
    vi.advanceTimersByTime(DRAIN_TIME - 1)
    // It is read still.
    await once(request, 'data')
    vi.advanceTimersByTime(1)
    // It may be reset, which is not a fault here.
    await closed
    clearInterval(timer)
  })
})

test('the rest of a body that was too large is thrown away, and the next request is served', async () => {
  const { socket, answer } = open()
  socket.write(`${CHUNKED}14\r\nxxxxxxxxxxxxxxxxxxxx\r\n`)
  await once(socket, 'data')
  socket.write(`5\r\nxxxxx\r\n0\r\n\r\n${CHUNKED}0\r\n\r\n`)
  await expect.poll(answer).toContain('read 0')
  expect(answer()).toContain('BodyTooLarge')
  socket.destroy()
})
