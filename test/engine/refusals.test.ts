import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { docker, oldDocker } from '../support/docker.ts'
import { freshName, gateForAll } from '../support/everything.ts'
import { request } from '../support/http.ts'
import { dockgate } from '../support/process.ts'

describe('a refusal', () => {
  const shared = gateForAll('new', { hints: { exec: 'Use the HTTP API instead' } })
  const state = (): string => join(shared.gate.directory, 'state')
  const create = (body: object) =>
    request(shared.gate.socket, {
      method: 'POST',
      path: '/v1.41/containers/create',
      body: { Image: 'busybox', ...body },
    })

  test('has its reasons as fields, and its text as the message', async () => {
    const { status, headers, body } = await create({ HostConfig: { Binds: ['/:/host'] } })
    expect(status).toBe(403)
    expect(headers['content-type']).toBe('application/json')
    const refusal = JSON.parse(body)
    expect(refusal).toMatchObject({
      decision: 'refused',
      rule: 'run.binds',
      what: expect.stringContaining('/:/host'),
      why: expect.stringContaining('outside'),
      instead: expect.arrayContaining([expect.stringContaining('-v ')]),
      retryable: false,
      next: expect.stringContaining('ai-worker'),
      record: expect.stringMatching(/^[0-9a-z]{12}$/),
    })
    for (const part of ['run.binds', refusal.what, refusal.record]) expect(refusal.message).toContain(part)
  })

  test.each([
    ['a privileged container', { HostConfig: { Privileged: true } }],
    [
      'the host’s namespaces',
      { HostConfig: { PidMode: 'host', NetworkMode: 'host', IpcMode: 'host', UTSMode: 'host' } },
    ],
    ['devices', { HostConfig: { Devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda' }] } }],
    ['a bind with colours and lines', { HostConfig: { Binds: ['/\u001b[31m\nred\u202e:/host'] } }],
    ['a path of ten thousand letters', { HostConfig: { Binds: [`/${'a'.repeat(10_000)}:/host`] } }],
    [
      'forty binds',
      { HostConfig: { Binds: Array.from({ length: 40 }, (_, index) => `/etc/${index}:/${index}`) } },
    ],
    ['an odd field', { HostConfig: { Sysctls: { Überraschung: 'ja' } } }],
    ['an unknown image', { Image: 'ghcr.io/évil/image' }],
    ['a wrong type', { HostConfig: 'all' }],
    ['a capability', { HostConfig: { CapAdd: ['SYS_ADMIN'] } }],
  ])('of %s is at most six lines of ASCII, under 600 characters', async (_what, body) => {
    const { status, body: text } = await create(body)
    expect([400, 403]).toContain(status)
    const { message } = JSON.parse(text)
    expect(message).toMatch(/^[\x20-\x7e\n]+$/)
    expect(message.length).toBeLessThan(600)
    expect(message.split('\n').length).toBeLessThanOrEqual(6)
    for (const line of message.split('\n')) expect(line).toBe(line.trim())
  })

  test('of several things says the first, and names the others', async () => {
    const { body } = await create({ HostConfig: { Binds: ['/etc:/a', '/var:/b'], CapAdd: ['SYS_ADMIN'] } })
    expect(JSON.parse(body)).toMatchObject({
      message: expect.stringContaining('(also HostConfig.Binds[1], HostConfig.CapAdd)'),
      also: [expect.anything(), expect.anything()],
    })
  })

  test.each([
    ['26', docker],
    ['20.10', oldDocker],
  ] as const)(
    'is printed by the CLI of %s, which exits 125 for run and 1 for others',
    async (_version, cli) => {
      const run = await cli(shared.gate, ['run', '--rm', '--privileged', 'busybox', 'true'])
      expect(run).toMatchObject({
        code: 125,
        stdout: '',
        stderr: expect.stringContaining('refused by policy: '),
      })
      expect(run.stderr).toContain('Privileged')
      for (const args of [
        ['create', '--privileged', 'busybox'],
        ['pull', 'alpine:3', '-q'],
        ['volume', 'create', 'x'],
        ['rmi', 'busybox'],
      ]) {
        const other = await cli(shared.gate, args)
        if (args[0] === 'pull') continue
        expect([args, other.code, other.stderr]).toEqual([
          args,
          1,
          expect.stringContaining('refused by policy: '),
        ])
      }
    },
  )

  test('carries the operator’s hint', async () => {
    const name = freshName('exec')
    await docker(shared.gate, ['run', '-d', '--name', name, 'busybox', 'sleep', '1000'])
    const result = await docker(shared.gate, ['exec', name, 'id'])
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('Use the HTTP API instead') })
    await docker(shared.gate, ['rm', '-f', name])
  })

  test('leads to its entry in the record', async () => {
    const { stderr } = await docker(shared.gate, ['run', '--rm', '-v', '/etc:/host', 'busybox'])
    const id = /Record: ([0-9a-z]{12})/.exec(stderr)?.[1] ?? ''
    const shown = await dockgate('audit', 'show', id, '--state', state())
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('run.binds') })
    expect(shown.stdout).toContain('/etc:/host')
    const json = JSON.parse((await dockgate('audit', 'show', id, '--state', state(), '--json')).stdout)
    expect(json).toMatchObject({ id, decision: 'refuse', worker: 'ai-worker', operation: 'container.create' })
    expect(await dockgate('audit', 'show', 'nothing00000', '--state', state())).toMatchObject({ code: 1 })
  })

  test('of an endpoint that does not exist is 404, and of a version that is too new 400', async () => {
    expect(await request(shared.gate.socket, { path: '/v1.41/nothing' })).toMatchObject({ status: 404 })
    expect(await request(shared.gate.socket, { path: '/v1.99/containers/json' })).toMatchObject({
      status: 400,
    })
    expect(await request(shared.gate.socket, { path: '/v1.18/containers/json' })).toMatchObject({
      status: 400,
    })
  })
})
