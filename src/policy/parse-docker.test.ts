import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePolicy } from './parse.ts'
import { formatProblem, formatProblems } from './problem.ts'
import { SPELLINGS } from './subcommands.ts'
import { runs } from '../../test/support/runs.ts'

/** A policy of one worker. What is given stands under `docker:`, from line 6 and column 7 on. */
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

const HUB = 'write docker.io/library/* for the official images, docker.io/** for all of Docker Hub'
const OPTIONS = 'commands are named without docker and options'

describe('rights', () => {
  test.each([
    ['allow: [insepct]', '6:15: unknown command "insepct" [did you mean inspect?]'],
    ['allow: [ps, sytem df]', '6:19: unknown command "sytem df" [did you mean system df?]'],
    ['allow: [xyzzy]', '6:15: unknown command "xyzzy"'],
    ['allow: [docker ps -a]', `6:15: unknown command "docker ps -a" [write ps: ${OPTIONS}]`],
    ['allow: [system df -v]', `6:15: unknown command "system df -v" [write system df: ${OPTIONS}]`],
    ['allow: [compose up]', `6:15: unknown command "compose up" [write compose: ${OPTIONS}]`],
    ['allow: [docker ps]', `6:15: unknown command "docker ps" [write ps: ${OPTIONS}]`],
    ['allow: [" docker   system   df "]', expect.stringContaining(`[write system df: ${OPTIONS}]`)],
    ['allow: [x docker ps]', '6:15: unknown command "x docker ps"'],
    ['allow: { ps: 1 }', '6:14: must be a list, not a map'],
    ['allow: [null]', '6:15: unknown command null'],
    ['allow: ps', '6:14: must be a list, not the text "ps" [write [ps]]'],
    ['allow:', '6:7: must be a list, not empty'],
    ['reach: {}', '5:5: the key "allow" is missing'],
    ['allow: []\nalow: []', '7:7: unknown key "alow" [did you mean allow?]'],
    [
      'allow: []\nwhatever: []',
      '7:7: unknown key "whatever" [known here: allow, reach, exec, run, hints, unrecorded, connections]',
    ],
    ['allow: []\nconnections: 0', '7:20: must be at least 1'],
    ['allow: []\nconnections: 1025', '7:20: must be at most 1024'],
    ['allow: []\nconnections: 1.5', '7:20: must be a whole number, not the number 1.5'],
  ])('%j: %s', (docker, problem) => {
    expect(problemsOf(withDocker(docker))).toEqual([problem])
  })

  const reach = 'is not done to one container; reach takes inspect, logs, restart and the like'
  test.each([
    ['reach: { o: [run] }', `7:20: "run" ${reach}`],
    ['reach: { o: [container] }', `7:20: "container" ${reach}`],
    ['reach: { o: [lgos] }', '7:20: unknown command "lgos" [did you mean logs?]'],
    ['reach: { "a b": [logs] }', '7:16: must be the full name of an object of Docker, as ollama or web-1'],
    ['reach: [logs]', '7:14: must be a map, not a list'],
    ['exec: { own: ["ls <a> b>"] }', expect.stringContaining('may have <name> as a whole word')],
    ['exec: { own: ["<a> ls"] }', expect.stringContaining('may have <name> as a whole word')],
    ['exec: { own: ["ls x<a>"] }', expect.stringContaining('may have <name> as a whole word')],
    ['exec: { own: ["ls  a"] }', expect.stringContaining('must be words with one space between')],
    ['reach: { o: [1] }', expect.stringContaining('unknown command 1')],
    ['unrecorded: [1]', expect.stringContaining('unknown command 1')],
    ['unrecorded: [lgos]', '7:20: unknown command "lgos" [did you mean logs?]'],
    [
      'exec: { own: ["*"] }',
      '7:21: is a command line in a list; any program in its own containers is own: "*"',
    ],
    [
      `exec: { db: ["sh -c 'id'"] }`,
      '7:20: is compared word by word, as it stands, without a shell: no quotes, | or ;, and <name> for any one word',
    ],
    ['hints: { exce: a }', '7:16: unknown command "exce" [did you mean exec?]'],
    ['hints: { exec: 1 }', '7:22: must be text, not the number 1 [put it in quotes]'],
    ['hints: { exec: "ü" }', '7:22: must be one line of plain ASCII'],
    ['hints: { exec: "" }', '7:22: must not be empty'],
    [
      `hints: { exec: ${'a'.repeat(89)} }`,
      '7:22: must be at most 88 characters, to fit on one line of a refusal',
    ],
  ])('%j: %s', (docker, problem) => {
    expect(problemsOf(withDocker(`allow: []\n${docker}`))).toEqual([problem])
  })

  test('only reads may go on unrecorded', () => {
    const reads =
      'ps, inspect, logs, stats, top, images, image inspect, history, network ls, volume ls, info, version, events, system df'
    expect(problemsOf(withDocker('allow: []\nunrecorded: [ps, start]'))).toEqual([
      `7:24: "start" must be recorded; only ${reads} may go on unrecorded`,
    ])
    expect(problemsOf(withDocker(`allow: []\nunrecorded: [${reads}]`))).toEqual([])
  })

  test('every spelling may be allowed and hinted at', () => {
    const hints = SPELLINGS.map((word) => `"${word}": text`).join(', ')
    expect(problemsOf(withDocker(`allow: [${SPELLINGS.join(', ')}]\nhints: { ${hints} }`))).toEqual([])
  })
})

