import { describe, expect, test } from 'vitest'
import { parsePolicy } from './parse.ts'
import type { Policy } from './policy.ts'
import { formatProblem } from './problem.ts'
import { starterPolicy } from './starter.ts'

/** A policy of one worker whose `docker:` is given, its first line being line 6 and each indented by 6. */
function withDocker(docker: string): string {
  const lines = docker.split('\n').map((line) => `      ${line}`)
  return ['version: 1', 'workers:', '  a:', '    socket: /run/gate/a.sock', '    docker:', ...lines, ''].join(
    '\n',
  )
}

/** `LINE:COLUMN: MESSAGE`, and the hint in brackets. */
function problemsOf(text: string): readonly string[] {
  const parsed = parsePolicy(text, 'policy.yaml')
  if ('policy' in parsed) return []
  return parsed.problems.map(
    ({ line, column, message, hint }) =>
      `${line}:${column}: ${message}${hint === undefined ? '' : ` [${hint}]`}`,
  )
}

function policyOf(text: string): Policy {
  const parsed = parsePolicy(text, 'policy.yaml')
  if ('problems' in parsed) throw new Error(parsed.problems.map(formatProblem).join('\n'))
  return parsed.policy
}

describe('a good policy', () => {
  test('has every default filled in', () => {
    expect(policyOf(withDocker('allow: [ps]'))).toEqual({
      engine: undefined,
      faults: { refused: false, accepted: [] },
      onReload: 'drain',
      workers: [
        {
          name: 'a',
          inherits: false,
          socket: {
            path: '/run/gate/a.sock',
            owner: undefined,
            group: undefined,
            mode: 0o660,
            directoryMode: 0o750,
          },
          host: { allow: [] },
          docker: {
            allow: ['ps'],
            faults: { refused: false, accepted: [] },
            reach: {},
            run: {
              images: [],
              binds: [],
              covered: [],
              ports: [],
              limits: {
                memory: 2 ** 30,
                nanoCpus: 10 ** 9,
                pids: 256,
                nofile: 65_536,
                shm: 64 * 2 ** 20,
                tmpfs: 2 ** 30,
                log: 10 * 2 ** 20,
                containers: 10,
                networks: 10,
                volumes: 50,
                totalMemory: 10 * 2 ** 30,
                totalNanoCpus: 10 * 10 ** 9,
              },
              networks: [],
              subnets: [],
              capabilities: [],
              ulimits: {},
              restart: ['no', 'on-failure'],
              labels: [],
              names: 'own',
              imageHost: 'a.dockgate.invalid',
              dockerSocket: 'off',
              socketPath: '/run/gate/a.sock',
            },
            exec: { own: [], named: {} },
            hints: {},
            unrecorded: [],
            connections: 64,
          },
        },
      ],
    })
  })

  test('says what is done about faults of the engine', () => {
    const map = (engine: string): string =>
      `version: 1\nengine: ${engine}\n${withDocker('allow: [ps]').replace('version: 1', '')}`
    const policy = policyOf(map('{ refuse_vulnerable: true, accept: [CVE-2025-52881] }'))
    const faults = { refused: true, accepted: ['CVE-2025-52881'] }
    expect(policy).toMatchObject({ engine: undefined, faults, workers: [{ docker: { faults } }] })
    expect(policyOf(map('{ url: unix:///run/e.sock }'))).toMatchObject({
      engine: 'unix:///run/e.sock',
      faults: { refused: false, accepted: [] },
    })
    expect(parsePolicy(map('{ accept: [old] }'), 'p')).toMatchObject({
      problems: [{ message: expect.stringContaining('must be the number of a fault, as CVE-2025-52881') }],
    })
    expect(parsePolicy(map('{ refuse_vulnerable: yes }'), 'p')).toHaveProperty('problems')
    expect(parsePolicy(map('[]'), 'p')).toHaveProperty('problems')
  })

  test('is normalised', () => {
    const policy = policyOf(`version: 1
engine: unix:///var//run/docker.sock
workers:
  a:
    socket: { path: /run/gate/a/, owner: ai, group: "1000", mode: "0600", directory_mode: "711" }
    docker:
      allow: [container ls, ps, image rm]
      reach: { ollama: [container logs, inspect] }
      run:
        images: [alpine, ghcr.io/acme/*]
        binds: [{ path: /srv//data/, mode: ro }]
        ports: { address: "::1", range: 20000-20999 }
        limits: { memory: 1.5g, cpus: 0.25, shm: 1048576, containers: 4, total: { memory: 2g, cpus: 99 } }
        networks: [front]
        capabilities: [CAP_NET_ADMIN]
        restart: [always]
      hints: { exec: "no", volume rm: "keep it" }
      unrecorded: [system info]
      connections: 3
`)
    expect(policy.engine).toBe('unix:///var/run/docker.sock')
    const [worker] = policy.workers
    expect(worker?.socket).toEqual({
      path: '/run/gate/a',
      owner: 'ai',
      group: '1000',
      mode: 0o600,
      directoryMode: 0o711,
    })
    expect(worker?.docker).toMatchObject({
      allow: ['ps', 'rmi'],
      reach: { ollama: ['inspect', 'logs'] },
      run: {
        images: ['docker.io/library/alpine', 'ghcr.io/acme/*'],
        binds: [{ path: '/srv/data', mode: 'ro' }],
        ports: [{ address: '::1', from: 20_000, to: 20_999 }],
        networks: ['front'],
        capabilities: ['NET_ADMIN'],
        restart: ['always'],
      },
      hints: { exec: 'no', 'volume rm': 'keep it' },
      unrecorded: ['info'],
      connections: 3,
    })
    expect(worker?.docker.run.limits).toMatchObject({
      memory: 1_610_612_736,
      nanoCpus: 250_000_000,
      shm: 1_048_576,
      totalMemory: 2 ** 31,
      totalNanoCpus: 10 ** 9,
    })
  })

  test('a management word gives its known commands, without opening the raw API', () => {
    const [worker] = policyOf(withDocker('allow: [system]')).workers
    expect(worker?.docker.allow).toEqual(['info', 'events', 'system df', 'system prune'])
  })

  test('the policy to start from is one', () => {
    const text = starterPolicy({
      worker: 'ai-worker',
      engine: 'unix:///run/podman/podman.sock',
      schema: 'x.json',
    })
    const policy = policyOf(text)
    expect(policy.engine).toBe('unix:///run/podman/podman.sock')
    expect(policy.workers.map(({ name, socket }) => [name, socket.path, socket.mode])).toEqual([
      ['ai-worker', '/run/dockgate/ai-worker/docker.sock', 0o660],
    ])
  })

  test('Windows line ends and a byte order mark are no fault', () => {
    expect(policyOf(`\uFEFF${withDocker('allow: [ps]').replaceAll('\n', '\r\n')}`).workers).toHaveLength(1)
  })
})

