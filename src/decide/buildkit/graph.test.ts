import { describe, expect, test } from 'vitest'
import { Graph, readGraph, writeGraph } from '../../decode/buildkit/graph.ts'
import { step as stepMessage, type Step } from '../../decode/buildkit/llb.ts'
import type { Finding } from '../../decode/fields.ts'
import { policyOf } from '../../../test/cases/world.ts'
import type { BuildFacts } from '../../resolve/facts.ts'
import { checkGraph, checkInput, planGraph } from './graph.ts'

const { run } = policyOf({
  docker: { allow: ['build'] },
  run: { images: ['alpine', 'team/app:1'] },
  world: {},
  without: [],
}).docker
const SESSION = 's'.repeat(25)
const build: BuildFacts = {
  salts: { cgroupParent: 'dockgate/group', cachePrefix: 'secret-', noFile: '.dockgate-secret' },
  sessions: new Set([SESSION]),
  steps: new Set(),
  running: 0,
}
const facts = { images: new Map(), build }
const DIGEST = `sha256:${'0'.repeat(64)}`

const graphOf = (...steps: readonly Partial<Step>[]): Graph => {
  const all = [...steps, {}].map((some, place) => ({
    digest: '',
    step: { ...stepMessage.empty, ...some, inputs: place === 0 ? [] : [{ digest: '', index: 0n }] },
    upon: place === 0 ? [] : [place - 1],
    metadata: undefined,
    locations: undefined,
  }))
  return new Graph(all, [])
}
const source = (identifier: string, attrs: Readonly<Record<string, string>> = {}): Partial<Step> => ({
  source: { identifier, attrs: new Map(Object.entries(attrs)) },
})

type Exec = NonNullable<Step['exec']>
const MOUNT: Exec['mounts'][number] = {
  ...{
    input: 0n,
    selector: '',
    dest: '/',
    output: 0n,
    readonly: false,
    mountType: 'bind',
    contentCache: 'default',
  },
  ...{
    TmpfsOpt: undefined,
    cacheOpt: undefined,
    secretOpt: undefined,
    SSHOpt: undefined,
    resultID: undefined,
  },
}
const META: NonNullable<Exec['meta']> = {
  ...{
    args: ['sh', '-c', 'id'],
    env: [],
    cwd: '/',
    user: '',
    proxy_env: undefined,
    extraHosts: [],
    hostname: '',
  },
  ...{ ulimit: [], cgroupParent: '', removeMountStubsRecursive: false, validExitCodes: [] },
}
const exec = (some: Partial<Exec>): Partial<Step> => ({
  exec: {
    ...{
      meta: META,
      mounts: [MOUNT],
      network: 'default',
      security: 'sandbox',
      secretenv: [],
      cdiDevices: undefined,
    },
    ...some,
  },
})

const rulesOf = (graph: Graph): readonly string[] => checkGraph(run, graph, facts).map(({ rule }) => rule)

describe('a graph', () => {
  test.each([
    ['an image of the policy', [source('docker-image://docker.io/library/alpine:latest')]],
    ['the same by a digest', [source(`docker-image://docker.io/library/alpine:3@${DIGEST}`)]],
    [
      'a folder of an own session',
      [source('local://context', { 'local.session': SESSION, 'local.followpaths': '[]' })],
    ],
    ['an upload', [source(`http://buildkit-session/${'a'.repeat(25)}`, { 'http.filename': 'context' })]],
    ['a command', [exec({})]],
    ['a command without a network', [exec({ network: 'none' })]],
    [
      'layers upon layers',
      [{ merge: { inputs: [{ input: 0n }] } }, { diff: { lower: undefined, upper: undefined } }],
    ],
  ])('may have %s', (_, steps) => {
    expect(rulesOf(graphOf(...steps))).toEqual([])
  })

  test.each<readonly [string, Partial<Step>, string]>([
    ['another image', source('docker-image://docker.io/library/evil:1'), 'run.images'],
    ['another tag', source('docker-image://docker.io/team/app:2'), 'run.images'],
    [
      'a digest that is of no tag that is known',
      source(`docker-image://docker.io/team/app:1@${DIGEST}`),
      'build.image',
    ],
    [
      'a digest alone where a tag is given',
      source(`docker-image://docker.io/team/app@${DIGEST}`),
      'run.images',
    ],
    ['what is no image', source('docker-image://???'), 'run.images'],
    [
      'an image of another worker’s',
      source('docker-image://other.dockgate.invalid/docker.io/library/app:1'),
      'run.images',
    ],
    [
      'an image of the worker’s space that is not its own',
      source('docker-image://ai-worker.dockgate.invalid/docker.io/library/app:1'),
      'run.images',
    ],
    [
      'a folder of another session',
      source('local://context', { 'local.session': 'x'.repeat(25) }),
      'build.context',
    ],
    ['a folder of whatever session', source('local://context'), 'build.context'],
    ['an address', source('https://example.com/x'), 'build.context'],
    [
      'an address that looks like an upload',
      source(`http://buildkit-session/${'a'.repeat(25)}/../x`),
      'build.context',
    ],
    ['a repository', source('git://github.com/moby/moby.git'), 'build.context'],
    ['an image layout', source('oci-layout://x@sha256:0'), 'build.context'],
    [
      'an upload that is written elsewhere',
      source(`http://buildkit-session/${'a'.repeat(25)}`, { 'http.filename': '../x' }),
      'build.context',
    ],
    [
      'an attribute that is not known',
      source('docker-image://docker.io/library/alpine', { 'oci.store': 'x' }),
      'build.graph',
    ],
    ['the host’s network', exec({ network: 'host' }), 'build.network'],
    ['all rights', exec({ security: 'insecure' }), 'build.security'],
    [
      'ulimits',
      exec({ meta: { ...META, ulimit: [{ Name: 'nofile', Soft: 1n, Hard: 1n }] } }),
      'build.ulimits',
    ],
    ['a command without files', exec({ mounts: [] }), 'build.graph'],
    ['a step that does nothing', {}, 'build.graph'],
  ])('may not have %s', (_, step, rule) => {
    expect(rulesOf(graphOf(step, exec({})))).toEqual([rule])
  })

  test('with a device is found out where it is read', () => {
    const findings: Finding[] = []
    const bytes = Buffer.concat([Buffer.from([0x12, 0x05, 0x32, 0x03, 0x0a, 0x01]), Buffer.from('x')])
    expect(() => readGraph({ def: [bytes], metadata: new Map(), Source: undefined }, findings)).toThrow(
      'does not end',
    )
    expect(findings.map(({ why }) => why)).toEqual(['devices are the host’s'])
  })
})