/** What is given to the first worker of a sound policy. */
function runOf(text: string) {
  const parsed = parsePolicy(text, 'policy.yaml')
  if ('problems' in parsed) throw new Error('it is not sound')
  return parsed.policy.workers[0]?.docker.run
}

describe('a folder within another of the same worker', () => {
  const rootsOf = (binds: string) => runOf(withDocker(`allow: []\nrun:\n  binds: [${binds}]`))
  const [outer, inner, other] = [
    '{ path: /srv/a, mode: rw }',
    '{ path: /srv/a/b, mode: rw }',
    '{ path: /srv/c, mode: ro }',
  ]

  test('is no root of its own where both may be written in', () => {
    expect(rootsOf(`${inner}, ${other}, ${outer}`)).toMatchObject({
      binds: [
        { path: '/srv/c', mode: 'ro' },
        { path: '/srv/a', mode: 'rw' },
      ],
      covered: [{ path: '/srv/a/b', by: '/srv/a', index: 0 }],
    })
  })

  test('is a root where the outer one is read alone', () => {
    const binds = [
      { path: '/srv/a', mode: 'ro' },
      { path: '/srv/a/b', mode: 'rw' },
    ]
    expect(rootsOf(`${outer.replace('rw', 'ro')}, ${inner}`)).toMatchObject({ binds, covered: [] })
  })
})

