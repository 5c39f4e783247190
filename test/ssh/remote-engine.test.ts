/** DOCKER_HOST=ssh:// with the real CLI and compose, long streams both ways, many sessions at once. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import { freshName } from '../support/everything.ts'
import type { Gate } from '../support/gate.ts'
import { startHost, startSshGate, type Host } from '../support/ssh.ts'

/** Bytes of the long streams. */
const LONG = 100 * 1024 * 1024

let gate: Gate
let host: Host

beforeAll(async () => {
  gate = await startSshGate({ run: { limits: { containers: 40, memory: '32m' } } })
  host = await startHost(gate.socket)
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
})

describe('DOCKER_HOST=ssh://', () => {
  test('serves the docker CLI, and the record says that it came by SSH', async () => {
    const ran = await host.docker(['run', '--rm', '-i', 'busybox', 'cat'], { input: 'hello' })
    expect(ran).toEqual({ code: 0, stdout: 'hello', stderr: '' })
    const refused = await host.docker(['run', '--rm', '--privileged', 'busybox', 'true'])
    expect(refused.stderr).toContain('refused by policy: run.fields')
    const lines = await recordOf(gate, '--operation', 'container.create')
    expect(lines.filter(({ phase }) => phase === 'decision').map(({ door }) => door)).toEqual(['ssh', 'ssh'])
  })

  test("takes the worker's own socket as a path, and no other", async () => {
    const path = gate.socket
    expect(await host.docker(['ps', '-q'], { path })).toMatchObject({ code: 0 })
    for (const other of ['/var/run/docker.sock', `${gate.socket}x`, '/run/docker.sock']) {
      const answer = await host.docker(['ps', '-q'], { path: other })
      expect(answer.code).toBe(1)
      expect(answer.stderr).toContain('refused by policy: line.options')
    }
  })

  test('serves compose', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'dockgate-compose-'))
    try {
      const project = freshName('sshc')
      await writeFile(
        join(directory, 'compose.yaml'),
        'services:\n  web: { image: busybox, command: [sleep, "300"] }\n  other: { image: busybox, command: [sleep, "300"] }\n',
      )
      const compose = (...words: readonly string[]) =>
        host.docker(['compose', '-p', project, ...words], { cwd: directory, timeout: 55_000 })
      expect(await compose('up', '-d')).toMatchObject({ code: 0 })
      expect((await compose('ps', '--format', '{{.Name}}')).stdout).toContain(`${project}-web-1`)
      expect(await compose('down', '-t', '0')).toMatchObject({ code: 0 })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})

describe('long streams', () => {
  const sent = Buffer.alloc(LONG, 'dockgate')
  const digest = createHash('sha256').update(sent).digest('hex')

  test('of 100 MB arrive whole from a client', async () => {
    const { code, stdout } = await host.ssh('docker run --rm -i busybox sha256sum', { input: sent })
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${digest}  -\n` })
  })

  test('of 100 MB arrive whole at a client', async () => {
    // Without line ends the engine's own log of it costs least.
    const line = `docker run --rm busybox sh -c 'head -c ${LONG} /dev/zero | tr "\\0" x'`
    const running = host.startSsh([line])
    const hash = createHash('sha256')
    let size = 0
    running.child.stdout.removeAllListeners('data').on('data', (chunk: string) => {
      size += chunk.length
      hash.update(chunk)
    })
    expect((await running.ended).code).toBe(0)
    expect(size).toBe(LONG)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(LONG, 'x')).digest('hex'))
  })

  test('of 100 MB pass both ways where the engine is dialled', async () => {
    const input = Buffer.alloc(LONG, 'x')
    const up = await host.docker(['run', '--rm', '-i', 'busybox', 'sha256sum'], { input, timeout: 55_000 })
    expect(up.stdout).toBe(`${createHash('sha256').update(input).digest('hex')}  -\n`)
    const words = ['sh', '-c', `head -c ${LONG} /dev/zero | tr '\\0' x`]
    const down = await host.docker(['run', '--rm', 'busybox', ...words], { timeout: 55_000 })
    expect(down.stdout.length).toBe(LONG)
  })
})

describe('many at once', () => {
  test('are served: 20 sessions, each its own', async () => {
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const ended = await Promise.all(
      numbers.map((number) =>
        host.ssh(`docker run --rm -i busybox sh -c 'cat; sleep 1; echo ${number}'`, { input: `${number} ` }),
      ),
    )
    expect(ended.map(({ stdout, stderr }) => stdout + stderr)).toEqual(
      numbers.map((number) => `${number} ${number}\n`),
    )
  })
})
