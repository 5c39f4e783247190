import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import { engineDocker } from '../support/engine.ts'
import { freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import {
  call,
  dockerConfig,
  freePort,
  NOBODY,
  overHttp,
  policyWithHttp,
  type HttpWorker,
} from '../support/mcp.ts'
import { installProgram } from '../support/installed.ts'
import { until } from '../support/process.ts'
import { setting } from '../support/settings.ts'

const newToken = (): string => randomBytes(32).toString('base64')
const urlOf = ({ port }: HttpWorker): string => `http://127.0.0.1:${port}/mcp`

let installed: string
let program: string
let gate: Gate
let one: HttpWorker
let other: HttpWorker
beforeAll(async () => {
  installed = await mkdtemp(join(tmpdir(), 'dockgate-installed-'))
  await chmod(installed, 0o755)
  program = installProgram(installed)
  one = { name: 'ai-worker', port: await freePort(), token: newToken() }
  other = { name: 'other', port: await freePort(), token: newToken() }
  gate = await startGate({
    program,
    policy: (directory) => policyWithHttp(directory, [one, other]),
    arguments: (directory) => ['--docker', setting('DOCKER'), '--docker-config', dockerConfig(directory)],
  })
  await served(one)
  await served(other)
})
afterAll(async () => {
  await gate[Symbol.asyncDispose]()
  await rm(installed, { recursive: true })
})

async function served(worker: HttpWorker): Promise<void> {
  await until(
    () => gate.output().stderr.includes(`MCP of worker ${worker.name} at ${urlOf(worker)}`),
    'MCP to be served',
  )
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
}

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

/** One request to a worker's port, with what every client sends unless it is given otherwise. */
function send(worker: HttpWorker, { method = 'POST', path = '/mcp', headers = {}, body = PING }: Sent = {}) {
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${worker.token}`,
    ...headers,
  }
  const kept = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  return new Promise<{
    readonly status: number
    readonly body: string
    readonly challenge: string | undefined
  }>((resolve, reject) => {
    const sent = httpRequest(
      { host: '127.0.0.1', port: worker.port, method, path, headers: kept },
      (response) => {
        text(response).then((answer) => {
          const challenge = response.headers['www-authenticate']
          resolve({ status: response.statusCode ?? 0, body: answer, challenge })
        }, reject)
      },
    )
    sent.once('error', reject)
    sent.end(method === 'GET' ? undefined : body)
  })
}

describe.each(['legacy', 'modern'] as const)('MCP over HTTP, by a %s client', (era) => {
  test('does what it does on stdio', async () => {
    await using session = await overHttp(urlOf(one), one.token, era)
    expect((await session.client.listTools()).tools.map(({ name }) => name)).toContain('docker_write')
    const run = ['run', '--rm', 'busybox', 'echo', 'hello']
    expect(await call(session, 'docker_write', { arguments: run })).toMatchObject({
      output: 'hello\n',
    })
    expect(
      await call(session, 'docker_write', { arguments: ['run', '-v', '/etc:/e', 'busybox'] }),
    ).toMatchObject({
      isError: true,
      rule: 'run.binds',
    })
  })

  test('reads on in a result that another request left', async () => {
    await using session = await overHttp(urlOf(one), one.token, era)
    const run = ['run', '--rm', 'busybox', 'sh', '-c', 'yes 0123456789 | head -n 10000']
    const { result, offset } = await call(session, 'docker_write', { arguments: run })
    await using later = await overHttp(urlOf(one), one.token, era)
    expect(await call(later, 'result_read', { result, offset })).toMatchObject({
      exit: 0,
      output: expect.stringMatching(/^(?:0123456789\n)+$/),
    })
    // Results are the worker's own.
    await using foreign = await overHttp(urlOf(other), other.token, era)
    expect(await call(foreign, 'result_read', { result, offset })).toMatchObject({ isError: true })
  })

  test('tells of progress, and ends the CLI of a call that is cancelled', async () => {
    await using session = await overHttp(urlOf(one), one.token, era)
    const name = freshName('http')
    const giveUp = new AbortController()
    const messages: string[] = []
    const run = ['run', '--rm', '--name', name, 'busybox', 'sh', '-c', 'echo begun; exec sleep 600']
    const onprogress = ({ message = '' }: { readonly message?: string | undefined }): void =>
      void messages.push(message)
    const cancelled = call(session, 'docker_write', { arguments: run }, { signal: giveUp.signal, onprogress })
    cancelled.catch(() => undefined)
    await until(() => messages.includes('begun'), 'progress')
    giveUp.abort()
    await expect(cancelled).rejects.toThrow('abort')
    await until(() => processes(name).length === 0, 'the CLI to be gone')
    await engineDocker('new', ['rm', '-f', name])
  })
})

test('what takes longer than a call goes on, and is read later', { timeout: 100_000 }, async () => {
  await using session = await overHttp(urlOf(one), one.token)
  const run = ['run', '--rm', 'busybox', 'sh', '-c', 'echo begun; sleep 53; echo done']
  const begun = await call(session, 'docker_write', { arguments: run })
  expect(begun).toMatchObject({
    isError: false,
    text: expect.stringMatching(/^still running; do not run it again: result_read with .* waits for more\n/),
    output: 'begun\n',
    offset: 6,
  })
  const { result, offset } = begun
  expect(await call(session, 'result_read', { result, offset })).toMatchObject({
    exit: 0,
    output: 'done\n',
  })
})

describe('two workers', () => {
  test("have a record each, and neither token opens the other's port", async () => {
    await using session = await overHttp(urlOf(other), other.token)
    const name = freshName('others')
    await call(session, 'docker_write', { arguments: ['create', '--name', name, 'busybox'] })
    await using first = await overHttp(urlOf(one), one.token)
    expect(await call(first, 'docker_read', { arguments: ['ps', '-a'] })).toMatchObject({
      output: expect.not.stringContaining(name),
    })
    expect(await call(first, 'docker_destroy', { arguments: ['rm', name] })).toMatchObject({ isError: true })
    expect(await call(session, 'docker_destroy', { arguments: ['rm', name] })).toMatchObject({
      isError: false,
    })
    expect(await recordOf(gate)).toContainEqual(
      expect.objectContaining({ door: 'mcp', worker: 'other', operation: 'container.create' }),
    )
    expect(await send(one, { headers: { authorization: `Bearer ${other.token}` } })).toMatchObject({
      status: 401,
    })
    expect(await send(other, { headers: { authorization: `Bearer ${one.token}` } })).toMatchObject({
      status: 401,
    })
  })
})

describe('a request', () => {
  test('without a token, or with a wrong one, gets 401 and a challenge', async () => {
    for (const authorization of [
      undefined,
      'Bearer wrong',
      `Basic ${one.token}`,
      `Bearer ${one.token.slice(1)}`,
    ]) {
      expect(await send(one, { headers: { authorization } })).toMatchObject({
        status: 401,
        challenge: expect.stringMatching(/^Bearer realm="dockgate"/),
      })
    }
  })

  test('with another Host or Origin gets 403, whatever its token', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { host: `evil.example:${one.port}` },
      { host: `127.0.0.1:${other.port}` },
      { origin: 'http://evil.example' },
      { origin: 'null' },
    ]) {
      expect(await send(one, { headers })).toMatchObject({ status: 403 })
    }
    const headers = { host: `localhost:${one.port}`, origin: 'http://localhost:3000' }
    expect(await send(one, { headers })).toMatchObject({ status: 200 })
  })

  test('that can be nothing of the protocol is answered too', { timeout: 10_000 }, async () => {
    expect(await send(one, { method: 'TRACE', body: '' })).toMatchObject({ status: 500 })
  })

  test('that is too large, no JSON, or to another place is turned away', async () => {
    expect(await send(one, { body: `"${'x'.repeat(2 ** 20)}"` })).toMatchObject({ status: 413 })
    expect(await send(one, { body: 'no json' })).toMatchObject({ status: 400 })
    expect(await send(one, { headers: { 'content-type': 'text/plain' } })).toMatchObject({ status: 415 })
    expect(await send(one, { path: '/' })).toMatchObject({ status: 404 })
    expect(await send(one, { path: '/mcp/../dockgate/run' })).toMatchObject({ status: 404 })
    expect(await send(one, { method: 'GET' })).toMatchObject({ status: 405 })
  })
})

describe('the serving process', () => {
  test("is the worker's account's, and knows no token", () => {
    const [id = '', ...others] = processes('@mcp-http').filter((found) =>
      ancestors(found).includes(String(gate.process.pid)),
    )
    expect(others).toHaveLength(1)
    const status = readFileSync(`/proc/${id}/status`, 'utf8')
    expect(status).toMatch(new RegExp(`^Uid:\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}\\t${NOBODY}$`, 'm'))
    expect(status).toMatch(/^Groups:\t\s*$/m)
    expect(readFileSync(`/proc/${id}/environ`, 'utf8')).not.toContain(one.token)
    expect(readFileSync(`/proc/${id}/cmdline`, 'utf8')).not.toContain(one.token)
  })

  test('is started again when it ends, and ends with the gate', async () => {
    const began = await startOne()
    const { worker } = began
    const children = (): readonly string[] =>
      processes('@mcp-http').filter((id) => ancestors(id).includes(String(began.gate.process.pid)))
    const [id = ''] = children()
    process.kill(Number(id), 'SIGKILL')
    await until(
      async () => children().length === 1 && !children().includes(id) && (await answers(worker)),
      'another one',
    )
    const [last = ''] = children()
    await began.gate.kill9()
    await until(() => !processes('@mcp-http').includes(last), 'it to end after the gate')
    await began.gate[Symbol.asyncDispose]()
  })

  test('follows the policy and the token', async () => {
    const { gate: own, worker } = await startOne()
    const file = join(own.directory, 'policy.yaml')
    const moved = { ...worker, port: await freePort(), token: newToken() }
    writeFileSync(file, policyWithHttp(own.directory, [moved]))
    await until(async () => (await answers(moved)) && !(await answers(worker)), 'the new port and token')
    const token = join(own.directory, `${worker.name}.token`)
    writeFileSync(token, 'short')
    own.process.kill('SIGHUP')
    await until(async () => !(await answers(moved)), 'it to be gone')
    expect(own.output().stderr).toContain(`the token ${token} is shorter than 32 characters`)
    chmodSync(token, 0o644)
    own.process.kill('SIGHUP')
    await until(() => own.output().stderr.includes(`chmod 600 ${token}`), 'a complaint about its mode')
    // The worker goes on without.
    expect(await own.stop()).toMatchObject({ code: 0 })
    await own[Symbol.asyncDispose]()
  })

  test('is not there for a worker whose account would be root', async () => {
    const worker = { name: 'ai-worker', port: await freePort(), token: newToken() }
    await using own = await startGate({
      program,
      policy: (directory) => policyWithHttp(directory, [worker]).replace(`owner: "${NOBODY}"`, 'owner: root'),
    })
    await until(
      () => own.output().stderr.includes('socket.owner must be the account of the worker'),
      'a complaint',
    )
    await sleep(300)
    expect(await answers(worker)).toBe(false)
  })
})

async function startOne(): Promise<{ readonly gate: Gate; readonly worker: HttpWorker }> {
  const worker = { name: 'ai-worker', port: await freePort(), token: newToken() }
  const own = await startGate({ program, policy: (directory) => policyWithHttp(directory, [worker]) })
  await until(() => answers(worker), 'MCP to be served')
  return { gate: own, worker }
}

async function answers(worker: HttpWorker): Promise<boolean> {
  return send(worker).then(
    ({ status }) => status === 200,
    () => false,
  )
}

/** Ids of processes of the host with that word in their command line. */
function processes(word: string): readonly string[] {
  return readdirSync('/proc').filter((id) => /^[0-9]+$/.test(id) && readOf(id, 'cmdline').includes(word))
}

function ancestors(id: string): readonly string[] {
  const parent = /^PPid:\t([0-9]+)$/m.exec(readOf(id, 'status'))?.[1] ?? '0'
  return parent === '0' ? [] : [parent, ...ancestors(parent)]
}

function readOf(id: string, file: string): string {
  try {
    return readFileSync(`/proc/${id}/${file}`, 'utf8')
  } catch (cause) {
    // It ended meanwhile.
    if (cause instanceof Error) return ''
    throw cause
  }
}
