import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import type { Line } from '../support/audit.ts'
import { docker } from '../support/docker.ts'
import { freshName, gateForAll, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { dockgate, until } from '../support/process.ts'
import { startRelay } from '../support/relay.ts'
import { onEngines } from '../support/engine.ts'

describe.each(onEngines('new', 'old'))('the record before the %s engine', (engine) => {
  const shared = gateForAll(engine)
  const worker = (...args: readonly string[]) => docker(shared.gate, args)
  const state = (): string => join(shared.gate.directory, 'state')
  /** Entries after the newest one of now, once `done` has run. */
  async function recorded(done: () => Promise<unknown>): Promise<readonly Line[]> {
    const last = (await recordOf(shared.gate)).at(-1)?.seq ?? 0
    await done()
    // Reads are on disk within 100 ms.
    await sleep(200)
    return (await recordOf(shared.gate)).filter(({ seq }) => seq > last)
  }

  test('has a decision and an outcome for each change, in that order', async () => {
    const name = freshName('recorded')
    const lines = await recorded(async () => {
      await worker('create', '--name', name, 'busybox', 'true')
      await worker('start', name)
      await worker('wait', name)
      await worker('rename', name, `${name}-2`)
      await worker('rm', `${name}-2`)
    })
    const changes = lines.filter(({ operation }) => /create|start|rename|remove/.test(operation))
    expect(changes.map(({ phase, operation }) => `${phase} ${operation}`)).toEqual(
      ['create', 'start', 'rename', 'remove'].flatMap((word) => [
        `decision container.${word}`,
        `outcome container.${word}`,
      ]),
    )
    const [decision, outcome] = changes
    expect(decision).toMatchObject({
      worker: 'ai-worker',
      decision: 'allow',
      subcommand: 'create',
      target: name,
    })
    expect(outcome).toMatchObject({
      of: decision?.id,
      status: 201,
      target: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(lines.map(({ operation }) => operation)).toContain('container.wait')
  })

  test('has refusals with rule and reason', async () => {
    const [line] = (await recorded(() => worker('run', '--rm', '-v', '/etc:/host', 'busybox'))).filter(
      ({ decision }) => decision === 'refuse',
    )
    expect(line).toMatchObject({
      rule: 'run.binds',
      operation: 'container.create',
      reason: expect.stringContaining('/etc:/host'),
    })
  })

  test('has the failures of the engine', async () => {
    const lines = await recorded(() =>
      worker('run', '-d', '--name', freshName('fails'), 'busybox', 'no-such-command'),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({
        phase: 'outcome',
        operation: 'container.start',
        status: 400,
        reason: expect.stringContaining('no-such-command'),
      }),
    )
  })

  test('has no value of an environment, whatever becomes of the request', async () => {
    const secret = `s3cret-${freshName('value')}`
    const path = '/containers/create'
    const lines = await recorded(async () => {
      await worker('run', '--rm', '-e', `TOKEN=${secret}`, 'busybox', 'true')
      await worker('run', '--rm', '-e', `TOKEN=${secret}`, '-v', '/etc:/x', 'busybox', 'true')
      await worker('run', '--rm', '-e', `TOKEN=${secret}`, '--privileged', 'busybox', 'true')
      // Misspelt, misplaced, of the wrong type.
      const bodies = [
        { Image: 'busybox', env: [`TOKEN=${secret}`] },
        { Image: 'busybox', ENV: [`TOKEN=${secret}`] },
        { Image: 'busybox', HostConfig: { Env: [`TOKEN=${secret}`] } },
        { Image: 'busybox', Env: { TOKEN: secret } },
        { Image: 'busybox', Env: `TOKEN=${secret}` },
        { Image: 'busybox', Enviroment: { TOKEN: secret } },
      ]
      for (const body of bodies) await request(shared.gate.socket, { method: 'POST', path, body })
      const query = `${path}?Env=TOKEN%3D${secret}`
      await request(shared.gate.socket, {
        method: 'POST',
        path: query,
        body: { Image: 'busybox', Env: [`TOKEN=${secret}`] },
      })
      await request(shared.gate.socket, { method: 'POST', path: query, body: { Image: 'busybox' } })
    })
    expect(lines.length).toBeGreaterThan(8)
    expect(JSON.stringify(lines)).toContain('TOKEN=')
    for (const file of readdirSync(state())) {
      if (file.endsWith('.sock') || file === '.gate') continue
      expect([file, readFileSync(join(state(), file)).includes(secret)]).toEqual([file, false])
    }
    expect(shared.gate.output().stdout + shared.gate.output().stderr).not.toContain(secret)
  })

  test('is not filled by one request', async () => {
    const long = 'x'.repeat(100_000)
    const post = (path: string, body: object) => request(shared.gate.socket, { method: 'POST', path, body })
    const lines = await recorded(async () => {
      const filters = encodeURIComponent(JSON.stringify({ label: ['x'.repeat(50_000)] }))
      const replies = [
        await post('/containers/create', { Image: 'busybox', Cmd: [long] }),
        await request(shared.gate.socket, { path: `/containers/json?filters=${filters}` }),
      ]
      expect(replies.map(({ status }) => status)).toEqual([403, 403])
      for (const { body } of replies) expect(JSON.parse(body)).toMatchObject({ rule: 'request.size' })
    })
    expect(lines.map(({ decision }) => decision)).toEqual(['refuse', 'refuse'])
    expect(JSON.stringify(lines).length).toBeLessThan(20_000)
  })

  test('is filtered by worker, operation, decision and time', async () => {
    await worker('ps')
    await worker('exec', 'none', 'sh')
    await worker('run', '--rm', '--privileged', 'busybox', 'true')
    const start = new Date().toISOString()
    await sleep(200)
    await worker('images')
    await sleep(200)
    const kinds = async (...args: readonly string[]): Promise<readonly unknown[]> =>
      (await recordOf(shared.gate, ...args)).map(({ operation }) => operation)
    expect(new Set(await kinds('--operation', 'container.list'))).toEqual(new Set(['container.list']))
    expect(await kinds('--operation', 'container.*')).not.toContain('image.list')
    expect(await kinds('--worker', 'nobody')).toEqual([])
    expect(await kinds('--since', start)).toEqual(['system.ping', 'image.list'])
    expect(await kinds('--until', start)).not.toHaveLength(0)
    const refused = await recordOf(shared.gate, '--decision', 'refuse')
    expect(new Set(refused.map(({ decision }) => decision))).toEqual(new Set(['refuse']))
    expect(await kinds('-n', '2')).toHaveLength(2)
  })

  test('verifies while the gate runs, and status tells how it is', async () => {
    expect(await dockgate('audit', 'verify', '--state', state())).toMatchObject({ code: 0 })
    const { code, stdout } = await dockgate('status', '--state', state(), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      engine: { connected: true, version: expect.any(String) },
      store: {
        directory: state(),
        entries: expect.any(Number),
        head: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      workers: [{ name: 'ai-worker', socket: shared.gate.socket, limits: { containers: 20 } }],
      process: { id: shared.gate.process.pid },
    })
    expect(await dockgate('status', '--state', state())).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('worker   ai-worker'),
    })
  })
})

test('a decision is on disk before the engine hears of it', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url, policy: generousPolicy() })
  const name = freshName('before')
  // What the gate has to know of the image it knows from here on.
  expect(await docker(gate, ['create', '--name', freshName('first'), 'busybox'])).toMatchObject({ code: 0 })
  relay.hang()
  const asked = docker(gate, ['create', '--name', name, 'busybox'])
  await until(async () => (await recordOf(gate)).some(({ target }) => target === name), 'the decision')
  await gate.kill9()
  expect(await asked).not.toMatchObject({ code: 0 })
  const lines = (await recordOf(gate)).filter(({ target }) => target === name)
  expect(lines).toMatchObject([{ phase: 'decision', operation: 'container.create', decision: 'allow' }])
  expect(relay.requests().filter((line) => line.includes(name))).toEqual([])
  expect(await dockgate('audit', 'verify', '--state', join(gate.directory, 'state'))).toMatchObject({
    code: 0,
  })
})

