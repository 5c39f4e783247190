import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { request, type Response } from '../support/http.ts'
import { startDocker, until } from '../support/process.ts'

const MB = 2 ** 20

/** Bytes that compress badly and repeat nowhere near. */
function noise(size: number): Buffer {
  const block = createHash('shake256', { outputLength: 997 * 1024 })
    .update('dockgate')
    .digest()
  return Buffer.alloc(size, block)
}

describe.each(onEngines('new', 'old'))('large streams on the %s engine', (engine) => {
  const shared = gateForAll(engine)

  /** Megabytes that the gate has in memory. */
  const memory = (): number => {
    const status = readFileSync(`/proc/${shared.gate.process.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }

  test('200 MB that a container prints arrive whole', async () => {
    const running = startDocker(shared.gate, [
      'run',
      '--rm',
      '--log-driver',
      'none',
      'busybox',
      'head',
      '-c',
      '200m',
      '/dev/zero',
    ])
    let received = 0
    running.child.stdout.removeAllListeners('data')
    running.child.stdout.setEncoding('latin1').on('data', (text: string) => (received += text.length))
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    expect(received).toBe(200 * MB)
    expect(memory()).toBeLessThan(200)
  })

  test('50 MB of input arrive whole', async () => {
    const input = noise(50 * MB)
    const sum = createHash('md5').update(input).digest('hex')
    const result = await docker(shared.gate, ['run', '--rm', '-i', 'busybox', 'md5sum'], { input })
    expect(result).toEqual({ code: 0, stdout: `${sum}  -\n`, stderr: '' })
  })

  test('a client that does not read keeps the container waiting, and costs the gate no memory', async () => {
    const name = freshName('slow')
    const before = memory()
    const running = startDocker(shared.gate, [
      ...[
        'run',
        '--log-driver',
        'none',
        '--name',
        name,
        'busybox',
        'sh',
        '-c',
        'yes | head -c 300m; echo; echo end',
      ],
    ])
    running.child.stdout.pause()
    await until(async () => (await engineDocker(engine, ['inspect', name])).code === 0, 'the container')
    await sleep(2_500)
    expect(memory() - before).toBeLessThan(60)
    expect(await engineDocker(engine, ['inspect', '-f', '{{.State.Running}}', name])).toMatchObject({
      stdout: 'true\n',
    })
    // An engine does not end a container whose output nobody takes.
    await running[Symbol.asyncDispose]()
    expect(await docker(shared.gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
  })

  test('of events are eight at once, and each makes room when it ends, whoever ends it', async () => {
    const socketPath = shared.gate.socket
    /** A stream of events once it has begun. */
    async function follow(): Promise<{ readonly status: number | undefined; readonly leave: () => void }> {
      const asked = get({ socketPath, path: '/events', agent: false })
      const [answer] = await once(asked, 'response')
      answer.resume().on('error', () => undefined)
      return { status: answer.statusCode, leave: () => asked.destroy() }
    }
    const past = (): Promise<Response> =>
      request(socketPath, { path: `/events?until=${Math.floor(Date.now() / 1000)}` })
    const open = await Promise.all(Array.from({ length: 8 }, follow))
    expect(open.map(({ status }) => status)).toEqual(Array(8).fill(200))
    const refused = await past()
    expect(refused.status).toBe(403)
    expect(JSON.parse(refused.body)).toMatchObject({ rule: 'events.limits', retryable: true })
    open[0]?.leave()
    // What has been is told at once, and ends by itself.
    for (let times = 0; times < 10; times += 1) await until(async () => (await past()).status === 200, 'room')
    for (const { leave } of open) leave()
    await until(async () => {
      const all = await Promise.all(Array.from({ length: 8 }, past))
      return all.every(({ status }) => status === 200)
    }, 'all room')
  })
})