describe('as it is sent, a graph', () => {
  const sent = (step: Partial<Step>): Step | undefined => planGraph(run, graphOf(step), build).steps[0]?.step

  test('has its commands in the worker’s group', () => {
    expect(sent(exec({ meta: { ...META, cgroupParent: '/' } }))?.exec?.meta?.cgroupParent).toBe(
      'dockgate/group',
    )
  })

  test('has folders that are kept under the worker’s names, also where it comes again', () => {
    const cached = (ID: string) =>
      sent(
        exec({
          mounts: [MOUNT, { ...MOUNT, dest: '/c', mountType: 'cache', cacheOpt: { ID, sharing: 'locked' } }],
        }),
      )?.exec?.mounts[1]?.cacheOpt
    expect(cached('npm')).toEqual({ ID: 'secret-npm', sharing: 'locked' })
    expect(cached('secret-npm')).toEqual({ ID: 'secret-npm', sharing: 'locked' })
    expect(cached('')).toEqual({ ID: 'secret-', sharing: 'locked' })
  })

  test('has a folder that is kept under the worker’s names where none is said', () => {
    const mount = sent(exec({ mounts: [MOUNT, { ...MOUNT, dest: '/c', mountType: 'cache' }] }))?.exec
      ?.mounts[1]
    expect(mount?.cacheOpt).toEqual({ ID: 'secret-', sharing: 'shared' })
  })

  test('has folders in memory of a size', () => {
    const sized = (dest: string, size?: bigint) =>
      sent(
        exec({
          mounts: [
            MOUNT,
            { ...MOUNT, dest, mountType: 'tmpfs', TmpfsOpt: size === undefined ? undefined : { size } },
          ],
        }),
      )?.exec?.mounts[1]?.TmpfsOpt?.size
    expect(sized('/t')).toBe(BigInt(run.limits.tmpfs))
    expect(sized('/t', 2n ** 50n)).toBe(BigInt(run.limits.tmpfs))
    expect(sized('/t', -1n)).toBe(BigInt(run.limits.tmpfs))
    expect(sized('/t', 1024n)).toBe(1024n)
    expect(sized('/dev/shm')).toBe(BigInt(run.limits.shm))
  })

  test('has copies that are the worker’s alone', () => {
    const copy = {
      ...stepMessage.decode(Buffer.from([0x22, 0x06, 0x12, 0x04, 0x22, 0x02, 0x0a, 0x00]), {
        findings: [],
        unknown: 'error',
      }),
    }
    const patterns = (step: Step | undefined) => step?.file?.actions[0]?.copy?.exclude_patterns
    expect(patterns(sent(copy))).toEqual(['.dockgate-secret'])
    expect(patterns(sent({ file: sent(copy)?.file }))).toEqual(['.dockgate-secret'])
  })

  test('goes by the digests of what is written', () => {
    const graph = planGraph(
      run,
      graphOf(source('docker-image://docker.io/library/alpine:3'), exec({})),
      build,
    )
    const written = writeGraph(graph)
    const again = readGraph(written, [])
    expect(again.steps.map(({ upon }) => upon)).toEqual([[], [0], [1]])
    expect(writeGraph(again)).toEqual(written)
  })
})

test('a graph that a client gives is one that came of a Dockerfile', () => {
  const written = writeGraph(planGraph(run, graphOf(exec({})), build))
  const graph = readGraph(written, [])
  const [first] = graph.steps
  expect(checkInput('x', graph, facts)).toHaveLength(1)
  const known = { ...facts, build: { ...build, steps: new Set([first?.digest ?? '']) } }
  expect(checkInput('x', graph, known)).toEqual([])
})

test('a step that builds upon one that comes later is none', () => {
  const [one, two] = writeGraph(graphOf(exec({}))).def
  if (one === undefined || two === undefined) throw new Error('two steps')
  expect(() => readGraph({ def: [two, one], metadata: new Map(), Source: undefined }, [])).toThrow(
    'not there before it',
  )
})
