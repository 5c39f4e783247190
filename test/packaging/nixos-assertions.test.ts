/** What fails the build of a host with services.dockgate, and what is an error to NixOS before that. */
import { describe, expect, test } from 'vitest'
import { evaluate, host, KEY, tryConfiguration } from './evaluate.ts'

/** What fails the build, in one text. */
const fired = (more: string): string => evaluate(host(more)).assertions.join('\n')

test('nothing fails a host as it should be', () => {
  expect(evaluate(host())).toMatchObject({ assertions: [], warnings: [] })
})

describe('an account that is root by a group', () => {
  const groups = [
    'docker',
    'wheel',
    'libvirtd',
    'podman',
    'incus-admin',
    'lxd',
    'disk',
    'sudo',
    'root',
    'kmem',
    'shadow',
  ]

  test.each(groups)('%s, as a further group of its own, fails the build', (group) => {
    expect(
      fired(`{ users.users.a.extraGroups = [ "audio" "${group}" ]; users.groups.${group} = { }; }`),
    ).toMatch(
      new RegExp(
        `^services\\.dockgate\\.workers\\.a: the account a is in ${group}, which is root on this host`,
      ),
    )
  })

  test.each([
    ['its first group', '{ lib, ... }: { users.users.a.group = lib.mkForce "docker"; }'],
    ['a member that the group names', '{ users.groups.docker.members = [ "b" "a" ]; }'],
  ])('fails the build as %s too', (_, more) => {
    expect(fired(more)).toContain('the account a is in docker, which is root')
  })

  test('fails it for a user of another name than the worker, and all groups are told', () => {
    const more =
      '{ services.dockgate.workers.a.user = "agent"; users.users.agent.extraGroups = [ "wheel" "docker" ]; }'
    expect(fired(more)).toContain('workers.a: the account agent is in wheel, docker, which is root')
  })

  test('does not for other accounts, nor other groups', () => {
    expect(
      fired('{ users.users.b.extraGroups = [ "docker" ]; users.users.a.extraGroups = [ "audio" ]; }'),
    ).toBe('')
  })
})

describe('a rule of sudo', () => {
  const rule = (fields: string, command = '"/run/current-system/sw/bin/docker ps"'): string =>
    `{ security.sudo.extraRules = [ { ${fields} commands = [ ${command} ]; } ]; }`

  test.each([
    ['for the account', rule('users = [ "a" ];')],
    [
      'for the number of the account',
      `{ imports = [ (${rule('users = [ 4711 ];')}) ]; users.users.a.uid = 4711; }`,
    ],
    ['for everybody', rule('users = [ "ALL" ];')],
    [
      'for a group of the account',
      `{ imports = [ (${rule('groups = [ "agents" ];')}) ]; users.groups.agents.members = [ "a" ]; }`,
    ],
    [
      'with options',
      rule('users = [ "a" ];', '{ command = "/usr/bin/docker logs *"; options = [ "NOPASSWD" ]; }'),
    ],
    ['for a program behind another', rule('users = [ "a" ];', '"/usr/bin/env docker ps"')],
    ['for sudo itself', rule('users = [ "a" ];', '"/run/wrappers/bin/sudo iptables -S"')],
    ['for all', rule('users = [ "a" ];', '"ALL"')],
    ['for podman', rule('users = [ "a" ];', '"/usr/bin/podman ps"')],
    ['for virsh', rule('users = [ "a" ];', '"/usr/bin/virsh list"')],
    [
      'as text',
      `{ security.sudo.extraConfig = "a ALL=(ALL) NOPASSWD: /bin/ls, /usr/bin/docker ps --filter a=b"; }`,
    ],
    [
      'as text of two lines',
      `{ security.sudo.extraConfig = "Defaults x\\na ALL=(root) /bin/ls, \\\\\\n /usr/bin/docker-compose up"; }`,
    ],
    ['as text for a group', `{ security.sudo.extraConfig = "%a ALL = ALL"; }`],
    [
      'of sudo-rs',
      `{ security.sudo-rs = { enable = true; extraRules = [ { users = [ "a" ]; commands = [ "/usr/bin/docker ps" ]; } ]; }; }`,
    ],
    [
      'of doas',
      `{ security.doas = { enable = true; extraRules = [ { users = [ "a" ]; cmd = "docker"; } ]; }; }`,
    ],
    [
      'of doas, without a command',
      `{ security.doas = { enable = true; extraRules = [ { groups = [ "a" ]; } ]; }; }`,
    ],
  ])('that leads to an engine fails the build: %s', (_, more) => {
    expect(fired(more)).toMatch(
      /^services\.dockgate\.workers\.a: security\.[a-z-]+ has rules for a that are root on this host: /,
    )
  })

  test.each([
    ['of another account', rule('users = [ "b" ];')],
    ['of another group', rule('groups = [ "wheel" ];', '"ALL"')],
    ['of another account, as text', `{ security.sudo.extraConfig = "ab ALL=(ALL) ALL\\n# a ALL=ALL"; }`],
    [
      'of a program that is not on',
      `{ security.doas.extraRules = [ { users = [ "a" ]; cmd = "docker"; } ]; }`,
    ],
  ])('does not: %s', (_, more) => {
    expect(evaluate(host(more))).toMatchObject({ assertions: [], warnings: [] })
  })

  test('for something else is warned of', () => {
    const { assertions, warnings } = evaluate(host(rule('users = [ "a" ];', '"/usr/bin/ss -tlnp"')))
    expect(assertions).toEqual([])
    expect(warnings.join()).toContain('security.sudo still has rules for a: /usr/bin/ss -tlnp.')
  })
})

