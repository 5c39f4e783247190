/** services.dockgate: what comes of its options. What fails the build is in nixos-assertions.test.ts. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { directory, evaluate, host, packaging, type Report } from './evaluate.ts'

const after = evaluate('./example/after.nix')
const plain = evaluate(host())

/** Settings of a unit's [Service], as systemd reads them. */
function service(unit: string): ReadonlyMap<string, string> {
  const truths: Readonly<Record<string, string>> = { yes: 'true', no: 'false' }
  return new Map(
    [...unit.matchAll(/^ *([A-Z]\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [
      key,
      truths[value] ?? value,
    ]),
  )
}

const unitOf = (report: Report): ReadonlyMap<string, string> => service(report.units['dockgate'] ?? '')

/** Runs the check that a system's build runs. */
function runCheck({ checks }: Report): { readonly code: number | null; readonly said: string } {
  const [check] = checks
  const { status, stderr } = spawnSync(
    'bash',
    ['--norc', '-euo', 'pipefail', '-c', check?.buildCommand ?? 'exit 99'],
    {
      env: { PATH: '/usr/bin:/bin', out: join(directory, 'out') },
      encoding: 'utf8',
    },
  )
  return { code: status, said: stderr }
}

test('the example is sound, and the report says that it comes of stand-ins', () => {
  expect(after).toMatchObject({ assertions: [], warnings: [], packages: ['dockgate', 'bubblewrap'] })
  expect(after.standIn).toContain('stand-ins')
})

test('the old setup beside it is told as what it is', () => {
  const before = `{ imports = [ ./example/before.nix ]; aiWorker = { enable = true; publicKey = "ssh-ed25519 AAAA agent"; }; }`
  expect(evaluate(before)).toMatchObject({ assertions: [], sshd: '' })
  const both = evaluate(
    host(
      `{ imports = [ (${before}) ]; services.dockgate.workers.a = { user = "ai-worker"; createUser = false; }; }`,
    ),
  )
  expect(both.assertions.join()).toMatch(
    /security\.sudo has rules for ai-worker that are root .*docker ps;.*sudo iptables -S/,
  )
  expect(both.assertions.join()).toContain('the shell of ai-worker must be "/bin/sh"')
  expect(both.warnings.join()).toContain('fail2ban-client status')
})

describe('the unit', () => {
  test('is that of packaging/systemd, but for its program', () => {
    const file = readFileSync(join(packaging, '../systemd/dockgate.service'), 'utf8')
    const lines = (text: string): readonly string[] =>
      (/^\[Service\]\n([^]*?)(?=^\[|$(?![^]))/m.exec(text)?.[1] ?? '')
        .replaceAll(/\\\n */g, '')
        .split('\n')
        .filter((line) => /^[A-Z]/.test(line) && !line.startsWith('Exec'))
        .map((line) => line.replace(/=yes$/, '=true'))
        .toSorted()
    expect(lines(file).length).toBeGreaterThan(30)
    expect(lines(plain.units['dockgate'] ?? '')).toEqual(lines(file))
  })

  test('has no line that systemd does not know', () => {
    const file = join(directory, 'dockgate.service')
    writeFileSync(file, (plain.units['dockgate'] ?? '').replaceAll(/\/[^\s=]+\/bin\/\w+/g, '/bin/true'))
    const { stderr } = spawnSync('/usr/bin/systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    })
    expect(stderr.split('\n').filter((line) => line.includes('dockgate.service:'))).toEqual([])
  })

  test('comes after the engine, and starts with it', () => {
    expect(plain.units['dockgate']).toMatch(/^After=docker\.service\nWants=docker\.service$/m)
    const podman = evaluate(
      host(
        '{ lib, ... }: { virtualisation.docker.enable = lib.mkForce false; virtualisation.podman.enable = true; }',
      ),
    )
    expect(podman.units['dockgate']).toContain('After=podman.socket')
  })

  test.each([
    [
      'iptables -S',
      {
        CapabilityBoundingSet: /CAP_NET_ADMIN$/,
        RestrictAddressFamilies: /^AF_UNIX AF_INET AF_INET6 AF_NETLINK$/,
      },
      ['IPAddressDeny', 'PrivateNetwork'],
    ],
    [
      'ss -tlnp',
      { CapabilityBoundingSet: /CAP_SYS_PTRACE$/, RestrictAddressFamilies: /^AF_UNIX AF_NETLINK$/ },
      ['IPAddressDeny', 'PrivateNetwork', 'ProtectProc'],
    ],
    [
      'sshd -T',
      {
        CapabilityBoundingSet: /^CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE$/,
        RestrictAddressFamilies: /^AF_UNIX$/,
      },
      [],
    ],
  ])('gives %s what it needs, and no more', (line, given, taken) => {
    const unit = unitOf(
      evaluate(host(`{ services.dockgate.settings.workers.a.host.allow = [ "${line}" ]; }`)),
    )
    for (const [key, pattern] of Object.entries(given)) expect(unit.get(key)).toMatch(pattern)
    expect([...unitOf(plain).keys()].filter((key) => !unit.has(key))).toEqual(taken)
  })

  test('lets the gate start servers of MCP, with the docker CLI that is named', () => {
    const mcp = '{ listen = "127.0.0.1:8377"; token = "/run/secrets/a"; }'
    const unit = unitOf(evaluate(host(`{ services.dockgate.settings.workers.a.mcp = ${mcp}; }`)))
    expect(unit.get('CapabilityBoundingSet')).toMatch(/CAP_SETUID CAP_SETGID CAP_KILL$/)
    expect(unit.get('RestrictNamespaces')).toBe('user mnt net pid ipc uts')
    expect(unit.get('SystemCallFilter')).toBe('@system-service @mount')
    expect(unit.get('ExecStart')).toMatch(/ --docker \S+-docker-client\/bin\/docker --docker-config \S+$/)
    expect([...unitOf(plain).keys()].filter((key) => !unit.has(key)).sort()).toEqual([
      'IPAddressDeny',
      'NotifyAccess',
      'PrivateNetwork',
      'ProtectControlGroups',
      'ProtectKernelLogs',
      'ProtectKernelTunables',
      'ProtectProc',
      'WatchdogSec',
    ])
  })

  test.each([
    ['it is told to', 'services.dockgate.holdMounts = true;'],
    [
      'a worker has its own socket in containers',
      'services.dockgate.settings.workers.a.docker.run.docker_socket = "own";',
    ],
  ])('has no mounts of its own where %s', (_, line) => {
    const unit = unitOf(evaluate(host(`{ ${line} }`)))
    expect(unit.get('CapabilityBoundingSet')).toContain('CAP_SYS_ADMIN')
    expect([...unit.keys()].filter((key) => /^(?:Protect|Private)/.test(key))).toEqual([])
  })

  test('may write where a socket lies elsewhere', () => {
    const unit = unitOf(evaluate(host('{ services.dockgate.workers.a.socket.path = "/srv/a/docker.sock"; }')))
    expect(unit.get('ReadWritePaths')).toBe('/srv/a')
  })
})

describe('the door by SSH', () => {
  /** What sshd itself makes of the block, for an account. */
  function sshd(user: string): string {
    mkdirSync(directory, { recursive: true })
    const config = join(directory, 'sshd_config')
    const key = join(directory, 'host-key')
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], { input: 'n\n' })
    writeFileSync(config, `PasswordAuthentication no\n${after.sshd}`)
    const words = ['-T', '-f', config, '-h', key, '-C', `user=${user},host=h,addr=127.0.0.1`]
    const { stdout, stderr, status } = spawnSync('/usr/sbin/sshd', words, { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return stdout
  }

  test('is one command, keys that root keeps, and nothing else', () => {
    const told = sshd('ai-worker').split('\n')
    expect(told).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^forcecommand \S+\/bin\/dockgate ssh --worker ai-worker --socket \/run\/dockgate\/ai-worker\/docker\.sock --docker \S+ --docker-config \S+$/,
        ),
        'authorizedkeysfile /etc/ssh/authorized_keys.d/%u',
        'authenticationmethods publickey',
        'disableforwarding yes',
        'permituserrc no',
        'permittty no',
        'exposeauthinfo yes',
      ]),
    )
  })

  test('has the lines of docs/ssh.md', () => {
    const page = readFileSync(join(packaging, '../../docs/ssh.md'), 'utf8')
    const lines = /^ {4}Match User ai-worker\n((?: {6}.*\n)+)/m.exec(page)?.[1]?.match(/\S.*/g) ?? []
    expect(lines.length).toBeGreaterThan(6)
    // Both have a path of their own here.
    const same = lines.filter((line) => !/^(?:ForceCommand|AuthorizedKeysFile) /.test(line))
    expect(after.sshd.match(/\S.*/g)).toEqual(expect.arrayContaining(same))
  })

  test('is nothing to other accounts', () => {
    expect(sshd('somebody')).toMatch(/^forcecommand none$/m)
  })

  test('is for an account in no group but its own, whose shell reads nothing', () => {
    expect(after.users['ai-worker']).toMatchObject({
      isSystemUser: true,
      group: 'ai-worker',
      extraGroups: [],
      home: '/var/empty',
      shell: '/bin/sh',
      hashedPassword: '*',
    })
  })

  test('is not there for a worker without keys', () => {
    const {
      sshd: block,
      users,
      packages,
    } = evaluate(
      host('{ lib, ... }: { services.dockgate.workers.a.openssh.authorizedKeys.keys = lib.mkForce [ ]; }'),
    )
    expect({ block, packages }).toEqual({ block: '', packages: ['dockgate'] })
    expect(Object.keys(users)).toEqual(['a'])
  })
})

