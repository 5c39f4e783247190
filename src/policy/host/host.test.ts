import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../parse.ts'
import type { WorkerPolicy } from '../policy.ts'
import { decideDiagnostic } from './decide.ts'
import { readValues, valueMatches } from './values.ts'

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

const shipped = worker(
  '{ allow: [iptables -S, journalctl -u <unit> -n <lines>, journalctl -u firewall -n 50, fail2ban-client status <jail>, uptime -p],' +
    ' parameters: { unit: [ssh, "cron.service"], lines: 1..1000, jail: "[a-z0-9-]+" }, programs: { uptime: /usr/bin/uptime } }',
)
const decide = (line: string) =>
  decideDiagnostic(shipped, { kind: 'host.diagnostic', words: line.split(' ') })

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
    expect(decide(line)).toMatchObject({ effect: 'allow', permit: { arguments: args } })
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
    ['.*', 'a'.repeat(129), false],
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

describe('the host part of a policy', () => {
  test.each([
    ['{ allow: [docker ps] }', 'no diagnostic'],
    ['{ allow: [bash -c id], programs: { bash: /bin/bash } }', 'no diagnostic'],
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

  test('tells where, and what was meant', () => {
    expect(parse('{ allow: [iptable -S] }')).toMatchObject({
      problems: [{ line: 6, column: 21, hint: expect.stringContaining('did you mean iptables -S?') }],
    })
  })
})
