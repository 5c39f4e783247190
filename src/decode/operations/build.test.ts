import { describe, expect, test } from 'vitest'
import { FieldError, type Finding } from '../fields.ts'
import { parseQuery } from '../query.ts'
import { buildQuery, readImageBuild } from './build.ts'

/** Reads a query of a build, and what is found in it. */
function read(query: string) {
  const findings: Finding[] = []
  const build = readImageBuild(buildQuery.read(parseQuery(query, ['t']), '', findings), undefined, findings)
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

  test.each(['..', 'a/../../b', '/', '.'])('%j is not a path in the context', (written) => {
    expect(() => read(`dockerfile=${encodeURIComponent(written)}`)).toThrow(
      `dockerfile: ${JSON.stringify(written)} is not a path in the context`,
    )
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

test.each([
  ['buildargs=[]', 'buildargs and labels must be objects'],
  ['labels=1', 'buildargs and labels must be objects'],
  ['cachefrom={}', 'cachefrom must be a list'],
  ['cachefrom=[1]', 'cachefrom must be a text'],
  ['buildargs={', 'buildargs: a string expected'],
  ['memory=1g', 'memory must be a whole number'],
])('%s is of the wrong type', (query, why) => {
  expect(() => read(query)).toThrow(FieldError)
  expect(() => read(query)).toThrow(why)
})

test.each(['', 'buildargs=&labels=&cachefrom=', 'buildargs=null&labels=null&cachefrom=null', 'cachefrom=[]'])(
  'of %j a build takes nothing',
  (query) => {
    const { build, found } = read(query)
    expect(build).toMatchObject({ dockerfile: 'Dockerfile', cacheFrom: [] })
    expect([build.buildArgs.size, build.labels.size, found.length]).toEqual([0, 0, 0])
  },
)

test('a build argument of more than 4 KiB is refused, since a Dockerfile can name it many times', () => {
  const A = 'x'.repeat(4096)
  expect(read(`buildargs=${json({ A })}`).build.buildArgs.get('A')).toBe(A)
  expect(() => read(`buildargs=${json({ A: `${A}x` })}`)).toThrow(
    'buildargs: A has 4097 characters: 4096 at most',
  )
})

test.each(['', 'default', 'bridge', 'none'])('a build may be on the network %j', (mode) => {
  expect(read(`networkmode=${mode}`).found).toEqual([])
})

test('a build on another network is told which it may have', () => {
  const findings: Finding[] = []
  readImageBuild(buildQuery.read(parseQuery('networkmode=host'), '', findings), undefined, findings)
  expect(findings).toEqual([
    {
      what: 'networkmode = host',
      why: 'a build is on the default bridge, or on no network',
      instead: 'docker build --network none',
    },
  ])
})
