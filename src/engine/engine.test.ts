import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startFakeEngine } from '../../test/support/fake-engine.ts'
import { plainRequest } from './encoded.ts'
import { Engine, EngineUnavailable, NotSent, readWhole } from './engine.ts'

test('an answer that stalls is given up', async () => {
  using fake = await startFakeEngine({ 'GET /info': (_, response) => response.write('{"NCPU":') })
  const engine = new Engine(fake.url)
  const answer = await engine.send(plainRequest('GET', '/info'), 1_000)
  const reading = readWhole(answer, 1024, 100)
  await expect(reading).rejects.toThrow(EngineUnavailable)
  await expect(reading).rejects.toThrow('0.1 s')
  engine.close()
})

test('an answer that comes in time is whole', async () => {
  using fake = await startFakeEngine({})
  const engine = new Engine(fake.url)
  const answer = await engine.send(plainRequest('GET', '/info'), 1_000)
  expect(String(await readWhole(answer, 1024, 10_000))).toBe('{"NCPU":2}')
  engine.close()
})

describe('an interim answer', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK'
  const SWITCH = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
  const upgrade = plainRequest('POST', '/x').with({ Connection: 'Upgrade', Upgrade: 'tcp' })

  /** Asks an engine that answers with these bytes, and after that with OK. */
  async function answered<Result>(bytes: string, ask: (engine: Engine) => Promise<Result>): Promise<Result> {
    const path = join(mkdtempSync(join(tmpdir(), 'dockgate-raw-')), 'docker.sock')
    const answers = [bytes]
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', () => socket.write(answers.shift() ?? OK))
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const engine = new Engine(`unix://${path}`)
    try {
      return await ask(engine)
    } finally {
      engine.close()
      server.close()
    }
  }

  const whole = async (engine: Engine): Promise<string> =>
    String(await readWhole(await engine.send(plainRequest('GET', '/x'), 5_000), 1024))

  test.each([
    ['100', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
    ['103, many times', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(500)],
    ['100 with a length that it does not have', 'HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n'],
  ])('%s is not taken for the answer', async (_, interim) => {
    expect(await answered(interim + OK, whole)).toBe('OK')
    const upgraded = await answered(`${interim}${SWITCH}hi`, (engine) => engine.upgrade(upgrade))
    if (!('hijacked' in upgraded)) throw new Error('it is upgraded')
    expect(String(upgraded.hijacked.head)).toBe('hi')
    upgraded.hijacked.socket.destroy()
    const refused = await answered(interim + OK, (engine) => engine.upgrade(upgrade))
    if (!('refused' in refused)) throw new Error('it is refused')
    expect(refused.refused.statusCode).toBe(200)
  })

  test.each([
    ['that nobody asked for', SWITCH],
    ['without its headers', 'HTTP/1.1 101 UPGRADED\r\n\r\n'],
  ])('101 %s is an engine that broke off, and what follows in it is not an answer', async (_, bytes) => {
    const asked = answered(`${bytes}${OK}`, async (engine) => {
      await expect(whole(engine)).rejects.toThrow(EngineUnavailable)
      return whole(engine)
    })
    expect(await asked).toBe('OK')
  })

  test('101 without its headers gives nobody a connection', async () => {
    const asked = answered('HTTP/1.1 101 UPGRADED\r\n\r\nhi', (engine) => engine.upgrade(upgrade))
    await expect(asked).rejects.toThrow(EngineUnavailable)
  })
})

test('a request is given up where it may not go at the moment in which it would be put on the wire', async () => {
  const asked: string[] = []
  using fake = await startFakeEngine({
    'POST /containers/web/start': (request, response) => {
      asked.push(request.url ?? '')
      response.writeHead(204).end()
    },
  })
  const engine = new Engine(fake.url)
  const start = plainRequest('POST', '/containers/web/start')
  let may = true
  const sent = engine.send(start, 1_000, undefined, undefined, () => may)
  // It was asked for, and the connection is still to be made.
  may = false
  await expect(sent).rejects.toThrow(NotSent)
  await expect(engine.upgrade(start, undefined, () => may)).rejects.toThrow(NotSent)
  may = true
  expect((await engine.send(start, 1_000, undefined, undefined, () => may)).statusCode).toBe(204)
  // On a connection that is there by now.
  may = false
  await expect(engine.send(start, 1_000, undefined, undefined, () => may)).rejects.toThrow(NotSent)
  expect(asked).toHaveLength(1)
  engine.close()
})
