import { describe, expect, test } from 'vitest'
import type { Finding } from '../fields.ts'
import { readBuildOptions } from './options.ts'

function read(options: Readonly<Record<string, string>>) {
  const findings: Finding[] = []
  return { options: readBuildOptions(new Map(Object.entries(options)), findings), findings }
}

describe('options of a build', () => {
  test('are taken apart', () => {
    const { options, findings } = read({
      target: 'app',
      'build-arg:VERSION': '1',
      'label:a': 'b',
      'context:base': 'docker-image://alpine',
      'local-sessionid:context': 'abc',
      'no-cache': '',
      'image-resolve-mode': 'pull',
    })
    expect(findings).toEqual([])
    expect(options.buildArgs.get('VERSION')?.reveal()).toBe('1')
    expect(options).toMatchObject({
      plain: new Map([
        ['target', 'app'],
        ['no-cache', ''],
        ['image-resolve-mode', 'pull'],
      ]),
      labels: new Map([['a', 'b']]),
      contexts: new Map([['base', 'docker-image://alpine']]),
      sessions: new Map([['context', 'abc']]),
      pulls: true,
    })
  })

  test('tell nothing of the value of an argument', () => {
    expect(JSON.stringify([...read({ 'build-arg:TOKEN': 'geheim' }).options.buildArgs])).not.toContain(
      'geheim',
    )
  })

  test.each(['build-arg:BUILDKIT_SYNTAX', 'cache-imports', 'attest:provenance', 'memory', 'vcs:source'])(
    'leave %s out',
    (name) => {
      const { options, findings } = read({ [name]: 'x' })
      expect(findings).toEqual([])
      expect([options.plain.size, options.buildArgs.size]).toEqual([0, 0])
    },
  )

  test.each([
    ['source', 'docker/dockerfile:1'],
    ['cmdline', 'docker/dockerfile:1'],
    ['cgroup-parent', '/'],
    ['device', 'vendor.com/gpu=all'],
    ['force-network-mode', 'host'],
    ['context', 'https://github.com/moby/moby.git'],
    ['context', 'http://buildkit-session.example.com/x'],
    ['contextkey', 'other'],
    ['context:x', 'https://example.com/x.tar'],
    ['context:x', 'git@github.com:moby/moby.git'],
    ['context:x', 'oci-layout://x@sha256:00'],
    ['attest:sbom', 'generator=evil'],
    ['ulimit', 'nofile=1:1'],
    ['requestid', 'frontend.other'],
    ['local-sessionid:context', '../x'],
    ['something-new', '1'],
  ])('do not take %s=%s', (name, value) => {
    const { options, findings } = read({ [name]: value })
    expect(findings.map(({ what }) => what)).toEqual([`${name} = ${JSON.stringify(value)}`])
    expect(options.contexts.size).toBe(0)
  })

  test('take what the client uploads, and nothing else that looks so', () => {
    const id = 'a'.repeat(25)
    expect(read({ context: `http://buildkit-session/${id}` }).findings).toEqual([])
    expect(read({ context: `http://buildkit-session/${id}/x` }).findings).toHaveLength(1)
    expect(read({ context: `https://buildkit-session/${id}` }).findings).toHaveLength(1)
  })
})
