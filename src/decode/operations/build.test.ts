import { describe, expect, test } from 'vitest'
import { FieldError, type Finding } from '../fields.ts'
import { parseQuery } from '../query.ts'
import { readImageBuild } from './build.ts'

/** Reads a query of a build, and what is found in it. */
function read(query: string) {
  const findings: Finding[] = []
  const build = readImageBuild(parseQuery(query, ['t']), undefined, findings)
  return { build, found: findings.map(({ what }) => what) }
}

function json(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value))
}

test('what the classic client sends is read', () => {
  const query = `t=a&t=b&buildargs=${json({ A: '1', B: null })}&labels=${json({ l: 'x' })}&cachefrom=${json(['alpine'])}`
  const { build, found } = read(
    `${query}&dockerfile=Dockerfile&networkmode=default&rm=1&ulimits=null&shmsize=0&version=1`,
  )
  expect(found).toEqual([])
  expect(build.parameters.t).toEqual(['a', 'b'])
  expect(build.cacheFrom).toEqual(['alpine'])
  expect([...build.labels]).toEqual([['l', 'x']])
  // One without a value would be taken from the engine's environment.
  expect([...build.buildArgs]).toEqual([['A', '1']])
})

describe('the path of the Dockerfile', () => {
  test.each([
    ['', 'Dockerfile'],
    ['./Dockerfile', 'Dockerfile'],
    ['/docker//./web.Dockerfile', 'docker/web.Dockerfile'],
  ])('%j is %j', (written, expected) => {
    expect(read(`dockerfile=${encodeURIComponent(written)}`).build.dockerfile).toBe(expected)
  })

  test.each(['..', 'a/../../b', '/', '.'])('%j is no path in the context', (written) => {
    expect(() => read(`dockerfile=${encodeURIComponent(written)}`)).toThrow(FieldError)
  })
})

test.each([
  'remote=http://evil.example/Dockerfile',
  'version=2',
  'session=abc',
  'networkmode=host',
  'networkmode=container:web',
  'cgroupparent=/',
  `securityopt=${json(['seccomp=unconfined'])}`,
  `outputs=${json([{ Type: 'local' }])}`,
  `ulimits=${json([{ Name: 'nofile' }])}`,
  'squash=1',
  'entitlements=security.insecure',
  'Remote=a',
])('%s is refused', (query) => {
  expect(read(query).found).toHaveLength(1)
})

test.each(['buildargs=[]', 'labels=1', 'cachefrom={}', 'cachefrom=[1]', 'buildargs={', 'memory=1g'])(
  '%s is of the wrong type',
  (query) => {
    expect(() => read(query)).toThrow(FieldError)
  },
)

test('a build argument of more than 4 KiB is refused, since a Dockerfile can name it many times', () => {
  const A = 'x'.repeat(4096)
  expect(read(`buildargs=${json({ A })}`).build.buildArgs.get('A')).toBe(A)
  expect(() => read(`buildargs=${json({ A: `${A}x` })}`)).toThrow(
    'buildargs: A has 4097 characters: 4096 at most',
  )
})
