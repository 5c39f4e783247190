/** The worker's surface on its socket: command lines, sessions, its own record. */
import { readdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import { freshName } from '../support/everything.ts'
import { docker } from '../support/docker.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request, type Response } from '../support/http.ts'
import { policyFor } from '../support/policy.ts'
import { startDocker, until } from '../support/process.ts'
import { startRelay } from '../support/relay.ts'

const hostPart = {
  allow: ['echo <text>', 'sleep <seconds>', 'yes', 'printf <text>'],
  parameters: { text: '[a-z]+', seconds: '1..100' },
  programs: { echo: '/bin/echo', sleep: '/bin/sleep', yes: '/usr/bin/yes', printf: '/usr/bin/printf' },
}

/** The usual policy, and a second worker who may do nothing. */
function twoWorkers(directory: string): string {
  const other = { socket: join(directory, 'other', 'docker.sock'), docker: { allow: [] } }
  const first = policyFor(directory, { connections: 128 }, { host: hostPart })
  return first + stringify({ other }).replace(/^/gm, '  ')
}

let gate: Gate
beforeAll(async () => {
  gate = await startGate({ policy: twoWorkers })
})
afterAll(() => gate[Symbol.asyncDispose]())

const run = (line: string, socket = gate.socket): Promise<Response> =>
  request(socket, { method: 'POST', path: '/dockgate/run', body: { line, door: 'mcp', key: 'k\u001b[1m' } })

interface Held {
  readonly value: { readonly do: string; readonly socket: string; readonly verdict?: string }
  readonly request: ClientRequest
}

/** Asks for a session and holds it. */
function hold(line: string): Promise<Held> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const options = { socketPath: gate.socket, method: 'POST', path: '/dockgate/run', headers, agent: false }
    const asked = httpRequest(options, (response) => {
      response.once('data', (chunk: Buffer) =>
        resolve({ value: JSON.parse(chunk.toString()), request: asked }),
      )
      response.once('error', () => undefined)
    })
    asked.once('error', reject)
    asked.end(JSON.stringify({ line, door: 'ssh' }))
  })
}

const sessions = (): readonly string[] =>
  readdirSync(dirname(gate.socket)).filter((name) => name.startsWith('s-'))

describe('a session', () => {
  test('is a socket of the worker that ends with whoever holds it, and its calls with it', async () => {
    const name = freshName('held')
    expect(await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '300'])).toMatchObject({
      code: 0,
    })
    const { value, request: asked } = await hold(`docker logs -f ${name}`)
    expect(sessions()).toHaveLength(1)
    const following = startDocker(value, ['logs', '-f', name])
    await until(
      async () => (await recordOf(gate, '--operation', 'container.logs')).length > 0,
      'logs to be asked for',
    )
    asked.destroy()
    await following.ended
    await expect.poll(sessions).toEqual([])
    expect((await recordOf(gate, '--operation', 'container.logs')).at(-1)).toMatchObject({ door: 'ssh' })
    await docker(gate, ['rm', '-f', name])
  })

  test('is the Engine API and nothing else', async () => {
    const { value, request: asked } = await hold('docker system dial-stdio')
    expect((await request(value.socket, { path: '/_ping' })).status).toBe(200)
    expect((await request(value.socket, { path: '/dockgate/whoami' })).status).toBe(404)
    asked.destroy()
  })

  test('is one of 32 at most', async () => {
    const all = await Promise.all(Array.from({ length: 32 }, () => hold('docker ps')))
    expect(sessions()).toHaveLength(32)
    const more = JSON.parse((await run('docker ps')).body)
    expect(more).toMatchObject({ do: 'answer', exit: 69, stderr: expect.stringContaining('32 commands') })
    for (const { request: asked } of all) asked.destroy()
    await until(() => sessions().length === 0, 'the sessions to end')
  })

  test('whose gate crashed leaves a socket that the next one removes, and no other file', async () => {
    const directory = await crashWithSession()
    await using next = await startGate({ directory, policy: twoWorkers })
    expect(readdirSync(dirname(next.socket)).filter((name) => name.startsWith('s-'))).toEqual([
      's-aaaaaaaaaaa1.sock',
    ])
  })
})

/** A gate's directory with a stale session and one that somebody still serves on. */
async function crashWithSession(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dockgate-test-'))
  const first = await startGate({ directory, policy: twoWorkers })
  const socketPath = first.socket
  const asked = httpRequest({
    socketPath,
    method: 'POST',
    path: '/dockgate/run',
    headers: { 'content-type': 'application/json' },
  })
  asked.on('error', () => undefined)
  asked.end(JSON.stringify({ line: 'docker ps', door: 'ssh' }))
  const names = (): readonly string[] =>
    readdirSync(dirname(socketPath)).filter((name) => name.startsWith('s-'))
  await until(() => names().length === 1, 'a session')
  await first.kill9()
  expect(names()).toHaveLength(1)
  const live = createServer()
  live.unref()
  await new Promise<void>((resolve) => live.listen(join(dirname(socketPath), 's-aaaaaaaaaaa1.sock'), resolve))
  return directory
}

