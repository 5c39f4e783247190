/** Bodies as a worker may send them: mostly what is allowed, with everything that a policy forbids among it. */
import fc from 'fast-check'

/** One of the good ones, and now and then one of the others. */
function either<T>(good: readonly T[], others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { arbitrary: fc.constantFrom(...good), weight: 40 },
    { arbitrary: fc.constantFrom(...others), weight: 1 },
  )
}

/** Mostly the first. */
function mostly<T>(good: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return either([good], others)
}

export interface Places {
  /** Real directories below the roots of the policy. */
  readonly work: string
  readonly docs: string
  /** Starts the names of volumes that are made. */
  readonly volume: string
  /** A container of the worker's. */
  readonly own: string
}

const SIZE = either([0, 64 * 2 ** 20, 256 * 2 ** 20], [8 * 2 ** 20, 2 ** 30, -1])
const WORDS = fc.array(fc.constantFrom('sh', '-c', 'echo a', '', 'ü', '--x'), { minLength: 1, maxLength: 3 })

function mountsOf({ work, docs, volume }: Places) {
  const source = fc.constantFrom(work, `${work}/inner`, docs, `${volume}-1`, `${volume}-2`)
  const target = fc.constantFrom('/a', '/b/c', '/c/', '/d//e', '/f')
  const bind = fc
    .tuple(
      fc.oneof(
        { arbitrary: source, weight: 9 },
        { arbitrary: fc.constantFrom('/', '/etc', `${work}/../..`), weight: 1 },
      ),
      target,
      fc.constantFrom('', ':ro', ':rw', ':ro,z', ':nocopy'),
    )
    .map((parts) => parts.slice(0, 2).join(':') + parts[2])
  const inDocs = fc.constantFrom(
    { Type: 'bind', Source: docs, ReadOnly: true },
    { Type: 'bind', Source: docs },
  )
  const mount = fc
    .tuple(
      fc.oneof(
        inDocs,
        fc.constantFrom(
          { Type: 'bind', Source: work },
          { Type: 'bind', Source: `${work}/inner`, ReadOnly: true },
          { Type: 'volume', Source: `${volume}-1` },
          { Type: 'volume', Source: `${volume}-2`, ReadOnly: true, VolumeOptions: { NoCopy: true } },
          { Type: 'volume' },
          { Type: 'tmpfs', TmpfsOptions: { SizeBytes: 2 ** 20, Mode: 0o700 } },
          { Type: 'tmpfs' },
        ),
        fc.constantFrom(
          { Type: 'bind', Source: '/etc' },
          { Type: 'volume', VolumeOptions: { DriverConfig: { Options: { device: '/' } } } },
        ),
      ),
      fc.constantFrom('/g', '/h', '/i/j', '/k/./l'),
    )
    .map(([one, Target]) => ({ ...one, Target }))
  return { Binds: fc.array(bind, { maxLength: 2 }), Mounts: fc.array(mount, { maxLength: 2 }) }
}

