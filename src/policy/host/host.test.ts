import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../parse.ts'
import type { WorkerPolicy } from '../policy.ts'
import { decideDiagnostic } from '../../decide/host.ts'
import { isNever, shippedPaths } from './catalogue.ts'
import { describeValues, readValues, valueMatches } from './values.ts'

function parse(host: string) {
  const text = `version: 1\nworkers:\n  w:\n    socket: /run/w.sock\n    docker: { allow: [] }\n    host: ${host}\n`
  return parsePolicy(text, 'p.yaml')
}

function worker(host: string): WorkerPolicy {
  const parsed = parse(host)
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
  const [first] = parsed.policy.workers
  if (first === undefined) throw new Error('no worker')
  return first
}

const SHIPPED =
  '{ allow: [iptables -S, journalctl -u <unit> -n <lines>, journalctl -u firewall -n 50, fail2ban-client status <jail>, uptime -p],' +
  ' parameters: { unit: [ssh, "cron.service"], lines: 1..1000, jail: "[a-z0-9-]+" }, programs: { uptime: /usr/bin/uptime } }'
const decide = (line: string) =>
  decideDiagnostic(worker(SHIPPED), { kind: 'host.diagnostic', words: line.split(' ') }, { running: 0 })

describe('a diagnostic', () => {
  test.each([
    ['iptables -S', ['-S']],
    ['/usr/sbin/iptables -S', ['-S']],
    ['/run/current-system/sw/bin/iptables -S', ['-S']],
    ['journalctl -u ssh -n 1000', ['-u', 'ssh', '-n', '1000']],
    ['journalctl -u firewall -n 50', ['-u', 'firewall', '-n', '50']],
    ['uptime -p', ['-p']],
    ['fail2ban-client status a-1', ['status', 'a-1']],
  ])('%s is run', (line, args) => {
    expect(decide(line)).toMatchObject({ effect: 'allow', rule: 'host.allow', permit: { arguments: args } })
  })

  test('of those that come with dockgate may be in three places, any other in its own', () => {
    const places = ['/usr/sbin', '/usr/bin', '/run/current-system/sw/bin']
    expect(shippedPaths('ss')).toEqual(places.map((place) => `${place}/ss`))
    expect(decide('iptables -S')).toMatchObject({ permit: { paths: shippedPaths('iptables') } })
    expect(decide('uptime -p')).toMatchObject({ permit: { paths: ['/usr/bin/uptime'] } })
  })

  test.each([
    'iptables',
    'iptables -S -S',
    'iptables -L',
    '/tmp/iptables -S',
    '/usr/local/sbin/iptables -S',
    'journalctl -u ssh -n 1001',
    'journalctl -u ssh -n 01',
    'journalctl -u ssh -n 0',
    'journalctl -u firewall -n 51',
    'fail2ban-client status -v',
    'fail2ban-client status A',
    'fail2ban-client status a\nb',
    '/usr/sbin/uptime -p',
    'cat /etc/shadow',
    '',
  ])('%j is refused', (line) => {
    expect(decide(line).effect).toBe('refuse')
  })

  test('whose value is wrong is told what the value may be', () => {
    const verdict = decide('journalctl -u nginx -n 5')
    expect(verdict).toMatchObject({
      refusal: {
        rule: 'host.parameters',
        why: '<unit> may be: ssh, cron.service',
        instead: ['journalctl -u <unit> -n <lines>'],
      },
    })
    expect(decide('journalctl -u nginx -n x')).toMatchObject({
      refusal: {
        what: 'journalctl -u nginx -n x',
        why: '<unit> may be: ssh, cron.service; <lines> may be: 1 to 1000',
      },
    })
    expect(decide('fail2ban-client status -v')).toMatchObject({
      refusal: { why: '<jail> may be: [a-z0-9-]+' },
    })
  })

  test('that is given with other arguments is told the nearest', () => {
    expect(decide('journalctl -u firewall -n 51')).toMatchObject({
      refusal: { rule: 'host.parameters', instead: ['journalctl -u <unit> -n <lines>'] },
    })
    expect(decide('/usr/sbin/iptables -SS')).toMatchObject({
      refusal: {
        rule: 'host.allow',
        what: '/usr/sbin/iptables -SS',
        why: 'iptables is given with exact arguments only',
        instead: ['iptables -S'],
      },
    })
    expect(decide('uptime --pretty --since')).toMatchObject({ refusal: { instead: ['uptime -p'] } })
  })

  test('that is not given is told what is', () => {
    expect(decide('/bin/cat /etc/shadow')).toMatchObject({
      refusal: {
        rule: 'host.allow',
        what: '/bin/cat /etc/shadow',
        why: 'cat is not among what this worker may run; there is no shell',
        instead: ['iptables -S', 'journalctl -u <unit> -n <lines>', 'journalctl -u firewall -n 50'],
      },
    })
    expect(decide('uptme -p')).toMatchObject({ refusal: { instead: ['uptime -p'] } })
    expect(decide('')).toMatchObject({ refusal: { what: '' } })
  })
})