describe('a worker', () => {
  const also = (name: string, fields: string): string =>
    `services.dockgate.workers.${name} = { ${fields} }; services.dockgate.settings.workers.${name}.docker.allow = [ "ps" ];`

  test.each([
    [
      'with the account of another',
      `{ ${also('b', 'user = "a"; createUser = false;')} }`,
      /workers: a, b have the same account a, so each of them is the others too/,
    ],
    [
      'whose account is not there',
      `{ ${also('b', 'createUser = false;')} }`,
      /workers\.b\.user: there is no account b\.\nLeave createUser on/,
    ],
    [
      'that is root',
      `{ ${also('b', 'user = "root"; createUser = false;')} users.users.root.uid = 0; }`,
      /workers\.b\.user: root is root/,
    ],
    ['whose account has the number of root', '{ users.users.a.uid = 0; }', /workers\.a\.user: a is root/],
    [
      'whose account Nix trusts',
      '{ nix.settings.trusted-users = [ "a" ]; }',
      /nix\.settings\.trusted-users has the account a/,
    ],
    [
      'whose group Nix trusts',
      '{ nix.settings.trusted-users = [ "@a" ]; }',
      /nix\.settings\.trusted-users has the account a/,
    ],
    [
      'in the group of another’s socket',
      `{ ${also('b', 'socket.group = "a";')} }`,
      /workers\.b\.socket\.group: a of worker a is in the group a, and so may open the socket of b/,
    ],
    [
      'that comes in by SSH without a key',
      '{ lib, ... }: { services.dockgate.workers.a.openssh = { enable = true; authorizedKeys.keys = lib.mkForce [ ]; }; }',
      /workers\.a\.openssh is enabled, and has no keys, so nobody can come in/,
    ],
    [
      'whose key is none',
      '{ services.dockgate.workers.a.openssh.authorizedKeys.keys = [ "-----BEGIN OPENSSH PRIVATE KEY-----" ]; }',
      /1 of them can't be read as a public key/,
    ],
    [
      'that comes in by SSH where there is no sshd',
      '{ lib, ... }: { services.openssh.enable = lib.mkForce false; }',
      /workers\.a\.openssh is enabled, and services\.openssh is not/,
    ],
    [
      'whose shell reads the account’s files',
      '{ lib, ... }: { users.users.a.shell = lib.mkForce "/run/current-system/sw/bin/bash"; }',
      /the shell of a must be "\/bin\/sh"/,
    ],
    [
      'without an account that comes in by SSH',
      `{ ${also('b', `user = null; openssh.authorizedKeys.keys = [ "${KEY}" ];`)} }`,
      /workers\.b has no user, so nobody can come in by SSH/,
    ],
    [
      'of the policy that is nobody',
      '{ services.dockgate.settings.workers.c.docker.allow = [ "ps" ]; }',
      /settings\.workers\.c is nobody's/,
    ],
  ])('%s fails the build', (_, more, why) => {
    expect(fired(more)).toMatch(why)
  })

  test('there must be one', () => {
    expect(evaluate('{ services.dockgate.enable = true; }').assertions.join()).toContain(
      'services.dockgate has no workers',
    )
  })

  test('beside another, each with an account of its own, is fine', () => {
    expect(fired(`{ ${also('b', `openssh.authorizedKeys.keys = [ "restrict ${KEY}" ];`)} }`)).toBe('')
  })

  test.each([
    ['that may do nothing', '{ services.dockgate.workers.b = { }; }', 'settings.workers.b gives nothing'],
    [
      'whose docker would not be run',
      '{ security.allowUserNamespaces = false; }',
      'docker is not run for workers',
    ],
    [
      'beside an engine on an address',
      '{ virtualisation.docker.listenOptions = [ "/run/docker.sock" "0.0.0.0:2375" ]; }',
      'the engine listens on 0.0.0.0:2375, where',
    ],
  ])('%s is warned of', (_, more, why) => {
    expect(evaluate(host(more)).warnings.join()).toContain(why)
  })
})