describe('what containers may be', () => {
  test.each([
    ['image: []', '8:9: unknown key "image" [did you mean images?]'],
    ['images: [Alpine]', '8:18: image names are lower case'],
    ['images: ["*"]', `8:18: the registry must be written out where the first part is "*" [${HUB}]`],
    ['binds: [{ path: /etc, mode: ro }]', "8:25: /etc as a whole is the host's own"],
    ['binds: [{ path: srv, mode: ro }]', '8:25: must be an absolute path'],
    ['binds: [{ path: /srv, mode: w }]', '8:37: must be ro or rw, not "w" [did you mean rw?]'],
    ['binds: [{ path: /srv }]', '8:17: the key "mode" is missing'],
    ['binds: [/srv]', '8:17: must be a map, not the text "/srv"'],
    ['images: ["a@sha256:0"]', '8:18: a pattern names images, not digests [leave @sha256:… out]'],
    ['capabilities: [NET_CAP_ADMIN]', expect.stringContaining('unknown capability "NET_CAP_ADMIN"')],
    ['capabilities: [NOTHING_LIKE_IT]', '8:24: unknown capability "NOTHING_LIKE_IT"'],
    [
      'binds: [{ path: /srv, mode: rw }, { path: /srv/a, mode: ro }]',
      '8:51: it lies in /srv, in which a worker may write [what is mounted of the outer one is written in there too: name folders beside it instead]',
    ],
    ['binds: [{ path: /run, mode: ro }]', '8:25: /run as a whole holds what belongs to others'],
    [
      'binds: [{ path: /sys/fs, mode: ro }]',
      "8:25: /sys is the kernel's own: containers with access to it own the host",
    ],
    [
      'binds: [{ path: /var/lib, mode: ro }]',
      "8:25: /var/lib/docker is the engine's or the gate's own: containers with access to it own the host",
    ],
    ['binds: [{ path: /run/gate, mode: ro }]', '8:25: the socket /run/gate/a.sock is in it'],
    ['ports: { range: 1-2, address: localhost }', '8:39: must be an IP address, as 127.0.0.1'],
    ['ports: { address: 127.0.0.1 }', '8:9: the key "range" is missing'],
    ['ports: { range: 2-1 }', '8:25: the first port is above the last'],
    ['ports: { range: 0-1 }', '8:25: ports are 1 to 65535'],
    ['ports: { range: 1-65536 }', '8:25: ports are 1 to 65535'],
    ['ports: { range: 0 }', '8:25: ports are 1 to 65535'],
    ['ports: { range: 65536 }', '8:25: ports are 1 to 65535'],
    ['ports: { range: 80, 81 }', '8:29: unknown key "81" [known here: address, range]'],
    ['ports: { range: http }', '8:25: must be a port, or the first and the last, as 20000-20999'],
    ['ports: { range: 8.5 }', '8:25: must be a port, or the first and the last, as 20000-20999'],
    ['ports: 80', '8:16: must be a map with range and address, or a list of such maps'],
    ['ports: [80]', '8:17: must be a map, not the number 80'],
    ['ports: [{ adress: "::1", range: 80 }]', '8:19: unknown key "adress" [did you mean address?]'],
    ['ports: [{ range: 1-2 }, { address: "::1" }]', '8:33: the key "range" is missing'],
    ['ports: [{ range: 80 }, { range: 80 }]', '8:41: an entry before it gives 80 on 127.0.0.1 already'],
    [
      'ports: [{ range: 1-9 }, { address: "::", range: 8 }, { range: 5-20 }]',
      '8:71: an entry before it gives 5 to 9 on 127.0.0.1 already',
    ],
    ['limits: { memory: 4gb }', '8:27: must be a size, as 512m or 4g'],
    ['limits: { memory: 1.5 }', '8:27: must be a size, as 512m or 4g'],
    ['limits: { memory: 5m }', '8:27: must be at least 6m'],
    ['limits: { memory: -1 }', '8:27: must be at least 0'],
    ['ulimits: { memlok: 1 }', '8:20: unknown key "memlok" [did you mean memlock?]'],
    ['ulimits: { memlock: -1 }', '8:29: must be at least 0'],
    ['ulimits: { memlock: many }', '8:29: must be a number, a size as 64m, or unlimited'],
    ['limits: { memroy: 1g }', '8:19: unknown key "memroy" [did you mean memory?]'],
    ['limits: { cpus: "2" }', '8:25: must be a number, not the text "2"'],
    ['limits: { cpus: 0.0001 }', '8:25: must be a number of CPUs, as 2 or 0.5, with up to three decimals'],
    ['limits: { pids: true }', '8:25: must be a number, not true'],
    ['limits: { containers: 0 }', '8:31: must be at least 1'],
    ['limits: { total: { memory: 512m } }', '8:36: is less than one container may have (limits.memory: 1g)'],
    ['limits: { total: { cpus: 0.5 } }', '8:34: is less than one container may have (limits.cpus: 1)'],
    ['networks: [host]', "8:20: would be the host's own network, which is not given to workers"],
    ['networks: ["container:a"]', '8:20: must be the full name of an object of Docker, as ollama or web-1'],
    ['subnets: [172.30.0.1]', '8:19: must be a subnet, as 172.30.0.0/16'],
    ['subnets: ["::ffff:172.30.0.0/112"]', '8:19: must be a subnet, as 172.30.0.0/16'],
    ['subnets: [172.30.1.0/16]', '8:19: must be written by its first address, as 172.30.0.0/16'],
    ['subnets: [0.0.0.0/0]', '8:19: has addresses of 0.0.0.0/8, which no network may have'],
    ['subnets: [127.0.1.0/24]', '8:19: has addresses of 127.0.0.0/8, which no network may have'],
    [
      'subnets: [10.0.0.0/8, 169.254.169.0/24]',
      '8:31: has addresses of 169.254.0.0/16, which no network may have',
    ],
    ['subnets: ["::/0"]', '8:19: has addresses of ::/8, which no network may have'],
    ['subnets: 172.30.0.0/16', '8:18: must be a list, not the text "172.30.0.0/16" [write [172.30.0.0/16]]'],
    ['capabilities: [NET_ADMN]', '8:24: unknown capability "NET_ADMN" [did you mean NET_ADMIN?]'],
    ['capabilities: [CAP_SYS_ADMIN]', '8:24: SYS_ADMIN is root on the host by another name'],
    ['capabilities: [ALL]', '8:24: ALL is root on the host by another name'],
    [
      'restart: [alway]',
      '8:19: must be no or on-failure or unless-stopped or always, not "alway" [did you mean always?]',
    ],
  ])('%j: %s', (run, problem) => {
    expect(problemsOf(withDocker(`allow: []\nrun:\n  ${run}`))).toEqual([problem])
  })

  test.each([
    'binds: [{ path: /srv, mode: ro }, { path: /srv/a, mode: ro }]',
    'binds: [{ path: /srv, mode: rw }]',
    'binds: [{ path: /srv, mode: rw }, { path: /srv2, mode: ro }]',
    'limits: { memory: 6m, total: { memory: 6m, cpus: 1 } }',
    'limits: { cpus: 1, total: { memory: 1g } }',
    'ports: { range: 1-65535 }',
    'ports: { range: 80-80 }',
    'ports: { range: 80 }',
    'ports: { range: "80" }',
    'ports: []',
    'ports: [{ range: 80 }, { address: 0.0.0.0, range: 80 }, { range: 81-90 }]',
    'subnets: [172.30.0.0/16, 10.0.0.0/8, "fd00::/48", 203.0.113.0/24]',
    'capabilities: [CAP_NET_ADMIN]',
  ])('%s is good', (run) => {
    expect(problemsOf(withDocker(`allow: []\nrun:\n  ${run}`))).toEqual([])
  })

  test('all problems of a file are told, in its order', () => {
    expect(problemsOf(withDocker('allow: [sp]\nrun:\n  binds: [{ path: /, mode: x }]\n  cpu: 1'))).toEqual([
      '6:15: unknown command "sp" [did you mean ps?]',
      expect.stringMatching(/^8:34: must be ro or rw/),
      '9:9: unknown key "cpu" [known here: images, binds, ports, limits, networks, subnets, capabilities, ulimits, restart, docker_socket, labels, names]',
    ])
  })
})