describe('a value', () => {
  test.each([
    ['[a-z]+', 'abc', true],
    ['[a-z]+', 'abc1', false],
    ['a|b', 'b', true],
    ['a|b', 'bc', false],
    ['.*', '-rf', false],
    ['-?[a-z]+', '-v', false],
    ['.*', 'a b', false],
    ['.*', 'a\n', false],
    ['.*', 'é', false],
    ['.*', 'a'.repeat(128), true],
    ['.*', 'a'.repeat(129), false],
    ['a*a*a*a*', 'aa', true],
    ['\\*\\+[*+]', '*++', true],
    ['[a-z]{1,}', 'abc', true],
    ['a{2}', 'aa', true],
    ['0..9', '0', true],
    ['5..5', '5', true],
    ['0..9', '9', true],
    ['0..9', '10', false],
    ['(?:a|b)c', 'bc', true],
  ])('of %s: %j is one: %s', (written, word, expected) => {
    const values = readValues(written)
    if ('problem' in values) throw new Error(values.problem)
    expect(valueMatches(values, word)).toBe(expected)
  })

  test.each([
    '(a+)+',
    '(?:a*)*',
    '(a|b){2,}',
    'a*a*a*a*a*',
    '(?=a)',
    '\\1',
    '(?<n>a)',
    '[a',
    'a**',
    '^a',
    '(a',
    '9..1',
    'a\\b',
  ])('is not described by %s', (written) => {
    expect(readValues(written)).toHaveProperty('problem')
  })
})

test.each([
  ['1..9', '1 to 9'],
  ['[a-z]+', '[a-z]+'],
  [['ssh', 'cron'], 'ssh, cron'],
])('what %j may be is told as %s', (written, told) => {
  const values = readValues(written)
  if ('problem' in values) throw new Error(values.problem)
  expect(describeValues(values)).toBe(told)
})

test.each([
  ['9..1', 'the first number is above the last'],
  ['(a+)+', 'a group may not be repeated, as that can take for ever'],
  ['(a){2}', 'a group may not be repeated, as that can take for ever'],
  ['a*b*c+d{1,}e*', 'has more than 4 repetitions without end'],
  ['ab$cdefghijk', '"$cdefghi" is not used in parameters'],
  ['(a', 'is not a regular expression: '],
])('of %s it is told what is wrong', (written, problem) => {
  expect(readValues(written)).toEqual({ problem: expect.stringContaining(problem) })
})

test('of a pattern that is none the engine’s own words are told, without the pattern', () => {
  expect(readValues('(a')).toEqual({ problem: 'is not a regular expression: Unterminated group' })
})

test.each(['bash', '/bin/bash', 'python3.11', '/usr/bin/perl5.36', 'lua-5.4'])(
  '%s is never a diagnostic',
  (program) => {
    expect(isNever(program)).toBe(true)
  },
)

test.each(['ss', 'bashful', '/srv/sh/ss', 'sh1x', 'python3-config'])('%s may be a diagnostic', (program) => {
  expect(isNever(program)).toBe(false)
})

describe('the host part of a policy', () => {
  test.each([
    ['{ allow: [docker ps] }', 'not a diagnostic'],
    ['{ allow: [bash -c id], programs: { bash: /bin/bash } }', 'not a diagnostic'],
    ['{ allow: [x y], programs: { x: /usr/bin/python3.11 } }', 'runs whatever it is told'],
    ['{ allow: [iptables -F] }', 'not among the diagnostics'],
    ['{ allow: [iptable -S] }', 'not among the diagnostics'],
    ['{ allow: [fail2ban-client status <jail>] }', 'does not say what <jail> may be'],
    ['{ allow: [journalctl -u -f -n 5] }', 'not among the diagnostics'],
    ['{ allow: [iptables -S], parameters: { x: a } }', 'no line of host.allow has <x>'],
    ['{ allow: [x], programs: { x: bin/x } }', ''],
    ['{ allow: [x], programs: { x: /bin/x }, parameters: { y: ["-v"] } }', 'must be one plain word'],
    ['{ alow: [] }', 'unknown key'],
  ])('%s is a mistake', (host, message) => {
    const parsed = parse(host)
    expect(parsed).toHaveProperty('problems')
    expect(JSON.stringify(parsed)).toContain(message)
  })

  test.each([
    ['{ allow: [iptables -S], programs: { ss: /bin/sh } }', 51],
    ['{ allow: [iptables -S], parameters: { x: "(a" } }', 52],
    ['{ allow: [iptables -S], parameters: { x: a } }', 49],
    ['{ allow: [bash -c id], parameters: { x: a } }', 21],
  ])('tells where %s is wrong', (host, column) => {
    expect(parse(host)).toMatchObject({ problems: [{ line: 6, column }] })
  })

  test.each([
    ['{ allow: [fail2ban-client status <jail>] }', 'write parameters: { jail: "[a-z0-9-]+" }'],
    ['{ allow: [iptables -S], parameters: { x: a } }', 'leave it out'],
    ['{ allow: [uptime -p] }', "name the program's path: programs: { uptime: /usr/bin/uptime }"],
    ['{ allow: [journalctl -b --no-pager] }', 'did you mean journalctl -t kernel -n <lines>?'],
    ['{ allow: [iptables -F] }', 'programs: { iptables: … }'],
  ])('hints at what to write instead of %s', (host, hint) => {
    expect(parse(host)).toMatchObject({ problems: [{ hint: expect.stringContaining(hint) }] })
  })

  test.each([
    '{ allow: [journalctl -u <unit> -n 50], parameters: { unit: ssh } }',
    '{ allow: [journalctl -u <a> -n <b>], parameters: { a: ssh, b: 1..5 } }',
    '{ allow: [uptime], programs: { uptime: /usr/bin/uptime } }',
  ])('%s is good', (host) => {
    expect(parse(host)).toHaveProperty('policy')
  })

  test.each([
    '{ allow: [journalctl -u <unit> -n] }',
    '{ allow: [iptables] }',
    '{ allow: [iptables -S -S] }',
    '{ allow: [journalctl -u "a;b" -n 5] }',
  ])('%s is not among the diagnostics', (host) => {
    expect(JSON.stringify(parse(host))).toContain('not among the diagnostics')
  })

  test('tells where, and what was meant', () => {
    expect(parse('{ allow: [iptable -S] }')).toMatchObject({
      problems: [{ line: 6, column: 21, hint: expect.stringContaining('did you mean iptables -S?') }],
    })
  })
})
