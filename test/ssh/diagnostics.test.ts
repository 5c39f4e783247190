/** The shipped diagnostics against the real programs, in a network namespace of the test's own, over SSH as Hermes asks. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Gate } from '../support/gate.ts'
import { until } from '../support/process.ts'
import { startHost, startSshGate, type Host } from '../support/ssh.ts'

/** The whole list of the sudo whitelist that this replaces. */
const allow = [
  'iptables -L -n -v',
  'iptables -S',
  'fail2ban-client status',
  'fail2ban-client status <jail>',
  'fail2ban-client get <jail> banned',
  'journalctl -t kernel -n <lines>',
  'journalctl -u <unit> -n <lines>',
  'sshd -T',
  'ss -tlnp',
]
const parameters = { jail: '[a-z0-9-]+', unit: ['ssh', 'firewall'], lines: '1..1000' }

let gate: Gate
let host: Host
let banning: Fail2ban
let journal: string

beforeAll(async () => {
  gate = await startSshGate({}, { allow, parameters }, ['/usr/bin/unshare', '--net', '--'])
  inside('ip', 'link', 'set', 'lo', 'up')
  inside('iptables', '-A', 'INPUT', '-s', '192.0.2.1', '-j', 'DROP')
  host = await startHost(gate.socket)
  banning = await startFail2ban()
  journal = writeJournal()
})
afterAll(async () => {
  await banning.stop()
  await host[Symbol.asyncDispose]()
  await gate[Symbol.asyncDispose]()
  rmSync(journal, { force: true })
})

/** Runs a program in the gate's network namespace. */
function inside(...words: readonly string[]): string {
  return execFileSync('/usr/bin/nsenter', ['-t', String(gate.process.pid), '-n', ...words], {
    encoding: 'utf8',
  })
}

interface Fail2ban {
  readonly stop: () => Promise<void>
  /** Writes a line into the log that it watches. */
  readonly log: (line: string) => void
}