describe('what is written wrong', () => {
  const wrong = (more: string): string => {
    const told = tryConfiguration(host(more))
    return typeof told === 'string' ? told : 'no error'
  }

  test.each([
    ['services.dockgate.setings = { };', 'services.dockgate.setings'],
    [
      'services.dockgate.workers.a.openssh.authorisedKeys.keys = [ ];',
      'services.dockgate.workers.a.openssh.authorisedKeys',
    ],
    ['services.dockgate.workers.a.sockets.group = "a";', 'services.dockgate.workers.a.sockets'],
    ['services.dockgat.enable = true;', 'services.dockgat'],
  ])('an option that is not one is an error: %s', (line, option) => {
    expect(wrong(`{ ${line} }`)).toContain(`The option \`${option}' does not exist`)
  })

  test.each([
    ['services.dockgate.enable = "yes";', 'enable', 'boolean'],
    ['services.dockgate.workers.a.user = "*";', 'workers.a.user', 'null or string matching the pattern'],
    ['services.dockgate.workers.a.socket.path = "docker.sock";', 'workers.a.socket.path', 'absolute path'],
    [
      'services.dockgate.workers.a.openssh.authorizedKeys.keys = "key";',
      'workers.a.openssh.authorizedKeys.keys',
      'list of',
    ],
    ['services.dockgate.settings.version = 2;', 'settings.version', 'value 1 (singular enum)'],
    [
      'services.dockgate.settings.workers.a.docker.allow = "ps";',
      'settings.workers.a.docker.allow',
      'list of string',
    ],
    [
      'services.dockgate.settings.workers.a.docker.reach = [ "ollama" ];',
      'settings.workers.a.docker.reach',
      'attribute set of',
    ],
    ['services.dockgate.settings.workers.a.host = x: x;', 'settings.workers.a.host', 'JSON value'],
  ])('a value of a wrong type is an error: %s', (line, option, type) => {
    expect(wrong(`{ ${line} }`)).toContain(
      `A definition for option \`services.dockgate.${option}' is not of type \`${type}`,
    )
  })

  test('a policy with another socket than the worker has is an error', () => {
    expect(wrong('{ services.dockgate.settings.workers.a.socket.path = "/run/other.sock"; }')).toContain(
      "The option `services.dockgate.settings.workers.a.socket.path' has conflicting definition values",
    )
  })

  test('another policy file than that of the settings is an error', () => {
    expect(wrong('{ services.dockgate.policyFile = "/etc/other.yaml"; }')).toContain(
      "The option `services.dockgate.policyFile' is read-only",
    )
  })
})
