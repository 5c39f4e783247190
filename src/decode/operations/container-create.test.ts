import { describe, expect, test } from 'vitest'
import { FieldError, type Finding } from '../fields.ts'
import { parseJson } from '../json.ts'
import { readContainerCreate } from './container-create.ts'

/** A create with this HostConfig, and what was found in it. */
function create(host: object, rest: object = {}) {
  const findings: Finding[] = []
  const body = parseJson(Buffer.from(JSON.stringify({ Image: 'alpine', ...rest, HostConfig: host })))
  return { ...readContainerCreate(body, {}, findings), findings }
}

describe('binds', () => {
  const point = { at: 'HostConfig.Binds[0]', field: 'Binds', readOnly: false }
  const bind = { ...point, type: 'bind', relabel: undefined, nonRecursive: false, forceReadOnly: false }
  const volume = { ...point, type: 'volume', noCopy: false, labels: new Map() }

  test.each([
    ['/srv/a:/b', { ...bind, source: '/srv/a', target: '/b' }],
    ['/srv//a/../c:/b/./d', { ...bind, source: '/srv/c', target: '/b/d' }],
    ['/srv/a:/b:ro', { ...bind, source: '/srv/a', target: '/b', readOnly: true }],
    ['/srv/a:/b:rw,z,rprivate', { ...bind, source: '/srv/a', target: '/b', relabel: 'z' }],
    ['/srv/a:/b:Z,ro', { ...bind, source: '/srv/a', target: '/b', relabel: 'Z', readOnly: true }],
    ['name:/b', { ...volume, source: 'name', target: '/b' }],
    ['name:/b:nocopy', { ...volume, source: 'name', target: '/b', noCopy: true }],
    ['/b', { ...volume, source: undefined, target: '/b' }],
  ])('%s is read', (written, mount) => {
    const { mounts, findings } = create({ Binds: [written] })
    expect(mounts).toEqual([mount])
    expect(findings).toEqual([])
  })

  test.each([
    '',
    ':',
    ':/b',
    'a',
    'a:b',
    '/a:b',
    './a:/b',
    '~/a:/b',
    '../a:/b',
    'a/b:/c',
    '/a:/b:ro:rw',
    '-x:/b',
    'a b:/c',
  ])('%j is no bind', (written) => {
    expect(() => create({ Binds: [written] })).toThrow(FieldError)
  })

  test.each(['shared', 'rslave', 'volume-opt=x', 'U', 'O', 'copy', 'RO'])(
    'the option %s is a finding',
    (option) => {
      expect(create({ Binds: [`/a:/b:${option}`] }).findings).toMatchObject([
        { why: `the option ${option} is not given to workers` },
      ])
    },
  )
})

describe('mount objects', () => {
  test('are read by type', () => {
    const { mounts } = create({
      Mounts: [
        { Type: 'bind', Source: '/srv/./a', Target: '/b', BindOptions: { NonRecursive: true } },
        { Type: 'volume', Target: '/c' },
        { Type: 'tmpfs', Target: '/d', TmpfsOptions: { SizeBytes: 4096, Mode: 0o700 } },
      ],
    })
    expect(mounts).toMatchObject([
      { type: 'bind', source: '/srv/a', target: '/b', nonRecursive: true, at: 'HostConfig.Mounts[0]' },
      { type: 'volume', source: undefined, target: '/c' },
      { type: 'tmpfs', size: 4096, mode: 0o700 },
    ])
  })

  test.each([
    { Type: 'image', Source: 'alpine', Target: '/b' },
    { Type: 'cluster', Source: 'x', Target: '/b' },
    { Type: 'BIND', Source: '/a', Target: '/b' },
    { Target: '/b' },
    { Type: 'bind', Source: 'a', Target: '/b' },
    { Type: 'bind', Target: '/b' },
    { Type: 'bind', Source: '/a', Target: 'b' },
    { Type: 'volume', Source: '/a', Target: '/b' },
    { Type: 'volume', Source: '../a', Target: '/b' },
  ])('%j is none', (mount) => {
    expect(() => create({ Mounts: [mount] })).toThrow(FieldError)
  })
})

