import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { docker } from '../support/docker.ts'
import { engineUrl } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import type { Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor, workerSocket } from '../support/policy.ts'
import { dockgate, startDocker, startDockgate, until } from '../support/process.ts'
import { decision, forge } from '../support/record.ts'
import { startRelay } from '../support/relay.ts'

const policyFile = (gate: Gate): string => join(gate.directory, 'policy.yaml')
const answers = async (socket: string): Promise<boolean> =>
  request(socket, { path: '/_ping' }).then(
    ({ status }) => status === 200,
    () => false,
  )

describe('the end of a gate', () => {
  test('SIGTERM lets a run of two seconds end, takes nothing new, and then exits 0', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    await using running = startDocker(gate, [
      'run',
      '--rm',
      'busybox',
      'sh',
      '-c',
      'echo begun; sleep 2; echo ended',
    ])
    await running.printed('begun')
    const stopped = gate.stop()
    await until(async () => !(await answers(gate.socket)), 'the socket to be closed')
    expect(await running.ended).toEqual({ code: 0, stdout: 'begun\nended\n', stderr: '' })
    expect(await stopped).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /ending[^]*ended; the record has \d+ entries, its head is \d+:[0-9a-f]{64}/,
      ),
    })
  })

  test('what goes on for longer is cut after a while', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    const name = freshName('long')
    await docker(gate, ['run', '-d', '--name', name, 'busybox', 'sh', '-c', 'echo begun; exec sleep 1000'])
    await using logs = startDocker(gate, ['logs', '-f', name])
    await logs.printed('begun')
    expect(await gate.stop()).toMatchObject({ code: 0 })
    await logs.ended
    await using again = await startGate({ directory: gate.directory, policy: generousPolicy() })
    await docker(again, ['rm', '-f', name])
  })

  test('a second signal does not wait', async () => {
    await using patient = await startGate({ policy: generousPolicy() })
    await using gate = await startGate({ policy: generousPolicy() })
    await using waiting = startDocker(gate, ['events'])
    await using others = startDocker(patient, ['events'])
    for (const each of [gate, patient])
      await until(() => each.output().stdout.includes('system.events'), 'the stream to be let through')
    // It is asked earlier, but once: it lets its call go on for as long as that may.
    const later = patient.stop()
    await until(() => patient.output().stderr.includes('ending'), 'the one gate to begin to end')
    const stopped = gate.stop()
    await until(() => gate.output().stderr.includes('ending'), 'the other to begin to end')
    gate.process.kill('SIGTERM')
    expect(await stopped).toMatchObject({ code: 0 })
    expect(patient.process.exitCode).toBe(null)
    await waiting.ended
    expect(await later).toMatchObject({ code: 0 })
    await others.ended
  })

  test('an idle gate ends, however early it is asked', async () => {
    for (let round = 0; round < 3; round += 1) {
      await using gate = await startGate()
      expect(await gate.stop()).toMatchObject({ code: 0 })
    }
  })

  test('the record’s heads that it prints verify what is on disk, and find an older state that was put back whole', async () => {
    await using gate = await startGate()
    const state = join(gate.directory, 'state')
    const older = join(gate.directory, 'older')
    await docker(gate, ['ps'])
    const first = await gate.stop()
    await cp(state, older, { recursive: true, filter: (path) => !path.endsWith('.sock') })
    await using again = await startGate({ directory: gate.directory })
    await docker(again, ['ps'])
    const second = await again.stop()
    const head = /ended; .* its head is (\S+)/.exec(second.stderr)?.[1] ?? ''
    expect(await dockgate('audit', 'verify', '--state', state, '--head', head)).toMatchObject({ code: 0 })
    const log = join(gate.directory, 'log')
    await writeFile(log, first.stderr + second.stderr)
    expect(await dockgate('audit', 'verify', '--state', state, '--heads', log)).toMatchObject({ code: 0 })
    // Nothing in the directory itself tells.
    expect(await dockgate('audit', 'verify', '--state', older)).toMatchObject({ code: 0 })
    expect(await dockgate('audit', 'verify', '--state', older, '--heads', log)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /are missing at the end: the record ends at entry \d+, line \d+ of .*log says/,
      ),
    })
  })
})

