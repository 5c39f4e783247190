/** What goes on by a right ends when a new policy does not give it any more. */
import { once } from 'node:events'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker, engineRequest, type EngineName, onEngines } from '../support/engine.ts'
import { everything, freshName, generousPolicy } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { dockgate, startDocker, until } from '../support/process.ts'
import { policyFor } from '../support/policy.ts'
import { reload } from '../support/reload.ts'
import { tar } from '../support/tar.ts'

const more = [...everything, 'exec', 'build', 'load', 'cp', 'commit', 'import']
const giving = (allow: readonly string[], rest: object = {}) => generousPolicy({ allow, ...rest })
const without = (...words: readonly string[]) => giving(more.filter((word) => !words.includes(word)))

const made: string[] = []
afterEach(async () => {
  if (made.length > 0) await engineDocker('new', ['rm', '-f', ...made.splice(0)])
})

async function run(gate: Gate, ...command: readonly string[]): Promise<string> {
  const name = freshName('right')
  made.push(name)
  expect(await docker(gate, ['run', '-d', '--name', name, 'busybox', ...command])).toMatchObject({ code: 0 })
  return name
}

const lines = ['sh', '-c', 'i=0; while true; do i=$((i+1)); echo line $i.; sleep 0.2; done']

/** Whether the record tells of an end by a policy. */
async function ends(gate: Gate, operation: string, says = 'ended: the policy'): Promise<boolean> {
  const state = join(gate.directory, 'state')
  const { stdout } = await dockgate('audit', 'tail', '-n', '500', '--state', state, '--json')
  return stdout
    .split('\n')
    .filter((line) => line.includes(`"operation":"${operation}"`))
    .some((line) => line.includes(says))
}

describe('a stream', () => {
  test('ends when its right is taken away, and is told in the record; others go on', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = await run(gate, ...lines)
    await using logs = startDocker(gate, ['logs', '-f', name])
    await using stats = startDocker(gate, ['stats', '--format', '{{.Name}}', name])
    await logs.printed('line 2.')
    await stats.printed(name)
    await reload(gate, without('logs'))
    await logs.ended
    await until(() => ends(gate, 'container.logs'), 'the record')
    expect(stats.child.exitCode).toBeNull()
  })

  test('goes on where the policy changes and still gives it', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = await run(gate, ...lines)
    await using logs = startDocker(gate, ['logs', '-f', name])
    await logs.printed('line 2.')
    await reload(gate, without('rmi', 'pause'))
    const count = logs.stdout().split('\n').length
    await logs.printed(`line ${count + 3}.`)
  })

  test('of a worker whose section changed ends where policy.on_reload is cut', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = await run(gate, ...lines)
    await using logs = startDocker(gate, ['logs', '-f', name])
    await logs.printed('line 2.')
    await reload(gate, (directory) => `policy: { on_reload: cut }\n${without('rmi')(directory)}`)
    await logs.ended
  })

  test('a terminal that a run has goes on though the container has been started since', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = freshName('right')
    made.push(name)
    await using running = startDocker(gate, ['run', '-i', '--name', name, 'busybox', 'cat'])
    running.child.stdin.write('one\n')
    await running.printed('one')
    await reload(gate, without('attach', 'rmi'))
    running.child.stdin.write('two\n')
    await running.printed('two')
  })

  test('of an exec ends when exec is taken away', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = await run(gate, 'sleep', '1000')
    await using exec = startDocker(gate, ['exec', '-i', name, 'cat'])
    exec.child.stdin.write('one\n')
    await exec.printed('one')
    await reload(gate, without('exec'))
    await exec.ended
    await until(() => ends(gate, 'exec.start'), 'the record')
  })

  test('of events shows nothing any more of a container that the policy no longer names', async () => {
    const name = freshName('theirs')
    made.push(name)
    await engineDocker('new', ['create', '--name', name, 'busybox', 'sleep', '1000'])
    const reaching = (reach: object) => giving(more, { reach })
    await using gate = await startGate({ policy: reaching({ [name]: ['logs'] }) })
    await using events = startDocker(gate, ['events', '--format', '{{.Action}} {{.Actor.Attributes.name}}'])
    await sleep(500)
    await engineDocker('new', ['start', name])
    await events.printed(`start ${name}`)
    await reload(gate, reaching({}))
    await engineDocker('new', ['kill', name])
    const own = await run(gate, 'true')
    await events.printed(`start ${own}`)
    expect(events.stdout()).not.toContain(`kill ${name}`)
  })
})