describe('the form of the file', () => {
  test.each([
    ['', '1:1: is empty'],
    [' \n', '1:1: is empty'],
    ['# only a comment', '1:1: must be a map, not empty'],
    ['ps', '1:1: must be a map, not the text "ps"'],
    ['[]', '1:1: must be a map, not a list'],
    ['version: 1\nversion: 1\nworkers: {}', '2:1: this key is there twice'],
    ['a: &x 1\nb: 2', '1:7: anchors (&…) are not used in policies'],
    ['a: *x', '1:4: aliases (*…) are not used in policies'],
    ['a: !foo 1', '1:4: tags (!…) are not used in policies'],
    ['a: !!map {}', '1:10: tags (!…) are not used in policies'],
    ['%YAML 1.1\n---\nversion: 1', '1:1: directives (%…) are not used in policies'],
    ['# 100 %\n%YAML 1.1\n---\nversion: 1', '2:1: directives (%…) are not used in policies'],
    ['%TAG !e! tag:a.b,2000:\n---\nversion: 1', '1:1: directives (%…) are not used in policies'],
    [`a: 1\na: ${'['.repeat(10_000)}`, expect.stringMatching(/^2:\d+: the file is nested too deeply$/)],
    ['version: 1\n---\nversion: 1', '2:1: a policy is one document, and here another one begins'],
    ['{[1]: 2}', '1:2: a key must be plain text'],
    ['a:\n\tb: 1', '2:1: a tab does not indent in YAML [use spaces]'],
    ['a: "x', '1:6: this is not YAML: missing closing "quote'],
    [`a: ${'['.repeat(10_000)}`, expect.stringMatching(/^1:\d+: the file is nested too deeply$/)],
    ['#'.repeat(2 ** 20 + 1), '1:1: is larger than 1 MiB'],
  ])('%.40j: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })

  test('an alias is told beside its anchor', () => {
    expect(problemsOf('a: &x 1\nb: *x')).toEqual([
      '1:7: anchors (&…) are not used in policies',
      '2:4: aliases (*…) are not used in policies',
    ])
  })

  test('every key that is there twice is told', () => {
    expect(problemsOf('a: 1\na: 1\nb: 1\nb: 1')).toEqual([
      '2:1: this key is there twice',
      '4:1: this key is there twice',
    ])
  })
})

describe('the head of the file', () => {
  const rest = 'workers: { a: { socket: /run/a, docker: { allow: [] } } }'
  test.each([
    [`version: 2\n${rest}`, '1:10: must be 1, not 2'],
    [rest, '1:1: the key "version" is missing'],
    ['version: 1', '1:1: the key "workers" is missing'],
    ['version: 1\nworkers: {}', '2:10: must name at least one worker'],
    ['version: 1\nworkers:', '2:1: must be a map, not empty'],
    [
      `version: 1\n${rest}\ntests: []`,
      '3:1: the key "tests" is not supported in this version [leave it out]',
    ],
    [`version: 1\nengin: x\n${rest}`, '2:1: unknown key "engin" [did you mean engine?]'],
    [
      `version: 1\n__proto__: x\n${rest}`,
      '2:1: unknown key "__proto__" [known here: version, engine, policy, workers]',
    ],
    [
      `version: 1\nengine: tcp://10.0.0.1:2375\n${rest}`,
      "2:9: must be unix:// and the absolute path of the engine's socket; no other address is supported yet",
    ],
    [`version: 1\nengine: unix:///run/../x\n${rest}`, '2:9: the path must not hold . or ..'],
    ['version: 1\nworkers: { A1: {} }', '2:12: a worker is named in a-z, 0-9 and -, a letter first'],
    ['version: 1\nworkers: { a: { docker: { allow: [] } } }', '2:12: the key "socket" is missing'],
    [
      'version: 1\nworkers: { a: { socket: /run/a, docker: { allow: [] }, hosts: {} } }',
      '2:56: unknown key "hosts" [did you mean host?]',
    ],
  ])('%j: %s', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem])
  })
})

