import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { docker } from '../support/docker.ts'
import { engineDocker } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { startDocker, until } from '../support/process.ts'
import { startRelay } from '../support/relay.ts'

test('an engine that dies gives 503 with a text while it is away, and the gate is back by itself', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url, policy: generousPolicy() })
  const name = freshName('survives')
  await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])

  await relay.cut()
  const answer = await request(gate.socket, { path: '/containers/json' })
  expect(answer).toMatchObject({ status: 503, body: expect.stringMatching(/"message":".*engine.*"/) })
  expect(await docker(gate, ['ps'])).toMatchObject({ code: 1, stderr: expect.stringContaining('engine') })
  await until(() => gate.output().stderr.includes('engine lost'), 'the gate to say so')

  await relay.resume()
  await expect
    .poll(() => docker(gate, ['ps', '--format', '{{.Names}}']))
    .toMatchObject({ stdout: `${name}\n` })
  expect(await docker(gate, ['rm', '-f', name])).toMatchObject({ code: 0 })
})

test('what happened while the engine was away is known when it is back', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url, policy: generousPolicy() })
  const [kept, gone] = [freshName('kept'), freshName('gone')]
  for (const name of [kept, gone]) await docker(gate, ['create', '--name', name, 'busybox'])
  await relay.cut()
  await engineDocker('new', ['rm', gone])
  await relay.resume()
  await expect
    .poll(() => docker(gate, ['ps', '-a', '--format', '{{.Names}}']))
    .toMatchObject({ stdout: `${kept}\n` })
  await docker(gate, ['rm', kept])
})

test('calls under way end when the engine dies', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url, policy: generousPolicy() })
  const name = freshName('watched')
  await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sh', '-c', 'echo up; exec sleep 1000'])
  await using logs = startDocker(gate, ['logs', '-f', name])
  await using attached = startDocker(gate, ['attach', '--no-stdin', name])
  await using waiting = startDocker(gate, ['wait', name])
  await logs.printed('up')
  await sleep(500)
  await relay.cut()
  // How a CLI takes a broken stream is its own matter; that it is told is the gate's.
  await Promise.all([logs.ended, attached.ended, waiting.ended])
  await engineDocker('new', ['rm', '-f', name])
})

test('a create whose answer is lost is settled when the engine is back', async () => {
  await using relay = await startRelay('new')
  await using gate = await startGate({ engineUrl: relay.url, policy: generousPolicy() })
  const name = freshName('unsure')
  const asked = request(gate.socket, {
    method: 'POST',
    path: `/containers/create?name=${name}`,
    body: { Image: 'busybox', Cmd: ['true'] },
  })
  await until(() => relay.requests().some((line) => line.includes(`name=${name}`)), 'the create to be sent')
  await relay.cut()
  const { status } = await asked
  await relay.resume()
  await until(async () => (await request(gate.socket, { path: '/_ping' })).status === 200, 'the engine')
  const made = (await engineDocker('new', ['inspect', name])).code === 0
  const listed = await docker(gate, ['ps', '-a', '--format', '{{.Names}}'])
  expect(listed.stdout).toBe(made ? `${name}\n` : '')
  expect([201, 503]).toContain(status)
  expect(await docker(gate, ['info', '-f', '{{.Containers}}'])).toMatchObject({
    stdout: made ? '1\n' : '0\n',
  })
  await engineDocker('new', ['rm', '-f', name])
})

test('a client that goes away leaves no connection to the engine', async () => {
  await using gate = await startGate({ policy: generousPolicy() })
  const name = freshName('left')
  await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sh', '-c', 'echo up; exec sleep 1000'])
  const descriptors = (): number => readdirSync(`/proc/${gate.process.pid}/fd`).length
  const calls = [['logs', '-f'], ['wait'], ['attach', '--no-stdin'], ['attach'], ['stats']]
  for (const call of calls) {
    // What the last call left is closed by then.
    await sleep(1000)
    const before = descriptors()
    const clients = Array.from({ length: 5 }, () => startDocker(gate, [...call, name]))
    await until(() => descriptors() >= before + 3, `connections for ${call.join(' ')}`)
    await sleep(500)
    for (const client of clients) await client[Symbol.asyncDispose]()
    // Some connections are kept for the next calls.
    await until(() => descriptors() <= before + 3, `${call.join(' ')} to leave no connection`)
  }
  await docker(gate, ['rm', '-f', name])
})