describe('tmpfs', () => {
  test.each([
    ['', { size: undefined, options: [], readOnly: false }],
    ['size=16m', { size: 2 ** 24, options: [] }],
    [
      'size=1K,ro,exec,mode=1777,uid=1000',
      { size: 1024, options: ['exec', 'mode=1777', 'uid=1000'], readOnly: true },
    ],
    ['size=1g,size=1k', { size: 1024 }],
  ])('%j is read', (options, mount) => {
    const { mounts, findings } = create({ Tmpfs: { '/t': options } })
    expect(mounts).toMatchObject([{ type: 'tmpfs', target: '/t', ...mount }])
    expect(findings).toEqual([])
  })

  test.each(['size=50%', 'size=', 'size=-1', 'size=0x10', 'size=999999999999g'])(
    '%s is no size',
    (options) => {
      expect(() => create({ Tmpfs: { '/t': options } })).toThrow(FieldError)
    },
  )
  test.each(['dev', 'suid', 'mpol=bind', 'SIZE=9g', 'huge=always', 'mode=99'])(
    '%s is a finding',
    (options) => {
      expect(create({ Tmpfs: { '/t': options } }).findings).toHaveLength(1)
    },
  )
})

describe('ports', () => {
  test.each([
    ['80', [{ HostPort: '' }], [{ container: '80/tcp', address: '', host: undefined }]],
    ['80/udp', [], [{ container: '80/udp', address: '', host: undefined }]],
    [
      '80/tcp',
      [{ HostIp: '::1', HostPort: '8080' }],
      [{ container: '80/tcp', address: '::1', host: { from: 8080, to: 8080 } }],
    ],
    [
      '080/tcp',
      [{ HostPort: '8080-8090' }],
      [{ container: '80/tcp', address: '', host: { from: 8080, to: 8090 } }],
    ],
    [
      '80/tcp',
      [{ HostPort: '0' }, { HostPort: '81' }],
      [{ host: undefined }, { host: { from: 81, to: 81 } }],
    ],
  ])('%s on %j is read', (port, hosts, expected) => {
    expect(create({ PortBindings: { [port]: hosts } }).ports).toMatchObject(expected)
  })

  test.each([
    ['0/tcp', ''],
    ['65536/tcp', ''],
    ['80-90/tcp', ''],
    ['80/TCP', ''],
    ['80/icmp', ''],
    ['http', ''],
    ['80/tcp', '70000'],
    ['80/tcp', '9-8'],
    ['80/tcp', '1-2-3'],
    ['80/tcp', '-1'],
    ['80/tcp', '80,81'],
    ['80/tcp', ' 80'],
  ])('%s on %j is none', (port, HostPort) => {
    expect(() => create({ PortBindings: { [port]: [{ HostPort }] } })).toThrow(FieldError)
  })
})