describe('an exec that was made', () => {
  test('is not started once exec was taken away', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = await run(gate, 'sleep', '1000')
    const body = { Cmd: ['touch', '/done'] }
    const { Id } = JSON.parse(
      (await request(gate.socket, { method: 'POST', path: `/v1.41/containers/${name}/exec`, body })).body,
    )
    await reload(gate, without('exec'))
    const start = { method: 'POST', path: `/v1.41/exec/${Id}/start`, body: { Detach: true } }
    expect(await request(gate.socket, start)).toMatchObject({ status: 403 })
    expect((await engineDocker('new', ['exec', name, 'ls', '/done'])).code).not.toBe(0)
  })

  test('is forgotten where there are more than 64 of them', async () => {
    await using gate = await startGate({ policy: giving(more) })
    const name = await run(gate, 'sleep', '1000')
    const make = async (): Promise<string> => {
      const path = `/v1.41/containers/${name}/exec`
      const answer = await request(gate.socket, { method: 'POST', path, body: { Cmd: ['true'] } })
      return JSON.parse(answer.body).Id
    }
    const first = await make()
    for (let count = 0; count < 64; count += 1) await make()
    const start = { method: 'POST', path: `/v1.41/exec/${first}/start`, body: { Detach: true } }
    expect(await request(gate.socket, start)).toMatchObject({ status: 404 })
  })
})

describe('an upload that is held open', () => {
  /** Begins one, and gives what its answer will be. */
  function begin(gate: Gate, path: string, part: Buffer): { asked: ClientRequest; status: Promise<number> } {
    const asked = httpRequest({
      ...{ socketPath: gate.socket, method: 'POST', path },
      headers: { 'Content-Type': 'application/x-tar' },
    })
    const status = new Promise<number>((resolve) => {
      asked.once('response', (answer) => resolve(answer.resume().statusCode ?? 0))
      asked.once('error', () => resolve(0))
    })
    asked.write(part)
    return { asked, status }
  }

  const dockerfile = tar(['Dockerfile', 'FROM busybox\nRUN touch /built\n'])

  test.each([
    ['build', '/v1.41/build?t=held/built:1'],
    ['load', '/v1.41/images/load'],
    ['import', '/v1.41/images/create?fromSrc=-&repo=held/imported&tag=1'],
  ])('of a %s ends with its right', async (word, path) => {
    const names = { run: { images: ['docker.io/library/*', 'docker.io/held/*'] } }
    await using gate = await startGate({ policy: giving(more, names) })
    const { asked, status } = begin(gate, path, dockerfile.subarray(0, 512))
    await sleep(500)
    await reload(
      gate,
      giving(
        more.filter((other) => other !== word),
        names,
      ),
    )
    expect([0, 403]).toContain(await status)
    asked.destroy()
    const kind = word === 'build' ? 'image.build' : `image.${word}`
    await until(() => ends(gate, kind), 'the record')
  })

  test('of a build ends when what it is built from is no longer given', async () => {
    await using gate = await startGate({ policy: giving(more) })
    await using build = startDocker(gate, ['build', '--no-cache', '-'])
    build.child.stdin.end('FROM busybox\nRUN echo begun && sleep 60\n')
    await build.printed(/---> Running in/)
    await reload(gate, giving(more, { run: { images: ['docker.io/library/alpine'] } }))
    const { code, stderr } = await build.ended
    expect(code).not.toBe(0)
    expect(stderr).toContain('ended: the policy')
  })
})