/** HostConfig of a create. */
function hostConfig(places: Places) {
  return fc.record(
    {
      Memory: SIZE,
      MemorySwap: SIZE,
      MemoryReservation: SIZE,
      NanoCpus: either([0, 1e8, 1e9], [5e9]),
      CpuQuota: mostly(0, 50_000),
      CpuPeriod: mostly(0, 100_000),
      CpuShares: either([0, 2, 1024], [4096]),
      CpusetCpus: mostly('', '0'),
      PidsLimit: either<number | null>([0, 10, 128, null], [-1, 500]),
      ShmSize: fc.constantFrom(0, 2 ** 20, 64 * 2 ** 20),
      Privileged: mostly(false, true),
      CapAdd: either<readonly string[]>([[], ['NET_RAW'], ['cap_chown'], ['NET_ADMIN']], [['SYS_ADMIN']]),
      CapDrop: fc.constantFrom<readonly string[]>([], ['ALL'], ['CHOWN', 'net_raw']),
      SecurityOpt: mostly<readonly string[]>(
        [],
        ['no-new-privileges'],
        ['no-new-privileges:true'],
        ['seccomp=unconfined'],
      ),
      ...mountsOf(places),
      Tmpfs: either<object>(
        [
          {},
          { '/t': '' },
          { '/t': 'size=1m,mode=700' },
          { '/t//u': 'exec,ro' },
          { '/t': 'size=2m,uid=7,size=1m' },
        ],
        [{ '/t': 'size=99g' }, { '/t': 'size=100%' }, { '/t': 'suid' }, { t: '' }],
      ),
      NetworkMode: either(['', 'default', 'bridge', 'none'], ['host', `container:${places.own}`]),
      PidMode: mostly('', 'host', `container:${places.own}`),
      IpcMode: either(['', 'private', 'shareable', 'none'], ['host']),
      UTSMode: mostly('', 'host'),
      UsernsMode: mostly('', 'host'),
      CgroupnsMode: either(['', 'private'], ['host']),
      Devices: mostly<readonly object[]>(
        [],
        [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }],
      ),
      DeviceCgroupRules: mostly<readonly string[]>([], ['c 1:3 rwm']),
      Sysctls: mostly<object>({}, { 'net.ipv4.ip_forward': '1' }),
      Ulimits: either<readonly object[]>(
        [[], [{ Name: 'nofile', Soft: 100, Hard: 200 }]],
        [[{ Name: 'memlock', Soft: -1, Hard: -1 }]],
      ),
      PortBindings: either<object>(
        [
          {},
          { '80/tcp': [{ HostPort: '' }] },
          { '080': [{ HostPort: '0' }] },
          { '53/udp': [{ HostIp: '127.0.0.1', HostPort: '21001' }] },
          { '80': [{ HostPort: '21100-21110' }, { HostPort: '021200' }], '443/tcp': [] },
        ],
        [
          { '80/tcp': [{ HostIp: '0.0.0.0' }] },
          { '80/tcp': [{ HostIp: '127.1', HostPort: '21001' }] },
          { '80/tcp': [{ HostPort: '80' }] },
          { '80-90/tcp': [{ HostPort: '21000-21010' }] },
          { '80/TCP': [{ HostPort: '21000' }] },
          { '80/tcp': [{ HostPort: '+21000' }] },
          { '80/tcp': [{ HostPort: ' 21000' }] },
        ],
      ),
      RestartPolicy: either<object>(
        [{}, { Name: 'no' }, { Name: 'on-failure', MaximumRetryCount: 3 }],
        [{ Name: 'always' }],
      ),
      LogConfig: mostly<object>(
        {},
        { Type: 'json-file', Config: { 'max-size': '1m' } },
        { Type: 'none' },
        { Type: 'syslog' },
      ),
      OomScoreAdj: mostly(0, 100, -500),
      OomKillDisable: mostly(false, true),
      ReadonlyRootfs: fc.boolean(),
      AutoRemove: mostly(false, true),
      Init: fc.boolean(),
      GroupAdd: mostly<readonly string[]>([], ['1000']),
      Dns: mostly<readonly string[]>([], ['9.9.9.9']),
      ExtraHosts: mostly<readonly string[]>([], ['a:10.0.0.1']),
      Runtime: mostly('', 'runc', 'other'),
      CgroupParent: mostly('', '/elsewhere'),
      VolumesFrom: mostly<readonly string[]>([], [places.own], [`${places.own}:ro`]),
      MaskedPaths: mostly<readonly string[] | null>(null, [], ['/x']),
    },
    { requiredKeys: [] },
  )
}

/** Bodies of creates. */
export function createBodies(places: Places): fc.Arbitrary<unknown> {
  const top = {
    Image: mostly('busybox', 'busybox:latest', 'docker.io/library/busybox', 'operator/secret'),
    Cmd: fc.oneof(WORDS, fc.constant('true')),
    Entrypoint: fc.oneof(WORDS, fc.constant('/bin/sh'), fc.constant([])),
    Env: fc.uniqueArray(fc.constantFrom('A=1', 'B=', 'PATH=/x', 'C', 'D=a=b', 'E=ü'), { maxLength: 3 }),
    Labels: either<object>([{}, { a: 'b' }, { '': '' }, { 'x.y': 'ü"' }], [{ 'dockgate.worker': 'rival' }]),
    User: fc.constantFrom('', '0', '1000:1000', 'user'),
    WorkingDir: fc.constantFrom('', '/tmp', '/new/dir'),
    Hostname: fc.constantFrom('', 'h', 'a-b', 'H.example'),
    Domainname: mostly('', 'd.example'),
    Tty: fc.boolean(),
    OpenStdin: fc.boolean(),
    AttachStdout: fc.boolean(),
    StopSignal: fc.constantFrom('', 'SIGINT', 'TERM'),
    StopTimeout: either([0, 1, 600], [601]),
    Volumes: mostly<object>({}, { '/anonymous': {} }),
    ExposedPorts: mostly<object>({}, { '80/tcp': {} }, { '53/udp': {}, '81': {} }, { '80-82/tcp': {} }),
    NetworkDisabled: mostly(false, true),
    Healthcheck: mostly<object>({}, { Test: ['CMD', 'true'], Interval: 2e9 }, { Test: ['NONE'] }),
    NetworkingConfig: mostly<object>(
      {},
      { EndpointsConfig: { bridge: {} } },
      { EndpointsConfig: { bridge: { Aliases: ['a'] } } },
      { EndpointsConfig: { bridge: { IPAMConfig: { IPv4Address: '172.17.0.9' } } } },
      { EndpointsConfig: { none: {} } },
      { EndpointsConfig: { elsewhere: {} } },
    ),
    HostConfig: hostConfig(places),
  }
  const misplaced = fc.record(
    {
      Privileged: fc.constant(true),
      Binds: fc.constant(['/:/host']),
      NetworkMode: fc.constant('host'),
      Memory: fc.constant(2 ** 40),
      CapAdd: fc.constant(['ALL']),
      Devices: fc.constant([]),
    },
    { requiredKeys: [] },
  )
  const body = fc.record(top, { requiredKeys: ['Image'] })
  return fc.oneof(
    { arbitrary: body, weight: 12 },
    { arbitrary: fc.tuple(body, misplaced).map(([one, more]) => ({ ...one, ...more })), weight: 1 },
  )
}