describe('a socket', () => {
  test.each([
    ['5', '5:13: must be a path, or a map with path, owner, group, mode, directory_mode'],
    ['run/a', '5:13: must be an absolute path'],
    [`/run/${'a'.repeat(103)}`, '5:13: must be at most 107 bytes, as the path of a socket'],
    [`/run/${'ü'.repeat(52)}`, '5:13: must be at most 107 bytes, as the path of a socket'],
    ['{ path: /run/a, mode: true }', '5:35: must be text, not true'],
    ['{ owner: ai }', '5:5: the key "path" is missing'],
    ['{ path: /run/a, mode: 0660 }', '5:35: must be text, not the number 660 [put it in quotes]'],
    ['{ path: /run/a, mode: "0999" }', '5:35: must be three octal digits in quotes, as "0660"'],
    [
      '{ path: /run/a, owner: "no one" }',
      '5:36: must be the name or number of an account, a number in quotes',
    ],
    [
      '{ path: /run/a, directory-mode: "0700" }',
      '5:29: unknown key "directory-mode" [did you mean directory_mode?]',
    ],
  ])('%s: %s', (socket, problem) => {
    const text = `version: 1\nworkers:\n  a:\n    docker: { allow: [] }\n    socket: ${socket}`
    expect(problemsOf(text)).toEqual([problem])
  })

  test('is of one worker only', () => {
    const text = `version: 1
workers:
  a: { socket: /var/run/x.sock, docker: { allow: [] } }
  b: { socket: { path: /run//x.sock }, docker: { allow: [] } }`
    expect(problemsOf(text)).toEqual(['4:16: is the socket of the worker a already'])
  })

  test('may have a path of 107 bytes', () => {
    const path = `/run/${'a'.repeat(102)}`
    expect(policyOf(`version: 1\nworkers: { a: { socket: ${path}, docker: { allow: [] } } }`)).toMatchObject({
      workers: [{ socket: { path } }],
    })
  })

  test("is not in a folder of a worker's, nor is the engine's", () => {
    const bind = 'docker: { allow: [], run: { binds: [{ path: /srv, mode: ro }] } }'
    expect(
      problemsOf(`version: 1\nengine: unix:///srv/x.sock\nworkers: { a: { socket: /run/x, ${bind} } }`),
    ).toEqual(['3:77: the socket /srv/x.sock is in it'])
    expect(problemsOf(`version: 1\nworkers: { a: { socket: /srv/x, ${bind} } }`)).toEqual([
      '2:77: the socket /srv/x is in it',
    ])
  })

  test('is in no folder below one in which another worker may write', () => {
    const worker = (name: string, path: string, mode: string) =>
      `${name}: { socket: /run/${name}, docker: { allow: [], run: { binds: [{ path: ${path}, mode: ${mode} }] } } }`
    const text = (mode: string) =>
      `version: 1\nworkers:\n  ${worker('a', '/srv', mode)}\n  ${worker('b', '/srv/b', 'ro')}`
    expect(problemsOf(text('rw'))).toEqual([
      '4:68: it lies in /srv, in which a worker may write [who writes there could put a link in its place: name a folder beside it instead]',
    ])
    expect(problemsOf(text('ro'))).toEqual([])
  })

  test("is not the engine's", () => {
    const text =
      'version: 1\nengine: unix:///var/run/x.sock\nworkers: { a: { socket: /run/x.sock, docker: { allow: [] } } }'
    expect(problemsOf(text)).toEqual(['3:25: is the socket of the engine already'])
  })
})
