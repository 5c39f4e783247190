/** A worker's day over SSH: the real client, Debian's sshd, the forced command, the docker CLI, an engine. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordOf } from '../support/audit.ts'
import { freshName } from '../support/everything.ts'
import { docker } from '../support/docker.ts'
import { engineSocket } from '../support/engine.ts'
import type { Gate } from '../support/gate.ts'
import { until } from '../support/process.ts'
import { startHost, startSshGate, type Host } from '../support/ssh.ts'

let gate: Gate
let host: Host

beforeAll(async () => {
  gate = await startSshGate(
    {},
    {
      allow: ['ss -tlnp', 'sshd -T', 'echo <text>', 'sleep <seconds>'],
      parameters: { text: '[a-z]+', seconds: '1..100' },
      programs: { echo: '/bin/echo', sleep: '/bin/sleep' },
    },
  )
  host = await startHost(gate.socket)
})
afterAll(async () => {
  await host[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
})

describe('over SSH a worker', () => {
  test('runs, lists, follows, stops and removes a container, with sudo as it is used to', async () => {
    const name = freshName('day')
    expect(
      await host.ssh(
        `sudo docker run -d --name ${name} busybox sh -c 'while :; do echo tick; sleep 0.2; done'`,
      ),
    ).toMatchObject({ code: 0 })
    expect((await host.ssh('docker ps --format {{.Names}}')).stdout).toContain(name)
    const following = host.startSsh([`/usr/bin/docker logs -f ${name}`])
    await following.printed('tick')
    following.child.kill()
    expect((await host.ssh(`sudo -n /run/current-system/sw/bin/docker stop -t 0 ${name}`)).stdout).toBe(
      `${name}\n`,
    )
    expect(await host.ssh(`docker rm ${name}`)).toMatchObject({ code: 0, stdout: `${name}\n` })
  })

  test('gets the exit code, both outputs and what it typed', async () => {
    const line = `docker run --rm -i busybox sh -c "cat; echo wrong >&2; exit 7"`
    expect(await host.ssh(line, { input: 'typed' })).toEqual({ code: 7, stdout: 'typed', stderr: 'wrong\n' })
  })

  test('builds, and is not advised to do what is refused', async () => {
    const build = (from: string): ReturnType<Host['ssh']> =>
      host.ssh('docker build -', { input: `FROM ${from}\nRUN echo built\n` })
    expect(await build('busybox')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Successfully built'),
      stderr: '',
    })
    expect(await build('ghcr.io/other/image')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^\n?Error response from daemon: refused by policy: run\.images\n/),
    })
  })

  test('is refused with the same text as everywhere, and exit code 77 where the command is not given', async () => {
    const exec = await host.ssh('sudo docker exec ollama ollama list')
    expect(exec).toMatchObject({ code: 77, stdout: '' })
    expect(exec.stderr).toMatch(/^refused by policy: docker\.allow\ndocker exec\nwhy: exec is not among/)
    const mount = await host.ssh('docker run --rm -v /:/host busybox true')
    expect(mount).toMatchObject({ code: 125 })
    expect(mount.stderr).toContain('refused by policy: run.binds')
    const shell = await host.ssh('docker ps; id')
    expect(shell).toMatchObject({ code: 64, stdout: '' })
    expect(shell.stderr).toContain('no shell reads it, so ; has no meaning here')
  })

  test('runs a diagnostic, with and without sudo', async () => {
    expect(await host.ssh('echo hello')).toEqual({ code: 0, stdout: 'hello\n', stderr: '' })
    expect((await host.ssh('sudo ss -tlnp')).stdout).toContain(`127.0.0.1:${host.port}`)
    expect((await host.ssh('sshd -T')).stdout).toContain('permitrootlogin')
  })

  test('is told what to set instead where a program takes this for a shell', async () => {
    for (const line of [
      'echo $HOME',
      'mkdir -p ~/.hermes/bin',
      'tar xf - -C ~/.hermes',
      "bash -c 'echo x'",
      'scp -t /tmp',
    ]) {
      const { code, stdout, stderr } = await host.ssh(line)
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
      expect(stderr).toMatch(/no shell|no files/)
    }
    expect((await host.ssh('echo $HOME')).stderr).toContain('terminal.backend: local')
  })

  test('asks what it may do, whether it may, and why not', async () => {
    expect((await host.ssh('whoami')).stdout).toMatch(/^worker ai-worker\n/)
    const refused = await host.ssh('docker commit x')
    const id = /Record: (\w+)/.exec(refused.stderr)?.[1] ?? ''
    expect((await host.ssh(`why ${id}`)).stdout).toContain('why: docker commit: commit is not among')
    expect((await host.ssh('can echo hello')).stdout).toContain('allowed: host.allow')
    expect(await host.ssh('can docker exec x ls')).toMatchObject({ code: 77 })
    expect(await host.ssh('')).toMatchObject({ code: 64 })
  })

  test('tries a docker command without anything being done', async () => {
    const name = freshName('tried')
    const mount = await host.ssh(`can docker run --name ${name} -v /etc:/etc busybox true`)
    expect(mount).toMatchObject({ code: 77, stdout: '' })
    expect(mount.stderr).toContain('refused by policy: run.binds')
    const plain = await host.ssh(`can docker run --name ${name} busybox true`)
    expect(plain).toMatchObject({ code: 0, stderr: '' })
    expect(plain.stdout).toContain('allowed: container.create')
    expect((await docker(engineSocket('new'), ['ps', '-a', '--format', '{{.Names}}'])).stdout).not.toContain(
      name,
    )
    const compose = 'services: { a: { image: busybox, privileged: true } }\n'
    const up = await host.ssh(`can docker compose -p ${name} -f - create`, { input: compose })
    expect(up.stdout).toContain('allowed: network.create')
    expect((await host.ssh('can docker ps -a')).stdout).toContain('it only looks things up')
    expect(await host.ssh('can docker ps --nonsense')).toMatchObject({ code: 64 })
    expect(await host.ssh('can docker stop nothing-of-that-name')).toMatchObject({ code: 77 })
  })

  test('is in the record with its door and the key that came in', async () => {
    await host.ssh('docker ps')
    const lines = await recordOf(gate, '--operation', 'container.list')
    expect(lines.at(-1)).toMatchObject({
      door: 'ssh',
      key: expect.stringMatching(/^ssh-ed25519 SHA256:[\w+/]{43}$/),
    })
  })

  test('that goes away ends what it ran: the CLI, the diagnostic, the session', async () => {
    const name = freshName('gone')
    await host.ssh(`docker run -d --name ${name} busybox sleep 300`)
    for (const [line, process] of [
      [`docker logs -f ${name}`, ` logs -f ${name}`],
      ['sleep 77', '/sleep 77'],
    ] as const) {
      const running = host.startSsh([line])
      await until(() => isRunning(process), `${line} to run`)
      running.child.kill('SIGKILL')
      await until(() => !isRunning(process), `${line} to end`)
    }
    await until(() => sessions(gate).length === 0, 'the sessions to end')
    await host.ssh(`docker rm -f ${name}`)
  })
})

function isRunning(words: string): boolean {
  const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  return list.split('\n').some((one) => one.endsWith(words))
}

function sessions({ socket }: Gate): readonly string[] {
  return readdirSync(dirname(socket)).filter((name) => name.startsWith('s-'))
}