test('every refusal that was answered is on record, whenever the gate is killed', async () => {
  for (let round = 0; round < 4; round += 1) {
    await using gate = await startGate({ policy: generousPolicy() })
    const answered: string[] = []
    const refuseOn = async (): Promise<void> => {
      for (;;) {
        const body = { Image: 'busybox', HostConfig: { Privileged: true } }
        const reply = await request(gate.socket, { method: 'POST', path: '/containers/create', body }).catch(
          () => undefined,
        )
        if (reply === undefined) return
        answered.push(String(JSON.parse(reply.body).record))
      }
    }
    const asked = Promise.all(Array.from({ length: 8 }, refuseOn))
    await until(() => answered.length > 5, 'refusals')
    await sleep(13 * round)
    await gate.kill9()
    await asked
    const ids = new Set((await recordOf(gate)).map(({ id }) => id))
    expect(answered.filter((id) => !ids.has(id))).toEqual([])
  }
})

test('status says that no gate runs, and that an engine is away', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url })
  const state = join(gate.directory, 'state')
  await relay.cut()
  await until(
    async () => (await dockgate('status', '--state', state)).code === 1,
    'status to tell of the engine',
  )
  await gate.stop()
  expect(await dockgate('status', '--state', state)).toMatchObject({
    code: 69,
    stderr: expect.stringMatching(/^dockgate: error: no gate answers/),
  })
})

test('the program that reads the record finds nothing where there is none', async () => {
  execFileSync('mkdir', ['-p', '/tmp/dockgate-empty'])
  const answer = await dockgate('audit', 'tail', '--state', '/tmp/dockgate-empty')
  expect(answer).toMatchObject({ code: 66, stderr: expect.stringMatching(/^dockgate: /) })
})
