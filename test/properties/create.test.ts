/** What holds of every create that is allowed, whatever was asked. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { listOf, objectOf, textOf } from '../../src/shared/json-value.ts'
import { ask, policyOf } from '../cases/world.ts'
import { runs } from '../support/runs.ts'

const SIZE = fc.oneof(
  fc.constantFrom(0, -1, 1, 4096, 2 ** 20, 2 ** 30, 2 ** 40),
  fc.integer({ min: -1000, max: 2 ** 31 - 1 }),
)
const PATH = fc.constantFrom(
  ...[
    '/srv/work',
    '/srv/work/data',
    '/srv/work/inner',
    '/srv/work/link',
    '/srv/work/missing',
    '/srv/workspace',
  ],
  ...[
    '/srv/docs',
    '/srv/docs/guide',
    '/srv/work/to-docs',
    '/srv/work/../../etc',
    '/',
    '/etc',
    'mine',
    'theirs',
    'fresh-one',
    '',
  ],
)
const OPTIONS = fc.constantFrom('', ':ro', ':rw', ':ro,z', ':Z', ':rshared', ':nocopy', ':ro:rw')
const BIND = fc
  .tuple(PATH, fc.constantFrom('/data', '/', '/x/../y', 'rel'), OPTIONS)
  .map(([from, to, options]) => `${from}:${to}${options}`)
const MOUNT = fc.record(
  {
    Type: fc.constantFrom('bind', 'volume', 'tmpfs', 'npipe', 'image', 'Bind'),
    Source: PATH,
    Target: fc.constantFrom('/data', '/srv', ''),
    ReadOnly: fc.boolean(),
    BindOptions: fc.record({ Propagation: fc.constantFrom('', 'rprivate', 'shared') }, { requiredKeys: [] }),
    VolumeOptions: fc.record(
      { DriverConfig: fc.constantFrom({}, { Name: 'local' }, { Options: { device: '/' } }) },
      { requiredKeys: [] },
    ),
    TmpfsOptions: fc.record({ SizeBytes: SIZE }, { requiredKeys: [] }),
  },
  { requiredKeys: ['Type', 'Target'] },
)

/** Mostly what is allowed, so that allowances are common; every field may hold what is not. */
function mostly<T>(good: T, ...bad: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { arbitrary: fc.constant(good), weight: 12 },
    { arbitrary: fc.constantFrom(good, ...bad), weight: 1 },
  )
}

const HOST = fc.record(
  {
    Memory: SIZE,
    MemorySwap: fc.oneof(SIZE, fc.constant(0)),
    MemoryReservation: SIZE,
    NanoCpus: SIZE,
    CpuQuota: SIZE,
    CpuPeriod: SIZE,
    CpuShares: SIZE,
    PidsLimit: SIZE,
    ShmSize: SIZE,
    Binds: fc.array(BIND, { maxLength: 1 }),
    Mounts: fc.array(MOUNT, { maxLength: 1 }),
    Tmpfs: fc.dictionary(
      fc.constantFrom('/t', 't'),
      fc.constantFrom('', 'size=1k', 'size=9g', 'exec', 'dev'),
      { maxKeys: 1 },
    ),
    Privileged: mostly(false, true),
    NetworkMode: mostly(
      'default',
      'host',
      'none',
      'bridge',
      'container:web',
      'container:ollama',
      'operators',
    ),
    PidMode: mostly('', 'host', 'container:web', 'container:rival'),
    IpcMode: mostly('', 'host', 'shareable', 'container:fresh'),
    UTSMode: mostly('', 'host'),
    UsernsMode: mostly('', 'host'),
    CgroupnsMode: mostly('', 'host', 'private'),
    CapAdd: mostly<readonly string[]>([], ['SYS_ADMIN'], ['ALL'], ['NET_ADMIN'], ['chown']),
    SecurityOpt: mostly<readonly string[]>([], ['seccomp=unconfined'], ['no-new-privileges']),
    Devices: mostly<readonly object[]>([], [{ PathOnHost: '/dev/sda' }]),
    RestartPolicy: fc.record({ Name: mostly('no', 'always', 'on-failure'), MaximumRetryCount: SIZE }),
    LogConfig: mostly<object>({}, { Type: 'syslog' }, { Type: 'local', Config: { 'max-size': '9g' } }),
    PortBindings: mostly<object>(
      {},
      { '80/tcp': [{ HostPort: '80' }] },
      { '80/tcp': [{}] },
      { '80/tcp': [{ HostIp: '0.0.0.0' }] },
    ),
    VolumesFrom: mostly<readonly string[]>([], ['web'], ['ollama'], ['bound:ro']),
    Sysctls: mostly<object>({}, { 'kernel.shmmax': '1' }),
    Surprise: mostly<unknown>(null, 1, [], { a: 1 }),
  },
  { requiredKeys: [] },
)
const BODY = fc.record(
  {
    Image: mostly('alpine', 'ghcr.io/acme/app:2', 'operator/secret', 'cafe'),
    Cmd: fc.oneof(fc.string(), fc.array(fc.string())),
    Env: fc.array(fc.string()),
    Labels: fc.dictionary(fc.string(), fc.string()),
    User: fc.string(),
    HostConfig: HOST,
    privileged: mostly<unknown>(false, true),
    Binds: mostly<readonly string[]>([], ['/:/host']),
  },
  { requiredKeys: ['Image', 'HostConfig'] },
)

