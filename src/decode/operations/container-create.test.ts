import { describe, expect, test } from 'vitest'
import { FieldError, type Finding } from '../fields.ts'
import { parseJson } from '../json.ts'
import { containerCreateBody } from './container-create-body.ts'
import { readContainerCreate } from './container-create.ts'

/** A create with this HostConfig, and what was found in it. */
function create(host: object, rest: object = {}) {
  const findings: Finding[] = []
  const body = parseJson(Buffer.from(JSON.stringify({ Image: 'alpine', ...rest, HostConfig: host })))
  return { ...readContainerCreate(containerCreateBody.read(body, '', findings), {}, findings), findings }
}

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
    ['1/tcp', '1-65535', 'tcp', 1, 65_535],
    ['65535/sctp', '65535', 'sctp', 65_535, 65_535],
  ])('%s on %s is read', (port, HostPort, protocol, from, to) => {
    expect(create({ PortBindings: { [port]: [{ HostPort }] } }).ports).toEqual([
      { container: `${Number.parseInt(port)}/${protocol}`, address: '', host: { from, to } },
    ])
  })

  test.each([
    ['80/icmp', '', 'HostConfig.PortBindings.80/icmp must be PORT/PROTOCOL'],
    ['80/tcp', '1-2-3', 'HostConfig.PortBindings.80/tcp: 1-2-3 is not a port'],
    ['80/tcp', '9-8', 'HostConfig.PortBindings.80/tcp: 9-8 is not a range of ports'],
    ['80/tcp', 'x', 'HostConfig.PortBindings.80/tcp: "x" is not a port'],
  ])('%s on %s is told to be none', (port, HostPort, why) => {
    expect(() => create({ PortBindings: { [port]: [{ HostPort }] } })).toThrow(why)
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

  test.each([
    [{ NetworkMode: 'host' }, { network: { mode: 'none' } }],
    [{ PidMode: 'host' }, { pid: { mode: 'default' } }],
    [{ IpcMode: 'host' }, { ipc: { mode: 'default' } }],
    [{ NetworkMode: 'bridge' }, { network: { mode: 'bridge' }, findings: [] }],
    [{ PidMode: 'private' }, { pid: { mode: 'private' }, findings: [] }],
    [{ CgroupnsMode: '', UTSMode: '' }, { findings: [] }],
  ])('%j is read as %j', (host, expected) => {
    expect(create(host)).toMatchObject(expected)
  })

  test.each([['a'], ['a:ro'], ['a:rw']])('volumes of %s are read', (written) => {
    expect(create({ VolumesFrom: [written] }).volumesFrom).toEqual([
      { container: 'a', readOnly: written === 'a:ro' },
    ])
  })
  test.each(['a:z', 'a:ro:rw', 'a:', 'a:RO'])('volumes of %s are not', (written) => {
    expect(() => create({ VolumesFrom: [written] })).toThrow(
      `HostConfig.VolumesFrom: ${written} is not NAME[:ro]`,
    )
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

  test('a prefix in a capability stays', () => {
    expect(create({ CapAdd: ['XCAP_Y'] }).addCapabilities).toEqual(['XCAP_Y'])
  })

  test.each([0, -1, undefined])('a quota of %s is none', (CpuQuota) => {
    expect(create({ CpuQuota }).limits.nanoCpus).toBeUndefined()
  })

  test.each(['data', '', '/a:/b', 'data/'])('the anonymous volume %j is refused', (path) => {
    expect(() => create({}, { Volumes: { [path]: {} } })).toThrow(
      `Volumes: ${JSON.stringify(path)} is not an absolute path`,
    )
  })
  test('an anonymous volume is named by its path', () => {
    expect(create({}, { Volumes: { '/data': {} } }).config.Volumes?.has('/data')).toBe(true)
  })

  test('what is not given has its default', () => {
    expect(
      create({ Ulimits: [{}], RestartPolicy: {} }, { NetworkingConfig: { EndpointsConfig: { net: {} } } }),
    ).toMatchObject({
      ulimits: [{ name: '', soft: 0, hard: 0 }],
      endpoints: [{ network: 'net', aliases: [], gatewayPriority: undefined }],
      restart: { name: '', retries: 0 },
      log: { driver: '' },
      findings: [],
    })
  })

  test('options of logging are read', () => {
    const options = (host: object) => [...create(host).log.options.reveal()]
    expect([options({}), options({ LogConfig: { Config: { a: 'b' } } })]).toEqual([[], [['a', 'b']]])
  })

  test('what is given is read', () => {
    expect(
      create(
        {
          Ulimits: [{ Name: 'NoFile', Soft: 1, Hard: 2 }],
          RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
          LogConfig: { Type: 'local', Config: { a: 'b' } },
          CgroupnsMode: 'private',
        },
        { NetworkingConfig: { EndpointsConfig: { net: { Aliases: ['a'], GwPriority: 1 } } } },
      ),
    ).toMatchObject({
      ulimits: [{ name: 'nofile', soft: 1, hard: 2 }],
      endpoints: [{ network: 'net', aliases: ['a'], gatewayPriority: 1 }],
      restart: { name: 'on-failure', retries: 3 },
      log: { driver: 'local' },
      findings: [],
    })
  })

  test.each([
    [0, []],
    [1000, []],
    [-1, ['HostConfig.OomScoreAdj = -1']],
    [1001, ['HostConfig.OomScoreAdj = 1001']],
  ])('an OOM score of %s is found: %j', (OomScoreAdj, found) => {
    expect(create({ OomScoreAdj }).findings.map(({ what }) => what)).toEqual(found)
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
})