describe('namespaces', () => {
  test.each([
    [{}, { mode: 'default' }, { mode: 'default' }, { mode: 'default' }],
    [
      { NetworkMode: 'none', PidMode: '', IpcMode: 'none' },
      { mode: 'none' },
      { mode: 'default' },
      { mode: 'none' },
    ],
    [
      { NetworkMode: 'container:a', PidMode: 'container:b', IpcMode: 'container:c' },
      { mode: 'container', container: 'a' },
      { mode: 'container', container: 'b' },
      { mode: 'container', container: 'c' },
    ],
    [
      { NetworkMode: 'Host', IpcMode: 'shareable' },
      { mode: 'network', network: 'Host' },
      { mode: 'default' },
      { mode: 'shareable' },
    ],
  ])('%j are read', (host, network, pid, ipc) => {
    const { findings, ...operation } = create(host)
    expect(operation).toMatchObject({ network, pid, ipc })
    expect(findings).toEqual([])
  })

  test.each([
    { NetworkMode: 'host' },
    { NetworkMode: 'ns:/proc/1/ns/net' },
    { NetworkMode: 'slirp4netns:x' },
    { PidMode: 'host' },
    { PidMode: 'Container:web' },
    { PidMode: 'ns:/proc/1/ns/pid' },
    { IpcMode: 'host' },
    { IpcMode: 'default' },
    { UTSMode: 'host' },
    { UsernsMode: 'host' },
    { CgroupnsMode: 'host' },
    { Cgroup: 'host' },
  ])('%j is a finding', (host) => {
    expect(create(host).findings).toHaveLength(1)
  })

  test.each([['a'], ['a:ro'], ['a:rw']])('volumes of %s are read', (written) => {
    expect(create({ VolumesFrom: [written] }).volumesFrom).toEqual([
      { container: 'a', readOnly: written === 'a:ro' },
    ])
  })
  test.each(['a:z', 'a:ro:rw', 'a:', 'a:RO'])('volumes of %s are not', (written) => {
    expect(() => create({ VolumesFrom: [written] })).toThrow(FieldError)
  })
})

describe('the rest of the body', () => {
  test('capabilities come without their prefix and in upper case', () => {
    expect(create({ CapAdd: ['cap_net_admin', 'CHOWN', 'CAP_CAP_X'] }).addCapabilities).toEqual([
      ...['NET_ADMIN', 'CHOWN', 'CAP_X'],
    ])
  })

  test('limits of zero are none, and quota makes CPUs', () => {
    expect(create({ Memory: 0, PidsLimit: -1, CpuQuota: 25_000 }).limits).toMatchObject({
      memory: undefined,
      pids: -1,
      nanoCpus: 250_000_000,
    })
    expect(create({ NanoCpus: 1, CpuQuota: 25_000 }).limits.nanoCpus).toBe(1)
    expect(create({ CpuQuota: 25_000, CpuPeriod: 50_000 }).limits.nanoCpus).toBe(500_000_000)
  })

  test.each(['data', '', '/a:/b'])('the anonymous volume %j is refused', (path) => {
    expect(() => create({}, { Volumes: { [path]: {} } })).toThrow(FieldError)
  })

  test.each([undefined, '', null])('an image that is %j is refused', (Image) => {
    expect(() => create({}, { Image })).toThrow('Image must name an image')
  })
})

describe('what an engine keeps for a container', () => {
  const long = 'x'.repeat(100 * 1024)

  test('is a command and an environment of 256 KiB together', () => {
    expect(create({}, { Cmd: [long], Env: [`A=${long}`] }).config.Cmd).toEqual([long])
    for (const field of ['Cmd', 'Entrypoint', 'Env', 'Shell'])
      expect(() => create({}, { Cmd: [long], Env: [`A=${long}`], [field]: [long, long, long] })).toThrow(
        'Cmd, Entrypoint, Env and Shell are',
      )
    expect(() => create({}, { Cmd: long, Entrypoint: [long], Env: [long] })).toThrow(FieldError)
  })

  test('is a health check of 4 KiB, which comes in an event each time', () => {
    const Test = ['CMD-SHELL', 'x'.repeat(4_000)]
    expect(create({}, { Healthcheck: { Test } }).config.Healthcheck?.Test).toEqual(Test)
    expect(() => create({}, { Healthcheck: { Test: [...Test, 'x'.repeat(100)] } })).toThrow(
      'the words of Healthcheck.Test are 4136 bytes together: 4096 at most',
    )
  })

  test.each([-1, 1, 999_999_999])('is no health check every %i ns', (Interval) => {
    expect(create({}, { Healthcheck: { Interval } }).findings).toHaveLength(1)
    expect(create({}, { Healthcheck: { StartInterval: Interval } }).findings).toHaveLength(1)
  })
})