const TOP = [
  ...[
    'AttachStderr',
    'AttachStdin',
    'AttachStdout',
    'ArgsEscaped',
    'Cmd',
    'Domainname',
    'Entrypoint',
    'Env',
    'ExposedPorts',
  ],
  ...[
    'Healthcheck',
    'HostConfig',
    'Hostname',
    'Image',
    'Labels',
    'NetworkDisabled',
    'NetworkingConfig',
    'OnBuild',
    'OpenStdin',
  ],
  ...['Shell', 'StdinOnce', 'StopSignal', 'StopTimeout', 'Tty', 'User', 'Volumes', 'WorkingDir'],
]
/** Without Privileged, Devices, Sysctls, UsernsMode and the like: they are never sent, not even empty. */
const SENT_HOST = [
  ...[
    'AutoRemove',
    'Binds',
    'CapAdd',
    'CapDrop',
    'CgroupnsMode',
    'ConsoleSize',
    'CpuShares',
    'CpusetCpus',
    'CpusetMems',
    'Dns',
  ],
  ...[
    'DnsOptions',
    'DnsSearch',
    'ExtraHosts',
    'GroupAdd',
    'Init',
    'IpcMode',
    'LogConfig',
    'Memory',
    'MemoryReservation',
  ],
  ...[
    'MemorySwap',
    'MemorySwappiness',
    'Mounts',
    'NanoCpus',
    'NetworkMode',
    'OomScoreAdj',
    'PidMode',
    'PidsLimit',
  ],
  ...[
    'PortBindings',
    'ReadonlyRootfs',
    'RestartPolicy',
    'SecurityOpt',
    'ShmSize',
    'Tmpfs',
    'Ulimits',
    'VolumesFrom',
  ],
]

function sourcesOf(
  host: Readonly<Record<string, unknown>>,
): readonly { readonly source: string; readonly readOnly: boolean }[] {
  const binds = listOf(host['Binds']).map((bind) => {
    const [source = '', , options = ''] = textOf(bind).split(':')
    return { source, readOnly: options.split(',').includes('ro') }
  })
  const mounts = listOf(host['Mounts'])
    .map(objectOf)
    .filter((mount) => mount['Type'] === 'bind')
    .map((mount) => ({ source: textOf(mount['Source']), readOnly: mount['ReadOnly'] === true }))
  return [...binds.filter(({ source }) => source.startsWith('/')), ...mounts]
}

describe('a create that is allowed', () => {
  test('holds known fields alone, limits within the policy, and binds under a root', () => {
    const { limits } = policyOf().docker.run
    let allowed = 0
    fc.assert(
      fc.property(BODY, (body) => {
        const { verdict, sent } = ask({ line: 'POST /v1.30/containers/create', body })
        if (verdict.effect === 'refuse') return
        allowed += 1
        const written = objectOf(JSON.parse(sent?.body?.toString() ?? ''))
        const host = objectOf(written['HostConfig'])
        expect(Object.keys(written).filter((key) => !TOP.includes(key))).toEqual([])
        expect(Object.keys(host).filter((key) => !SENT_HOST.includes(key))).toEqual([])
        const within = (name: string, most: number): void => {
          const value = Number(host[name])
          expect({ name, within: value > 0 && value <= most }).toEqual({ name, within: true })
        }
        within('Memory', limits.memory)
        within('MemorySwap', 2 * Number(host['Memory']))
        within('NanoCpus', limits.nanoCpus)
        within('PidsLimit', limits.pids)
        within('ShmSize', limits.shm)
        expect(textOf(host['NetworkMode'])).toMatch(/^(?:default|bridge|none|container:[0-9a-f]{64})$/)
        for (const { source, readOnly } of sourcesOf(host)) {
          expect(source).toMatch(/^\/srv\/(?:work|docs)(?:\/|$)/)
          if (source.startsWith('/srv/docs')) expect(readOnly).toBe(true)
        }
      }),
      { numRuns: runs(1_500) },
    )
    expect(allowed).toBeGreaterThan(runs(1_500) / 30)
  })
})
