/** Clients of MCP over HTTP that send slowly, or nothing: any account of the host can, without a token. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { installProgram } from '../support/installed.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { dockerConfig, freePort, overHttp, policyWithHttp, type HttpWorker } from '../support/mcp.ts'
import { until } from '../support/process.ts'
import { setting } from '../support/settings.ts'

const TOKEN = 'x'.repeat(43)
const HEAD = 'POST /mcp HTTP/1.1\r\nContent-Type: application/json\r\nHost: 127.0.0.1:PORT\r\n'
const KEY = `Authorization: Bearer ${TOKEN}\r\n`

let installed: string
let gate: Gate
let worker: HttpWorker
beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), 'dockgate-installed-'))
  await chmod(installed, 0o755)
  worker = { name: 'ai-worker', port: await freePort(), token: TOKEN }
  gate = await startGate({
    program: installProgram(installed),
    policy: (directory) => policyWithHttp(directory, [worker]),
    arguments: (directory) => ['--docker', setting('DOCKER'), '--docker-config', dockerConfig(directory)],
  })
  await until(() => gate.output().stderr.includes('MCP of worker ai-worker at'), 'MCP to be served')
})
afterAll(async () => {
  await gate[Symbol.asyncDispose]()
  await rm(installed, { recursive: true })
})

interface Slow extends Disposable {
  /** All that came until the server ended the connection. */
  readonly ended: Promise<string>
}

/** Sends `begin` at once, and then `piece` ten times a second for as long as it may. */
function drip(begin: string, piece: string): Slow {
  const socket: Socket = connect(worker.port, '127.0.0.1')
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => (received += text))
  // That it is reset is an end too.
  socket.on('error', () => undefined)
  socket.write(begin.replace('PORT', String(worker.port)))
  const timer = setInterval(() => void socket.write(piece), 100)
  const ended = new Promise<string>((resolve) => {
    socket.once('close', () => {
      clearInterval(timer)
      resolve(received)
    })
  })
  return { ended, [Symbol.dispose]: () => socket.destroy() }
}

async function ping(): Promise<void> {
  await using session = await overHttp(`http://127.0.0.1:${worker.port}/mcp`, TOKEN)
  await session.client.ping()
}

describe('a client that is slow', () => {
  test.concurrent.each([
    ['with its head', `${HEAD}X: `, 'x', '408'],
    ['with a head that has no end', HEAD, 'X: y\r\n', '408'],
    ['with a body, and has no token', `${HEAD}Content-Length: 100000\r\n\r\n`, ' ', '401'],
    ['with a body', `${HEAD}${KEY}Content-Length: 100000\r\n\r\n`, ' ', '408'],
    ['with a body in pieces', `${HEAD}${KEY}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n', '408'],
  ])('%s is told so, and its connection ends', async (_, begin, piece, status) => {
    using slow = drip(begin, piece)
    await ping()
    expect(await slow.ended).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})

describe('many that are slow', () => {
  test('keep the worker out for no longer than a head may take, though there are more than places', async () => {
    const slow = Array.from({ length: 80 }, (_, index) => drip(index % 2 === 0 ? '' : HEAD, ''))
    await until(
      () =>
        ping().then(
          () => true,
          () => false,
        ),
      'a place',
      40_000,
    )
    await Promise.all(slow.map(({ ended }) => ended))
    expect(gate.output().stderr).not.toContain('ended (')
  })
})