/** A real fail2ban at its usual socket, with one jail that bans by iptables in the gate's namespace. */
async function startFail2ban(): Promise<Fail2ban> {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-fail2ban-'))
  const log = join(directory, 'watched.log')
  for (const part of ['filter.d', 'action.d']) mkdirSync(join(directory, part))
  writeFileSync(log, '')
  writeFileSync(join(directory, 'fail2ban.conf'), '[DEFAULT]\n[Definition]\nloglevel = INFO\ndbfile = None\n')
  writeFileSync(
    join(directory, 'filter.d', 'test.conf'),
    '[Definition]\nfailregex = ^ failed login from <HOST>$\n',
  )
  const ban =
    'actionban = iptables -I INPUT -s <ip> -j DROP\nactionunban = iptables -D INPUT -s <ip> -j DROP\n'
  writeFileSync(join(directory, 'action.d', 'ban.conf'), `[Definition]\n${ban}`)
  const jail = `[test-jail]\nenabled = true\nbackend = polling\nfilter = test\naction = ban\nmaxretry = 2\nlogpath = ${log}\n`
  writeFileSync(join(directory, 'jail.conf'), jail)
  mkdirSync('/run/fail2ban', { recursive: true })
  const socket = '/run/fail2ban/fail2ban.sock'
  const args = [
    '-c',
    directory,
    '-s',
    socket,
    '-p',
    join(directory, 'pid'),
    '--logtarget',
    join(directory, 'log'),
  ]
  const words = [
    '-t',
    String(gate.process.pid),
    '-n',
    '/usr/bin/fail2ban-server',
    ...args,
    '--syslogsocket',
    'none',
    '-f',
    'start',
  ]
  const server: ChildProcess = spawn('/usr/bin/nsenter', words, { stdio: 'ignore' })
  await until(() => existsSync(socket), 'fail2ban to be there')
  await until(
    () => readFileSync(join(directory, 'log'), 'utf8').includes("Jail 'test-jail' started"),
    'its jail',
  )
  return {
    log: (line) =>
      appendFileSync(log, `${new Date().toISOString().slice(0, 19).replace('T', ' ')} ${line}\n`),
    stop: async () => {
      server.kill()
      await new Promise((resolve) => server.once('exit', resolve))
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Two entries in the journal, one of a unit and one of the kernel, with what a terminal would act on. Returns its path. */
function writeJournal(): string {
  const machine = readFileSync('/etc/machine-id', 'utf8').trim()
  const directory = `/run/log/journal/${machine}`
  mkdirSync(directory, { recursive: true })
  const file = join(directory, `dockgate-test-${process.pid}.journal`)
  const entry = (at: number, fields: string): string =>
    `__REALTIME_TIMESTAMP=${at}000000\n__MONOTONIC_TIMESTAMP=${at}\n_BOOT_ID=${'0123456789abcdef'.repeat(2)}\nPRIORITY=6\n${fields}\n\n`
  const text =
    entry(
      1_763_000_000,
      'SYSLOG_IDENTIFIER=sshd\n_SYSTEMD_UNIT=ssh.service\nMESSAGE=Accepted key of \u202eevil\u202c',
    ) +
    entry(1_763_000_001, 'SYSLOG_IDENTIFIER=kernel\n_TRANSPORT=kernel\nMESSAGE=refused connection: IN=eth0')
  execFileSync('/lib/systemd/systemd-journal-remote', ['-o', file, '-'], { input: text, stdio: 'pipe' })
  return file
}

describe('a diagnostic of the host', () => {
  test('shows the rules of its firewall, with sudo and without', async () => {
    const rules = await host.ssh('sudo iptables -S')
    expect(rules).toMatchObject({ code: 0, stderr: '' })
    expect(rules.stdout).toContain('-A INPUT -s 192.0.2.1/32 -j DROP\n')
    expect((await host.ssh('/usr/sbin/iptables -L -n -v')).stdout).toMatch(/DROP .* 192\.0\.2\.1 /)
  })

  test('shows who is banned, and the ban in the firewall', async () => {
    expect((await host.ssh('sudo fail2ban-client status')).stdout).toContain('test-jail')
    for (const _ of [1, 2, 3]) banning.log('failed login from 192.0.2.77')
    await until(
      async () => (await host.ssh('fail2ban-client get test-jail banned')).stdout.includes('192.0.2.77'),
      'the ban',
      30_000,
    )
    expect((await host.ssh('fail2ban-client status test-jail')).stdout).toMatch(
      /Banned IP list:\s+192\.0\.2\.77/,
    )
    expect((await host.ssh('iptables -S')).stdout).toContain('-A INPUT -s 192.0.2.77/32 -j DROP')
  })

  test('shows the journal of the kernel and of the units that the policy names, without what acts on a terminal', async () => {
    expect((await host.ssh('journalctl -t kernel -n 100')).stdout).toContain('refused connection: IN=eth0')
    const unit = await host.ssh('sudo journalctl -u ssh -n 50')
    expect(unit.stdout).toContain('Accepted key of evil')
    expect(unit.stdout).not.toMatch(/[\u202e\u202c\u001b]/)
  })

  test('shows the settings of sshd and the listening sockets of its namespace', async () => {
    expect((await host.ssh('sshd -T')).stdout).toMatch(/^permitrootlogin /m)
    expect((await host.ssh('ss -tlnp')).stdout).toMatch(/^State/)
  })

  test.each([
    'iptables -F',
    'iptables -S -Z',
    'iptables -L -n -v -t nat',
    'sudo iptables -A INPUT -j DROP',
    'fail2ban-client set test-jail banip 192.0.2.9',
    'fail2ban-client stop',
    'fail2ban-client -c /tmp status',
    'fail2ban-client status --help',
    'fail2ban-client status test-jail extra',
    'fail2ban-client get test-jail logpath',
    'journalctl -u docker -n 5',
    'journalctl -u ssh -n 1001',
    'journalctl -u ssh -n -1',
    'journalctl -u ssh -n 0x1',
    'journalctl -u "ssh -f" -n 5',
    'journalctl -u --file=/etc/shadow -n 5',
    'journalctl -t kernel',
    'sshd -T -C user=root',
    'sshd -T -f /etc/shadow',
    'ss -tlnpK',
    'ss -K dst 127.0.0.1',
    '/tmp/iptables -S',
    '../../usr/sbin/iptables -S',
  ])('is nothing else: %s', async (line) => {
    const { code, stdout, stderr } = await host.ssh(line)
    expect(code).toBe(77)
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^refused by policy: host\.(?:allow|parameters)\n/)
  })
})