describe('a new policy', () => {
  const change = async (gate: Gate, from: string | RegExp, to: string): Promise<void> => {
    const text = await readFile(policyFile(gate), 'utf8')
    expect(text).toMatch(from)
    await writeFile(policyFile(gate), text.replace(from, to))
  }
  const adopted = (gate: Gate) =>
    until(() => gate.output().stderr.includes('the new policy is in force'), 'the policy')

  test('is adopted when the file changes, and streams that it still gives go on', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    const name = freshName('goes-on')
    await docker(gate, [
      'run',
      '-d',
      '--name',
      name,
      'busybox',
      'sh',
      '-c',
      'i=0; while true; do i=$((i+1)); echo line $i.; sleep 0.2; done',
    ])
    await using logs = startDocker(gate, ['logs', '-f', name])
    await logs.printed('line 2.')
    await change(gate, /^ +- top\n/m, '')
    await adopted(gate)
    expect(await docker(gate, ['top', name])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('docker.allow'),
    })
    const lines = logs.stdout().split('\n').length
    await logs.printed(`line ${lines + 3}.`)
    await docker(gate, ['rm', '-f', name])
    expect(await logs.ended).toMatchObject({ stderr: '' })
  })

  test('is adopted where a new file is put in the old one’s place, and on SIGHUP', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    const text = await readFile(policyFile(gate), 'utf8')
    await writeFile(`${policyFile(gate)}.new`, text.replace(/^ +- info\n/m, ''))
    await rename(`${policyFile(gate)}.new`, policyFile(gate))
    await adopted(gate)
    expect(await docker(gate, ['info'])).toMatchObject({ stderr: expect.stringContaining('docker.allow') })
    const times = (): number => gate.output().stderr.split('the new policy is in force').length
    const before = times()
    gate.process.kill('SIGHUP')
    await until(() => times() > before, 'the policy to be loaded again')
  })

  test('that is broken leaves the old one in force, and says why with its place', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    await change(gate, /- ps\n/, '- psst\n')
    await until(() => gate.output().stderr.includes('stays in force'), 'the gate to say so')
    expect(gate.output().stderr).toMatch(/policy\.yaml:\d+:\d+: [^]*psst/)
    expect(await docker(gate, ['ps'])).toMatchObject({ code: 0 })
    await change(gate, /- psst\n/, '- ps\n')
    await adopted(gate)
  })

  test('whose socket can’t be made is in force all the same, and what is not served is told', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    const blocked = join(gate.directory, 'blocked')
    await mkdir(blocked)
    await change(gate, gate.socket, blocked)
    await adopted(gate)
    expect(gate.output().stderr).toContain(
      `worker ai-worker is not served: ${blocked} is there and is not a socket`,
    )
    expect(gate.output().stderr).not.toContain('the old policy stays')
    expect(await answers(gate.socket)).toBe(false)
  })

  test('brings new workers, and takes away the sockets of those that are gone', async () => {
    await using gate = await startGate({ policy: generousPolicy() })
    const { workers, ...file } = parse(await readFile(policyFile(gate), 'utf8'))
    const socket = join(gate.directory, 'second', 'docker.sock')
    const second = { ...workers['ai-worker'], socket }
    await writeFile(policyFile(gate), stringify({ ...file, workers: { second } }))
    await until(() => answers(socket), 'the new worker’s socket')
    expect(await answers(gate.socket)).toBe(false)
    expect(await docker({ socket }, ['ps'])).toMatchObject({ code: 0 })
  })
})