describe('a line', () => {
  test('that is refused is recorded with its door and key, escaped', async () => {
    const { refusal } = JSON.parse((await run('docker exec web id')).body)
    expect(refusal).toMatchObject({ decision: 'refused', rule: 'docker.allow' })
    const lines = await recordOf(gate, '--decision', 'refuse')
    expect(lines.find(({ id }) => id === refusal.record)).toMatchObject({ door: 'mcp', key: 'k\\x1b[1m' })
  })

  test('keeps the values of environment variables out of the record', async () => {
    await run('docker exec -e TOKEN=verysecret web id')
    await run('TOKEN=verysecret docker ps')
    expect(JSON.stringify(await recordOf(gate))).not.toContain('verysecret')
  })

  test('that is too long, or no JSON, or says more than is known, is an error of HTTP', async () => {
    const post = (body: unknown) => request(gate.socket, { method: 'POST', path: '/dockgate/run', body })
    expect((await post({ line: 'x'.repeat(70_000), door: 'ssh' })).status).toBe(413)
    expect((await post('{')).status).toBe(400)
    expect((await post({ line: 'docker ps', door: 'ssh', worker: 'other' })).status).toBe(400)
    expect((await post({ line: 'docker ps', door: 'console' })).status).toBe(400)
    expect((await post({ line: 'docker ps', words: ['id'], door: 'ssh' })).status).toBe(400)
    expect((await request(gate.socket, { path: '/dockgate/nothing' })).status).toBe(404)
    expect((await request(gate.socket, { path: '/dockgate/../info' })).status).toBe(404)
  })
})

describe('a diagnostic', () => {
  const result = async (line: string) => JSON.parse((await run(line)).body)

  test('runs with nothing of the environment, and its end is recorded', async () => {
    expect(await result('sudo echo hello')).toEqual({ do: 'answer', stdout: 'hello\n', stderr: '', exit: 0 })
    const lines = await recordOf(gate, '--operation', 'host.diagnostic')
    expect(lines.slice(-2)).toMatchObject([
      { phase: 'decision', decision: 'allow', target: 'echo hello' },
      { phase: 'outcome', status: 200, reason: 'exit 0' },
    ])
  })

  test('is cut where it prints too much, and ended where it takes too long', async () => {
    const [much, long] = await Promise.all([result('yes'), result('sleep 60')])
    expect(much).toMatchObject({ exit: 124, truncated: true })
    expect(much.stdout.length).toBeLessThan(263_000)
    expect(much.stdout).toMatch(
      /\[dockgate: cut here; the first 262144 of \d+ bytes are shown, ask for less\]\n$/,
    )
    expect(long).toMatchObject({ exit: 124, stderr: expect.stringContaining('ended after 10 s') })
  })

  test('is one of four at once', async () => {
    const sleeping = Array.from({ length: 4 }, () => {
      const headers = { 'content-type': 'application/json' }
      const asked = httpRequest({
        socketPath: gate.socket,
        method: 'POST',
        path: '/dockgate/run',
        headers,
        agent: false,
      })
      asked.on('error', () => undefined)
      asked.end(JSON.stringify({ line: 'sleep 9', door: 'ssh' }))
      return asked
    })
    await until(
      async () => (await result('echo now')).refusal?.rule === 'host.limits',
      'the fifth to be refused',
    )
    for (const asked of sleeping) asked.destroy()
    await until(async () => (await result('echo now')).exit === 0, 'room again')
  })

  test('is not one that the other worker has', async () => {
    const socket = join(gate.directory, 'other', 'docker.sock')
    expect(JSON.parse((await run('echo hello', socket)).body)).toMatchObject({ exit: 77 })
  })
})

describe('the own record', () => {
  test('shows a worker its entries, and no other worker', async () => {
    const { refusal } = JSON.parse((await run('docker exec web id')).body)
    const why = (socket: string) => request(socket, { path: `/dockgate/why/${refusal.record}` })
    expect(JSON.parse((await why(gate.socket)).body).text).toContain('refused by policy: docker.allow')
    expect((await why(join(gate.directory, 'other', 'docker.sock'))).status).toBe(404)
  })

  test('is read on from an entry, and says nothing of other workers', async () => {
    const ask = async (query: string) =>
      JSON.parse((await request(gate.socket, { path: `/dockgate/audit?${query}` })).body).entries
    const { refusal } = JSON.parse((await run('docker exec web id')).body)
    await run('echo hello', join(gate.directory, 'other', 'docker.sock'))
    await run('echo hello')
    const entries = await ask(`after=${refusal.record}`)
    expect(entries.map(({ operation }: { operation: string }) => operation)).toEqual([
      'host.diagnostic',
      'host.diagnostic',
    ])
    expect(entries[0]).not.toHaveProperty('detail')
    expect(await ask('limit=1&decision=refuse')).toMatchObject([{ id: refusal.record }])
    expect((await request(gate.socket, { path: '/dockgate/audit?limit=0' })).status).toBe(400)
  })
})

test('diagnostics and whoami work while the engine is away', async () => {
  await using relay = await startRelay('new')
  await using lonely = await startGate({ engineUrl: relay.url, policy: twoWorkers })
  await relay.cut()
  await until(() => lonely.output().stderr.includes('engine lost'), 'the gate to notice')
  expect((await request(lonely.socket, { path: '/info' })).status).toBe(503)
  expect(JSON.parse((await run('echo hello', lonely.socket)).body)).toMatchObject({
    stdout: 'hello\n',
    exit: 0,
  })
  expect((await request(lonely.socket, { path: '/dockgate/whoami' })).status).toBe(200)
})
