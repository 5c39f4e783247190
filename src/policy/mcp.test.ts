import { describe, expect, test } from 'vitest'
import { mcpUrl } from './mcp-url.ts'
import { parsePolicy } from './parse.ts'
import { formatProblems } from './problem.ts'
import { describePolicy } from './show.ts'

function workers(...parts: readonly string[]): string {
  const lines = parts.map(
    (mcp, index) => `  w${index}: { socket: /run/w${index}, docker: { allow: [] }, mcp: ${mcp} }\n`,
  )
  return `version: 1\nworkers:\n${lines.join('')}`
}

function problems(text: string): string {
  const parsed = parsePolicy(text, 'p.yaml')
  return 'problems' in parsed ? formatProblems(parsed.problems) : 'none'
}

describe('mcp in a policy', () => {
  test('is address, port and token', () => {
    const parsed = parsePolicy(workers('{ listen: "[::1]:8377", token: /etc/dockgate/w0.token }'), 'p.yaml')
    if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems))
    const [worker] = parsed.policy.workers
    expect(worker?.mcp).toEqual({ address: '::1', port: 8377, token: '/etc/dockgate/w0.token' })
    expect(worker?.mcp && mcpUrl(worker.mcp)).toBe('http://[::1]:8377/mcp')
    expect(describePolicy(parsed.policy)).toContain(
      'http://[::1]:8377/mcp, with the token in /etc/dockgate/w0.token\n    ! without socket.owner',
    )
  })

  test.each([
    '0.0.0.0:8377',
    '192.168.1.2:8377',
    'localhost:8377',
    '127.0.0.1',
    '127.0.0.1:80',
    '127.0.0.1:70000',
    ':8377',
  ])('is not served on %s', (listen) => {
    expect(problems(workers(`{ listen: "${listen}", token: /t }`))).toMatch(
      /^p\.yaml:3:\d+: must be 127\.0\.0\.1 or \[::1\] with a port/,
    )
  })

  test.each(['127.0.0.1:1024', '127.0.0.1:65535'])('is served on %s', (listen) => {
    expect(problems(workers(`{ listen: "${listen}", token: /t }`))).toBe('none')
  })

  test('names a token by its absolute path, and needs one', () => {
    expect(problems(workers('{ listen: 127.0.0.1:8377, token: secret }'))).toContain('p.yaml:3:')
    expect(problems(workers('{ listen: 127.0.0.1:8377 }'))).toContain('the key "token" is missing')
  })

  test("is each worker's own", () => {
    const text = workers('{ listen: 127.0.0.1:8377, token: /t }', '{ listen: 127.0.0.1:8377, token: /t }')
    expect(problems(text)).toContain('p.yaml:4:64: is the address and port of the worker w0 already')
    expect(problems(text)).toContain('is the token of the worker w0 already')
  })
})