describe.each(onEngines('new', '28', 'old'))('a restart on the %s engine', (engine) => {
  const stubborn = ['sh', '-c', 'trap "" TERM; echo ready; while true; do sleep 1; done']
  const began = async (id: string): Promise<string> =>
    (await engineDocker(engine, ['inspect', '-f', '{{.State.StartedAt}} {{.State.Running}}', id])).stdout

  async function withContainer(
    options: readonly string[],
    work: (gate: Gate, name: string) => Promise<void>,
  ): Promise<void> {
    await using gate = await startGate({ engine, policy: generousPolicy() })
    const name = freshName('restarted')
    try {
      const args = ['run', '-d', '--name', name, ...options, 'busybox', ...stubborn]
      expect(await docker(gate, args)).toMatchObject({ code: 0 })
      await until(async () => (await docker(gate, ['logs', name])).stdout.includes('ready'), 'it')
      await work(gate, name)
    } finally {
      await engineDocker(engine, ['rm', '-f', name])
    }
  }

  test('does not begin again by a right that was taken away while it stopped', async () => {
    await withContainer([], async (gate, name) => {
      const before = await began(name)
      await using restart = startDocker(gate, ['restart', '-t', '15', name])
      await until(async () => await ends(gate, 'container.restart', '"allow"'), 'it to be asked for')
      await reload(gate, generousPolicy({ allow: ['ps', 'logs'] }))
      expect(await restart.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('docker.allow') })
      const stopped = before.replace('true', 'false')
      await until(async () => (await began(name)) === stopped, 'the stop', 30_000)
      await sleep(3_000)
      expect(await began(name)).toBe(stopped)
    })
  })

  test('tells the same events as ever, and ends with a container that runs', async () => {
    await withContainer([], async (gate, name) => {
      const since = String(Math.floor(Date.now() / 1000))
      const before = await began(name)
      expect(await docker(gate, ['restart', '-t', '1', name])).toMatchObject({ code: 0 })
      expect(await began(name)).not.toBe(before)
      const end = String(Math.ceil(Date.now() / 1000) + 1)
      const filters = ['--filter', `container=${name}`, '--since', since, '--until', end]
      const { stdout } = await engineDocker(engine, ['events', ...filters, '--format', '{{.Action}}'])
      const actions = stdout.split('\n').filter((action) => /^(?:kill|die|stop|start|restart)$/.test(action))
      // Which of the first two comes first is chance.
      expect(actions.slice(-4, -2).toSorted()).toEqual(['die', 'stop'])
      expect(actions.slice(-2)).toEqual(['start', 'restart'])
    })
  })

  test('of a container that is removed when it stops leaves it there', async () => {
    await withContainer(['--rm'], async (gate, name) => {
      const before = await began(name)
      expect(await docker(gate, ['restart', '-t', '1', name])).toMatchObject({ code: 0 })
      const after = await began(name)
      expect(after).not.toBe(before)
      expect(after).toMatch(/ true\n$/)
    })
  })
})

test('what the gate itself has to wait for is decided by the policy that is in force then', async () => {
  await using gate = await startGate({ policy: giving(more) })
  const engine: EngineName = 'new'
  const name = freshName('waits')
  made.push(name)
  // A body that takes its time: it is read before anything is looked at.
  const body = JSON.stringify({ Image: 'busybox', Cmd: ['true'], HostConfig: { CapAdd: [] } })
  const asked = httpRequest({
    ...{ socketPath: gate.socket, method: 'POST', path: `/v1.41/containers/create?name=${name}` },
    headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) },
  })
  asked.write(body.slice(0, 10))
  await sleep(300)
  await reload(gate, (directory) => policyFor(directory, { allow: ['ps'] }))
  asked.end(body.slice(10))
  const [answer] = await once(asked, 'response')
  expect(answer.statusCode).toBe(403)
  expect(await engineRequest(engine, { path: `/v1.41/containers/${name}/json` })).toMatchObject({
    status: 404,
  })
})
