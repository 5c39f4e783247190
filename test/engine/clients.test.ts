import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { objectOf, textOf } from '../../src/shared/json-value.ts'
import { docker } from '../support/docker.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import type { Gate } from '../support/gate.ts'
import { raw, request } from '../support/http.ts'
import { until } from '../support/process.ts'
import { onEngines } from '../support/engine.ts'

const descriptors = (gate: Gate): number => readdirSync(`/proc/${gate.process.pid}/fd`).length

/** Megabytes of memory. */
const memory = (gate: Gate): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${gate.process.pid}/status`, 'utf8'))?.[1]) / 1024

describe('a client that behaves badly', () => {
  test('with a head over 64 KiB is answered 431', async () => {
    await using gate = await startGate()
    const answer = await raw(
      gate.socket,
      `GET /_ping HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(70_000)}\r\n\r\n`,
      30_000,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*dockgate/)
    expect((await request(gate.socket, { path: '/_ping' })).status).toBe(200)
  })

  test('with a head that does not come is answered 408 after a while', async () => {
    await using gate = await startGate()
    const answers = await Promise.all([
      raw(gate.socket, 'GET /_ping HTTP/1.1\r\nHost: x\r\nX-', 50_000),
      raw(gate.socket, 'G', 50_000),
    ])
    for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  })

  test('with a JSON body over 1 MiB is answered 413, with or without its length', async () => {
    await using gate = await startGate()
    const body = JSON.stringify({ Image: 'busybox', Labels: { long: 'x'.repeat(2 ** 20) } })
    const path = '/containers/create'
    const whole = await request(gate.socket, {
      method: 'POST',
      path,
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(whole).toMatchObject({ status: 413, body: expect.stringContaining('larger') })
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    // Thrown away, it keeps nobody from using the connection again.
    const next = 'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n'
    expect(await raw(gate.socket, head + chunks + next, 3_000)).toMatch(
      /^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 OK/,
    )
  })

  test('that goes on sending after it was answered 413 is cut after a while', async () => {
    await using gate = await startGate()
    const client = connect(gate.socket)
    let answer = ''
    client.on('error', () => undefined)
    client.setEncoding('latin1').on('data', (text: string) => (answer += text))
    client.write(
      'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const chunk = `100000\r\n${'x'.repeat(2 ** 20)}\r\n`
    const timer = setInterval(() => client.write(chunk), 100)
    const closed = new Promise((resolve) => client.once('close', resolve))
    await until(() => answer !== '', 'an answer')
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    // How long that is, src/http/body.test.ts says.
    await closed
    clearInterval(timer)
  })

  test.each([
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['a bad version', 'GET / HTTP/9.9\r\n\r\n'],
    [
      'two lengths',
      'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}',
    ],
    [
      'a length and chunks',
      'POST /containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('that speaks %s is answered 400', async (_what, bytes) => {
    await using gate = await startGate()
    expect(await raw(gate.socket, bytes, 2_000)).toMatch(/^HTTP\/1\.1 400 /)
    expect((await request(gate.socket, { path: '/_ping' })).status).toBe(200)
  })
})

describe('connections', () => {
  async function open(
    gate: Gate,
    count: number,
  ): Promise<{ readonly sockets: readonly Socket[]; readonly closed: () => number }> {
    let closed = 0
    const sockets = await Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect(gate.socket)
        socket.on('error', () => undefined)
        socket.on('close', () => (closed += 1))
        await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))
        return socket
      }),
    )
    return { sockets, closed: () => closed }
  }

  test('over the policy’s number are closed at once, and the others go on', async () => {
    await using gate = await startGate({ policy: generousPolicy({ connections: 5 }) })
    await sleep(200)
    const held = await open(gate, 5)
    const more = await open(gate, 10)
    await until(() => more.closed() === 10, 'the connections over the number to be closed')
    expect(held.closed()).toBe(0)
    for (const socket of held.sockets) socket.destroy()
    await expect.poll(() => docker(gate, ['ps'])).toMatchObject({ code: 0 })
  })

  test('of a thousand that are opened and left, none stays, and memory comes back', async () => {
    await using gate = await startGate({ policy: generousPolicy({ connections: 1024 }) })
    await request(gate.socket, { path: '/_ping' })
    const [before, memoryBefore] = [descriptors(gate), memory(gate)]
    for (let round = 0; round < 3; round += 1) {
      const { sockets } = await open(gate, 1_000)
      for (const [index, socket] of sockets.entries())
        if (index % 2 === 0) socket.write('GET /_ping HTTP/1.1\r\nHost: x\r\n')
      await sleep(100)
      for (const socket of sockets) socket.destroy()
    }
    await until(() => descriptors(gate) <= before + 5, 'the connections to be gone')
    expect(memory(gate) - memoryBefore).toBeLessThan(60)
    expect((await request(gate.socket, { path: '/_ping' })).status).toBe(200)
  })

  test.each(onEngines('new', '28', '26'))(
    'whose input no program reads are let go when their client has, on the %s engine',
    async (engine) => {
      const limits = { containers: 20, pids: 256, memory: '256m', cpus: 1 }
      await using gate = await startGate({
        engine,
        policy: generousPolicy({ allow: [...everything, 'exec'], run: { limits } }),
      })
      const name = freshName('deaf')
      expect(await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])).toMatchObject({
        code: 0,
      })
      const before = descriptors(gate)
      const fill = async (): Promise<void> => {
        const body = { AttachStdin: true, Cmd: ['sleep', '1000'] }
        const made = await request(gate.socket, { method: 'POST', path: `/containers/${name}/exec`, body })
        const socket = connect(gate.socket)
        socket.on('error', () => undefined)
        socket.write(
          `POST /exec/${textOf(objectOf(JSON.parse(made.body))['Id'])}/start HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n` +
            'Upgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
        )
        socket.write(Buffer.alloc(2 ** 23))
        await sleep(3_000)
        expect(socket.writableLength).toBeGreaterThan(0)
        socket.destroy()
      }
      await Promise.all(Array.from({ length: 16 }, fill))
      await until(() => descriptors(gate) <= before + 5, 'the connections to be gone', 10_000)
      expect(await docker(gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
    },
  )

  test('are used again for the next request', async () => {
    await using gate = await startGate()
    const one = 'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n'
    const answer = await raw(gate.socket, one.repeat(10), 1_000)
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(10)
  })
})