describe('starting a gate', () => {
  let directory = ''
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dockgate-serve-'))
    await mkdir(join(directory, 'work'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const serve = async (policy: string, ...args: readonly string[]) => {
    const file = join(directory, 'policy.yaml')
    await writeFile(file, policy)
    return startDockgate(['serve', '--policy', file, '--state', join(directory, 'state'), ...args])
  }
  const engine = ['--engine', engineUrl('new')]

  test('makes the socket and its directory with the modes of the policy', async () => {
    const { workers, ...file } = parse(policyFor(directory))
    const path = join(directory, 'run', 'deep', 'docker.sock')
    const worker = {
      ...workers['ai-worker'],
      socket: { path, mode: '0600', directory_mode: '0711', group: '0' },
    }
    await using gate = await serve(stringify({ ...file, workers: { 'ai-worker': worker } }), ...engine)
    await until(() => answers(path), 'the gate')
    expect((await stat(path)).mode & 0o7777).toBe(0o600)
    expect((await stat(join(directory, 'run', 'deep'))).mode & 0o7777).toBe(0o711)
    expect((await stat(join(directory, 'state'))).mode & 0o077).toBe(0)
    expect(gate.stdout()).toContain(`export DOCKER_HOST=unix://${path}`)
  })

  test('leaves the mode of a directory that is there', async () => {
    await mkdir(join(directory, 'ai-worker'))
    await chmod(join(directory, 'ai-worker'), 0o705)
    await using gate = await serve(policyFor(directory), ...engine)
    await until(() => answers(workerSocket(directory)), 'the gate')
    expect(gate.stdout()).toContain('export DOCKER_HOST')
    expect((await stat(join(directory, 'ai-worker'))).mode & 0o7777).toBe(0o705)
    expect((await stat(workerSocket(directory))).mode & 0o7777).toBe(0o660)
    expect(gate.stderr()).not.toContain('error')
  })

  test('takes the place of a socket that nobody serves, and not of one that somebody does', async () => {
    await using crashed = await startGate()
    await crashed.kill9()
    await using again = await startGate({ directory: crashed.directory })
    const args = ['serve', '--policy', policyFile(again), '--state', join(directory, 'state'), ...engine]
    expect(await dockgate(...args)).toMatchObject({
      code: 73,
      stderr: expect.stringContaining('something serves on'),
    })
    expect(await answers(again.socket)).toBe(true)
  })

  test('does not touch what is not a socket', async () => {
    await mkdir(join(directory, 'ai-worker'))
    await writeFile(workerSocket(directory), 'precious')
    const gate = await serve(policyFor(directory), ...engine)
    expect(await gate.ended).toMatchObject({ code: 73, stderr: expect.stringContaining('is not a socket') })
    expect(await readFile(workerSocket(directory), 'utf8')).toBe('precious')
  })

  test('serves the others where one worker left something else in the place of its socket', async () => {
    const { workers, ...file } = parse(policyFor(directory))
    const other = { socket: join(directory, 'other', 'docker.sock'), docker: { allow: ['ps'] } }
    await mkdir(workerSocket(directory), { recursive: true })
    const policy = stringify({ ...file, workers: { ...workers, other } })
    await using gate = await serve(policy, ...engine)
    await until(() => answers(join(directory, 'other', 'docker.sock')), 'the gate')
    expect(gate.stderr()).toContain('worker ai-worker is not served: ')
    expect(gate.stdout()).not.toContain('worker ai-worker is served')
    await rmdir(workerSocket(directory))
    gate.child.kill('SIGHUP')
    await until(() => answers(workerSocket(directory)), 'the worker')
  })

  test('on a state directory that another gate uses is refused', async () => {
    await using first = await startGate()
    const { workers, ...file } = parse(policyFor(directory))
    const other = stringify({
      ...file,
      workers: { ...workers, 'ai-worker': { ...workers['ai-worker'], socket: join(directory, 'x.sock') } },
    })
    const policy = join(directory, 'policy.yaml')
    await writeFile(policy, other)
    const second = await dockgate(
      'serve',
      '--policy',
      policy,
      '--state',
      join(first.directory, 'state'),
      ...engine,
    )
    expect(second.code).toBeGreaterThan(0)
    expect(second.stderr).toMatch(/^dockgate: error: /)
    expect(await answers(first.socket)).toBe(true)
    expect(await docker(first, ['ps'])).toMatchObject({ code: 0 })
  })

  test('on a record that something else wrote to is refused, until the operator accepts it', async () => {
    await using gate = await startGate()
    const name = freshName('kept')
    await docker(gate, ['create', '--name', name, 'busybox'])
    await gate.stop()
    const state = join(gate.directory, 'state')
    forge(state, decision({ id: 'forged000001' }))
    const args = ['serve', '--policy', policyFile(gate), '--state', state, ...engine]
    const refused = await dockgate(...args)
    expect(refused).toMatchObject({ code: 74, stdout: '' })
    expect(refused.stderr).toMatch(
      /^dockgate: error: .* entry \d+ goes beyond what the gate signed.*audit accept/,
    )
    expect(await dockgate('audit', 'accept', '--state', state)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^accepted: entry \d+ goes beyond what the gate signed\n$/),
    })
    await using again = await startGate({ directory: gate.directory })
    expect(await docker(again, ['ps', '-a', '--format', '{{.Names}}'])).toMatchObject({ stdout: `${name}\n` })
    await docker(again, ['rm', name])
    expect(await dockgate('audit', 'verify', '--state', state)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/accepted by entry \d+: entry \d+ goes beyond/),
    })
  })

  test('without an engine says what to do', async () => {
    const gate = await serve(policyFor(directory))
    const ended = await gate.ended
    expect(ended).toMatchObject({ code: 69, stdout: '', stderr: expect.stringContaining('--engine') })
    expect(ended.stderr).toMatch(/^dockgate: error: no Docker engine answers at .*\ndockgate: hint: /)
  })

  test('before an engine that is away waits for it', async () => {
    await using relay = await startRelay('new')
    await relay.cut()
    await using gate = await serve(policyFor(directory), '--engine', relay.url)
    await gate.printed('does not answer yet')
    await until(
      async () =>
        (await request(workerSocket(directory), { path: '/_ping' }).catch(() => undefined))?.status === 503,
      '503',
    )
    await relay.resume()
    await until(() => answers(workerSocket(directory)), 'the engine')
  })

  test('takes no SIGHUP for its end, and loads the policy again once it serves', async () => {
    await using relay = await startRelay('new')
    await relay.cut()
    await using gate = await serve(policyFor(directory), '--engine', relay.url)
    await gate.printed('does not answer yet')
    gate.child.kill('SIGHUP')
    await gate.printed('the new policy is in force')
    expect(gate.stdout()).toContain('worker ai-worker is served')
  })

  test('loads a policy that changes meanwhile once it serves', async () => {
    await using relay = await startRelay('new')
    await relay.cut()
    await using gate = await serve(policyFor(directory), '--engine', relay.url)
    await gate.printed('does not answer yet')
    const { workers, ...file } = parse(policyFor(directory))
    const other = { socket: join(directory, 'other', 'docker.sock'), docker: { allow: ['ps'] } }
    await writeFile(join(directory, 'policy.yaml'), stringify({ ...file, workers: { ...workers, other } }))
    await gate.printed('the new policy is in force')
    expect(await request(other.socket, { path: '/_ping' })).toMatchObject({ status: 503 })
  })

  test('goes on where nobody reads any more what it prints', async () => {
    await using gate = await serve(policyFor(directory), ...engine)
    const socket = workerSocket(directory)
    await gate.printed('export DOCKER_HOST')
    gate.child.stdout.destroy()
    gate.child.stderr.destroy()
    for (let round = 0; round < 2; round += 1) {
      expect(await docker({ socket }, ['ps'])).toMatchObject({ code: 0 })
      // Its line is printed in a moment; what comes of SIGHUP goes to stderr.
      gate.child.kill('SIGHUP')
      await sleep(1_500)
    }
    expect(await answers(socket)).toBe(true)
    gate.child.kill('SIGTERM')
    expect(await gate.ended).toMatchObject({ code: 0 })
  })

  test.each([
    ['tcp://127.0.0.1:2375', 64, 'unix://'],
    ['/var/run/docker.sock', 64, 'unix://'],
  ])('with the engine %s says how one is written', async (url, code, says) => {
    const gate = await serve(policyFor(directory), '--engine', url)
    expect(await gate.ended).toMatchObject({ code, stderr: expect.stringContaining(says) })
  })

  test('with a policy that has mistakes names each with its place, and exits 65', async () => {
    const text = policyFor(directory).replace('- ps\n', '- psst\n').replace('mode: rw', 'mode: rwx')
    const gate = await serve(text, ...engine)
    const { code, stderr } = await gate.ended
    expect(code).toBe(65)
    const places = stderr.match(/policy\.yaml:\d+:\d+: /g)
    expect(places).toHaveLength(2)
    const line = text.split('\n').findIndex((each) => each.includes('psst')) + 1
    expect(stderr).toContain(`policy.yaml:${line}:`)
  })

  test('without a policy file exits 66', async () => {
    expect(await dockgate('serve', '--policy', join(directory, 'none.yaml'), ...engine)).toMatchObject({
      code: 66,
      stderr: expect.stringContaining('none.yaml'),
    })
  })

  test('where the state cannot be kept exits 73 or 74 and says where', async () => {
    await writeFile(join(directory, 'state'), 'a file')
    const gate = await serve(policyFor(directory), ...engine)
    const { code, stderr } = await gate.ended
    expect([73, 74]).toContain(code)
    expect(stderr).toContain(join(directory, 'state'))
  })

  test('does not take a socket that another program serves', async () => {
    await mkdir(join(directory, 'ai-worker'))
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(workerSocket(directory), resolve))
    const gate = await serve(policyFor(directory), ...engine)
    expect(await gate.ended).toMatchObject({ code: 73, stderr: expect.stringContaining('end it first') })
    other.close()
  })
})
