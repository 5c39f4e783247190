/** What somebody with the worker's key can try to be more than the worker: all of it comes to nothing. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAttacker, type Attacker } from '../support/attacker.ts'
import { start } from '../support/process.ts'
import { type Host } from '../support/ssh.ts'

let host: Host
let out: string
let shared: readonly string[]
let attacker: Attacker

beforeAll(async () => {
  attacker = await startAttacker()
  ;({ host, out, shared } = attacker)
})
afterAll(() => attacker[Symbol.asyncDispose]())

describe('a shell is not to be had', () => {
  test.each([
    'docker ps; touch OUT/x',
    'docker ps && touch OUT/x',
    'docker ps | tee OUT/x',
    'docker ps > OUT/x',
    'docker ps $(touch OUT/x)',
    'docker ps `touch OUT/x`',
    'docker ps "$(touch OUT/x)"',
    'docker ps "`touch OUT/x`"',
    'docker ps\ntouch OUT/x',
    "docker ps 'open",
    'docker ps $IFS$(touch${IFS}OUT/x)',
    'touch OUT/x',
    '/usr/bin/touch OUT/x',
    'sudo touch OUT/x',
    'sudo sudo touch OUT/x',
    'sudo -u root touch OUT/x',
    'sudo -i',
    'sudo sh -c "touch OUT/x"',
    'bash -c "touch OUT/x"',
    'sh',
    'env touch OUT/x',
    'PATH=OUT docker ps',
    'LD_PRELOAD=OUT/x.so docker ps',
    'exec touch OUT/x',
    '. OUT/x',
    '/tmp/docker ps',
    './docker ps',
    'echo abc;touch OUT/x',
    'echo -e abc',
    'echo --help',
    'echo abc def',
    'echo ABC',
    'dockgate serve --policy OUT/x',
    'dockgate ssh --worker other',
    'dockgate policy show /etc/shadow',
  ])('by %j', async (line) => {
    const { code, stdout } = await host.ssh(line.replaceAll('OUT', out), { options: shared })
    expect([64, 77]).toContain(code)
    expect(stdout).toBe('')
    expect(existsSync(join(out, 'x'))).toBe(false)
  })

  test('by asking for a terminal, or for no command', async () => {
    const terminal = await host.ssh('docker ps', { options: ['-tt'] })
    expect(terminal.stderr).toContain('PTY allocation request failed')
    const shell = host.startSsh([])
    shell.child.stdin.end('touch OUT/x\n'.replace('OUT', out))
    expect((await shell.ended).code).toBe(64)
    expect(existsSync(join(out, 'x'))).toBe(false)
  })

  test('by a login file of the account, which its shell does not read', async () => {
    const home = '/var/lib/dockgate-test/home'
    const files = ['.profile', '.bashrc', '.ssh/rc', '.ssh/environment']
    try {
      mkdirSync(join(home, '.ssh'))
      for (const file of files) writeFileSync(join(home, file), `touch ${out}/x\nENV=${out}/x\n`)
      expect((await host.ssh('docker ps -q')).code).toBe(0)
      expect(existsSync(join(out, 'x'))).toBe(false)
    } finally {
      rmSync(join(home, '.ssh'), { recursive: true, force: true })
      for (const file of files) rmSync(join(home, file), { force: true })
    }
  })
})

const LOCAL = 30_000 + (process.pid % 10_000)

describe('the network of the host is not to be had', () => {
  test.each([
    ['-W', (port: number) => ['-W', `127.0.0.1:${port}`]],
    ['-L', (port: number) => ['-N', '-L', `${LOCAL}:127.0.0.1:${port}`]],
    ['-R', () => ['-N', '-R', '0:127.0.0.1:1', '-o', 'ExitOnForwardFailure=yes']],
    [
      '-R of a socket',
      () => ['-N', '-R', `${out}/remote.sock:127.0.0.1:1`, '-o', 'ExitOnForwardFailure=yes'],
    ],
    ['-w', () => ['-N', '-w', '5:5', '-o', 'ExitOnForwardFailure=yes']],
  ])('by %s', async (name, options) => {
    let reached = 0
    const server = createServer((connection) => {
      reached += 1
      connection.end('reached\n')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      const running = host.startSsh([], { options: options(port) })
      running.child.stdin.end()
      // The client's end of a forwarding is there; what it leads to is not.
      if (name === '-L') {
        const url = `http://127.0.0.1:${LOCAL}/`
        const retry = ['--retry', '9', '--retry-connrefused', '--retry-delay', '1']
        const asked = await start('/usr/bin/curl', ['-s', '-m', '9', ...retry, url]).ended
        expect([52, 56]).toContain(asked.code)
        running.child.kill()
        await running.ended
      } else {
        expect((await running.ended).code).not.toBe(0)
      }
      expect(reached).toBe(0)
      expect(existsSync(`${out}/remote.sock`)).toBe(false)
    } finally {
      server.close()
    }
  })

  test('and neither is the agent of whoever logs in', async () => {
    const { code } = await host.ssh('docker ps -q', {
      options: ['-A'],
      env: { SSH_AUTH_SOCK: '/nonexistent' },
    })
    expect(code).toBe(0)
    expect((await host.ssh('docker run --rm busybox env', { options: ['-A'] })).stdout).not.toContain(
      'SSH_AUTH_SOCK',
    )
  })
})