describe('the policy', () => {
  const policyOf = ({ etc }: Report): unknown =>
    JSON.parse(readFileSync(etc['dockgate/policy.yaml'] ?? '', 'utf8'))

  test('has the sockets of the workers and the engine of the host', () => {
    expect(
      policyOf(evaluate(host('{ services.dockgate.workers.a.socket.group = "agents"; }'))),
    ).toMatchObject({
      version: 1,
      engine: 'unix:///run/docker.sock',
      workers: {
        a: {
          socket: { path: '/run/dockgate/a/docker.sock', owner: 'a', group: 'agents' },
          docker: { allow: ['ps', 'run'] },
        },
      },
    })
  })

  test.each([
    ['of the example', './example/after.nix'],
    [
      'of a worker that is a container',
      '{ services.dockgate.workers.b = { user = null; socket.group = "b"; }; services.dockgate.settings.workers.b.docker.allow = [ "ps" ]; }',
    ],
    [
      'with an engine and rules of its own',
      '{ services.dockgate.settings = { engine = { url = "unix:///run/podman/podman.sock"; refuse_vulnerable = true; }; policy.on_reload = "cut"; }; }',
    ],
  ])('%s passes the check of the system', (_, more) => {
    const module = more.endsWith('.nix') ? `import ${more}` : more
    const report = evaluate(host(module))
    expect(report.assertions).toEqual([])
    expect(runCheck(report)).toEqual({ code: 0, said: '' })
  })

  test.each([
    [
      'a key that is not one',
      'docker.run.imges = [ "alpine" ];',
      /unknown key "imges"[^]*did you mean images\?/,
    ],
    ['a word that is not one', 'docker.allow = [ "pss" ];', /pss/],
    ['a limit that is not one', 'docker.run.limits.memory = "much";', /memory/],
    ['a program that is root', 'host = { allow = [ "sh -c id" ]; programs.sh = "/bin/sh"; };', /sh/],
  ])('with %s fails the build of the system', (_, line, why) => {
    const { code, said } = runCheck(evaluate(host(`{ services.dockgate.settings.workers.a = { ${line} }; }`)))
    expect(code).toBe(65)
    expect(said).toMatch(why)
  })
})