describe('a problem as text', () => {
  test('has the line, a caret under the place, and the hint', () => {
    const parsed = parsePolicy(withDocker('allow: [ps, insepct]'), 'policy.yaml')
    expect('problems' in parsed && formatProblems(parsed.problems)).toBe(`\
policy.yaml:6:19: unknown command "insepct"
        allow: [ps, insepct]
                    ^
  hint: did you mean inspect?`)
  })

  test('shows the part of a long line around the place', () => {
    const quote = `${'a'.repeat(200)}HERE${'b'.repeat(200)}`
    const [, line, caret] = formatProblem({ file: 'f', line: 1, column: 201, message: 'm', quote }).split(
      '\n',
    )
    expect(line).toHaveLength(102)
    expect(line?.slice(caret?.indexOf('^'))).toMatch(/^HERE/)
  })

  test('shows no control characters of the file', () => {
    const text = formatProblem({
      file: 'f',
      line: 1,
      column: 4,
      message: 'a\u001b[2J',
      quote: '\u001b[\t\u202eX',
    })
    expect(text).toBe('f:1:4: a?[2J\n  ?[ ?X\n     ^')
  })
})

describe('whatever text there is', () => {
  const alphabet = [
    ...'abps:-,[]{}"\'#&*!%|>?@` \n\t\\0179'.split(''),
    'version: 1',
    'workers:',
    'docker',
    'allow',
    '\n  ',
    '\u0000',
  ]
  const yamlish = fc.array(fc.constantFrom(...alphabet), { maxLength: 60 }).map((parts) => parts.join(''))

  test('the parser answers with a policy or with problems inside the text', () => {
    fc.assert(
      fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary' }), yamlish.map(withDocker)), (text) => {
        const parsed = parsePolicy(text, 'f')
        if ('policy' in parsed) return
        const lines = text.split('\n')
        expect(parsed.problems.length).toBeGreaterThan(0)
        for (const { line, column } of parsed.problems) {
          expect(column).toBeGreaterThan(0)
          expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1)
        }
        formatProblems(parsed.problems)
      }),
      { numRuns: runs(2_000) },
    )
  })

  test.each([10, 100, 300, 500, 700, 900, 1500, 50_000])(
    '%d nested lists or maps are answered too',
    (depth) => {
      expect(problemsOf(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`)).not.toEqual([])
      expect(problemsOf(`a: ${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`)).not.toEqual([])
    },
  )
})
