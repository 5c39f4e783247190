import { describe, expect, test } from 'vitest'
import type { Finding } from './fields.ts'
import { readHeaders } from './headers.ts'

function read(...raw: readonly string[]) {
  const findings: Finding[] = []
  return { headers: readHeaders(raw, findings), findings }
}

describe('headers', () => {
  test('are read by name in any case', () => {
    const { headers, findings } = read(
      'HOST',
      'docker',
      'Content-type',
      'application/json',
      'User-Agent',
      'Docker-Client',
    )
    expect(headers.get('host')).toBe('docker')
    expect(headers.get('content-type')).toBe('application/json')
    expect(findings).toEqual([])
  })

  test.each(['X-Forwarded-For', 'X-HTTP-Method-Override', 'Authorization', 'Cookie'])(
    '%s is left out, and told',
    (name) => {
      const { findings, headers } = read(name, 'x')
      expect(findings).toEqual([
        { what: `header ${name}`, why: 'it means nothing to an engine', leftOut: true },
      ])
      expect(headers.size).toBe(0)
    },
  )

  test('that are not known and empty are left out', () => {
    const { headers, findings } = read('X-Anything', '')
    expect(findings).toEqual([])
    expect(headers.size).toBe(0)
  })

  test.each([
    'content-length',
    'content-type',
    'transfer-encoding',
    'upgrade',
    'host',
    'x-registry-auth',
    'connection',
  ])('%s may not be there twice', (name) => {
    expect(() => read(name, 'a', name.toUpperCase(), 'b')).toThrow('is there twice')
  })

  test('without meaning may be there twice', () => {
    expect(read('Accept', 'a', 'accept', 'b').findings).toEqual([])
  })
})
