/** Bodies of the other calls that make or change something: what an engine then reports is what the gate decided on. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listOf, objectOf, textOf } from '../../src/shared/json-value.ts'
import { ask, idOf as worldIdOf, type Settings } from '../cases/world.ts'
import { engineRequest } from '../support/engine.ts'
import { freshName, generousPolicy } from '../support/everything.ts'
import { startGate } from '../support/gate.ts'
import { request, type Response } from '../support/http.ts'
import { runs, seedFor } from '../support/runs.ts'
import { twisted, written } from './spelling.ts'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const SIZE = fc.constantFrom(0, 64 * 2 ** 20, 128 * 2 ** 20, 2 ** 40, -1)
const odd = <T>(good: T, ...others: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { arbitrary: fc.constant(good), weight: 9 },
    { arbitrary: fc.constantFrom(good, ...others), weight: 1 },
  )

const updates = fc.record(
  {
    Memory: SIZE,
    MemorySwap: SIZE,
    MemoryReservation: SIZE,
    NanoCpus: fc.constantFrom(0, 1e8, 1e9, 64e9),
    CpuShares: fc.constantFrom(0, 512, 1024, 8192),
    CpusetCpus: odd('', '0'),
    PidsLimit: fc.constantFrom<number | null>(0, 10, 200, -1, 10_000, null),
    RestartPolicy: odd<object>({}, { Name: 'on-failure', MaximumRetryCount: 2 }, { Name: 'always' }),
    Devices: odd<readonly object[]>([], [{ PathOnHost: '/dev/null' }]),
    CgroupParent: odd('', '/x'),
    Privileged: odd(false, true),
  },
  { requiredKeys: [] },
)
const execs = fc.record(
  {
    Cmd: fc.constantFrom<unknown>(['ls'], ['sh', '-c', 'id'], 'ls', ['ü', '']),
    Env: odd<readonly string[]>([], ['A=1']),
    User: odd('', '1000', 'root'),
    WorkingDir: odd('', '/tmp'),
    Tty: fc.boolean(),
    AttachStdout: fc.boolean(),
    AttachStdin: fc.boolean(),
    Privileged: odd(false, true),
    DetachKeys: odd('', 'ctrl-a'),
    Container: odd('', 'other'),
  },
  { requiredKeys: ['Cmd'] },
)
const labels = fc.constantFrom<object>({}, { a: 'b' }, { 'dockgate.worker': 'rival' })
const networks = fc.record(
  {
    Driver: odd('bridge', 'macvlan', 'host', ''),
    Internal: fc.boolean(),
    Attachable: fc.boolean(),
    EnableIPv6: fc.constant(false),
    Labels: labels,
    Options: odd<object>({}, { 'com.docker.network.bridge.name': 'docker0' }),
    IPAM: fc.constantFrom<object>(
      {},
      { Driver: 'default' },
      { Config: [{ Subnet: '10.232.5.0/24' }] },
      { Config: [{ Subnet: '10.232.6.0/23', Gateway: '10.232.7.9', IPRange: '10.232.6.128/25' }] },
      { Config: [{ Subnet: '192.168.77.0/24' }] },
      { Config: [{ Subnet: '10.232.8.0/24', Gateway: '192.168.77.1' }] },
    ),
    Scope: odd('', 'local', 'swarm'),
    Ingress: odd(false, true),
    CheckDuplicate: fc.boolean(),
  },
  { requiredKeys: [] },
)
const connects = fc.record(
  {
    EndpointConfig: fc.record(
      {
        Aliases: odd<readonly string[]>([], ['a', 'b']),
        IPAMConfig: odd<object | null>(null, { IPv4Address: '172.17.0.9' }),
        MacAddress: odd('', '02:42:ac:11:00:09'),
        Links: odd<readonly string[]>([], ['x:y']),
        DriverOpts: odd<object>({}, { a: 'b' }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
)
const volumes = fc.record(
  {
    Driver: odd('local', '', 'nfs'),
    DriverOpts: odd<object>({}, { type: 'none', device: '/', o: 'bind' }),
    Labels: labels,
  },
  { requiredKeys: [] },
)

describe.each([
  ['new', 44],
  ['old', 41],
] as const)('on the %s engine', (engine, minor) => {
  const own = freshName('changed')
  let real = ''
  const settings: Settings = {
    docker: {
      allow: ['exec', 'network create', 'network connect', 'volume create', 'update', 'run'],
    },
    run: {
      images: ['docker.io/library/*'],
      binds: [],
      limits: { memory: '256m', cpus: 2, pids: 256 },
      networks: ['bridge'],
      subnets: ['10.232.0.0/16'],
    },
    without: [],
    world: {
      minor,
      cpus: 2,
      containers: { [own]: { owner: 'self', running: true, started: true, memory: '256m', cpus: 2 } },
    },
  }
  const to = (method: string, path: string, body?: string): Promise<Response> =>
    engineRequest(engine, { method, path, ...(body === undefined ? {} : { headers: JSON_TYPE, body }) })

  beforeAll(async () => {
    const made = await to(
      'POST',
      `/containers/create?name=${own}`,
      JSON.stringify({
        Image: 'busybox',
        Cmd: ['sleep', '1000'],
        HostConfig: { Memory: 256 * 2 ** 20, MemorySwap: 256 * 2 ** 20, NanoCpus: 2e9, PidsLimit: 256 },
      }),
    )
    real = textOf(objectOf(JSON.parse(made.body))['Id'])
    await to('POST', `/containers/${real}/start`)
  })
  afterAll(() => to('DELETE', `/containers/${real}?force=1`))

  /**
   * Puts bodies before the gate's stages and what it encodes before the engine.
   * @param told what the engine reports, and what it must report, of what was allowed and done; removes what was made
   */
  async function compare(
    what: string,
    bodies: fc.Arbitrary<unknown>,
    path: string,
    told: (
      sent: Readonly<Record<string, unknown>>,
      answer: Response,
      text: string,
    ) => Promise<readonly [unknown, unknown]>,
  ): Promise<void> {
    const count = { bodies: 0, refused: 0, done: 0, refusedByEngine: 0 }
    const property = fc.asyncProperty(twisted(bodies), fc.nat(50), async (node, escapes) => {
      const text = written(node, escapes)
      count.bodies += 1
      const { verdict, sent } = ask({ line: `POST ${path}`, headers: JSON_TYPE, body: text }, settings)
      if (verdict.effect === 'refuse' || sent === undefined) return void (count.refused += 1)
      const body = sent.body?.toString() ?? ''
      const answer = await to(
        'POST',
        sent.path.replaceAll(worldIdOf(own), real),
        body.replaceAll(worldIdOf(own), real),
      )
      if (answer.status >= 300) {
        expect(answer.body).not.toMatch(/unmarshal|invalid JSON/i)
        return void (count.refusedByEngine += 1)
      }
      count.done += 1
      const [reported, expected] = await told(objectOf(JSON.parse(body)), answer, text)
      expect(reported).toEqual(expected)
    })
    await fc.assert(property, { numRuns: runs(60), seed: seedFor(`${what}, ${engine}`), endOnFailure: true })
    console.log(`${what}, ${engine}:`, JSON.stringify(count))
    expect(count.done).toBeGreaterThan(0)
    expect(count.refused).toBeGreaterThan(0)
  }

  const hostConfig = async (): Promise<Readonly<Record<string, unknown>>> =>
    objectOf(objectOf(JSON.parse((await to('GET', `/containers/${real}/json`)).body))['HostConfig'])
  const LIMITS = [
    'Memory',
    'MemorySwap',
    'MemoryReservation',
    'NanoCpus',
    'CpuShares',
    'CpusetCpus',
    'PidsLimit',
    'RestartPolicy',
  ]

  test('an update changes what was decided, and leaves the rest', async () => {
    let before = await hostConfig()
    await compare('updates', updates, `/v1.41/containers/${own}/update`, async (sent) => {
      const after = await hostConfig()
      // An engine takes what is empty for "leave it".
      const changed = Object.entries(sent).filter(([name, value]) =>
        name === 'PidsLimit' ? value !== 0 : value !== 0 && value !== '' && objectOf(value)['Name'] !== '',
      )
      const expected = { ...before, ...Object.fromEntries(changed) }
      expect(Object.keys(sent).filter((name) => !LIMITS.includes(name))).toEqual([])
      for (const [name, most] of [
        ['Memory', 256 * 2 ** 20],
        ['NanoCpus', 2e9],
        ['PidsLimit', 256],
      ] as const) {
        const value = Number(after[name])
        expect({ name, within: value > 0 && value <= most }).toEqual({ name, within: true })
      }
      before = after
      return [after, expected]
    })
  }, 3_600_000)

  test('an exec is the program that was decided on', async () => {
    await compare('execs', execs, `/v1.41/containers/${own}/exec`, async (sent, answer) => {
      const id = textOf(objectOf(JSON.parse(answer.body))['Id'])
      const { ProcessConfig, ContainerID, OpenStdin, OpenStdout } = objectOf(
        JSON.parse((await to('GET', `/exec/${id}/json`)).body),
      )
      const { entrypoint, arguments: args, privileged, user, tty } = objectOf(ProcessConfig)
      const [program, ...rest] = listOf(sent['Cmd'])
      return [
        {
          ContainerID,
          OpenStdin,
          OpenStdout,
          program: entrypoint,
          rest: listOf(args),
          privileged: privileged ?? false,
          user: user ?? '',
          tty,
        },
        {
          ContainerID: real,
          OpenStdin: sent['AttachStdin'] ?? false,
          OpenStdout: sent['AttachStdout'] ?? false,
          program,
          rest,
          privileged: false,
          user: sent['User'] ?? '',
          tty: sent['Tty'] ?? false,
        },
      ]
    })
  }, 3_600_000)

  test('a network is a plain bridge', async () => {
    const name = freshName('plain')
    const named = networks.map((body) => ({ Name: name, ...body }))
    await compare('networks', named, '/v1.41/networks/create', async (sent, answer) => {
      const id = textOf(objectOf(JSON.parse(answer.body))['Id'])
      const { Name, Driver, Scope, Internal, Attachable, Ingress, ConfigOnly, Options, Labels, IPAM } =
        objectOf(JSON.parse((await to('GET', `/networks/${id}`)).body))
      await to('DELETE', `/networks/${id}`)
      const configs = listOf(objectOf(IPAM)['Config'])
      const subnet = textOf(objectOf(configs[0])['Subnet'])
      return [
        {
          Name,
          Driver,
          Scope,
          Internal,
          Attachable,
          Ingress,
          ConfigOnly,
          Options,
          Labels,
          subnets: /^10\.2[12]/.test(subnet) ? undefined : configs,
        },
        {
          Name: name,
          Driver: 'bridge',
          Scope: 'local',
          Internal: sent['Internal'],
          Attachable: sent['Attachable'],
          Ingress: false,
          ConfigOnly: false,
          Options: {},
          Labels: sent['Labels'],
          subnets: objectOf(sent['IPAM'])['Config'],
        },
      ]
    })
  }, 3_600_000)

  test('a volume is a plain local one', async () => {
    const name = freshName('plain')
    const named = volumes.map((body) => ({ Name: name, ...body }))
    await compare('volumes', named, '/v1.41/volumes/create', async (sent, answer) => {
      const made = textOf(objectOf(JSON.parse(answer.body))['Name'])
      const { Name, Driver, Options, Labels } = objectOf(
        JSON.parse((await to('GET', `/volumes/${made}`)).body),
      )
      // Engines since 23 mark the ones that they name themselves.
      const { 'com.docker.volume.anonymous': _mark, ...labelled } = objectOf(Labels)
      await to('DELETE', `/volumes/${made}`)
      return [
        { Name, Driver, Options: Options ?? {}, Labels: labelled },
        { Name: sent['Name'] ?? made, Driver: 'local', Options: {}, Labels: sent['Labels'] },
      ]
    })
  }, 3_600_000)

  test('a container joins a network with aliases, and with no address or option of its own', async () => {
    await using gate = await startGate({
      engine,
      policy: generousPolicy({ allow: ['create', 'rm', 'network create', 'network connect', 'network rm'] }),
    })
    const post = (path: string, body: unknown): Promise<Response> =>
      request(gate.socket, { method: 'POST', path: `/v1.41${path}`, headers: JSON_TYPE, body })
    const network = freshName('joined')
    const container = textOf(
      objectOf(JSON.parse((await post('/containers/create', { Image: 'busybox' })).body))['Id'],
    )
    expect((await post('/networks/create', { Name: network })).status).toBe(201)
    const count = { bodies: 0, refused: 0, joined: 0 }
    const bodies = twisted(connects.map((body) => ({ Container: container, ...body })))
    const property = fc.asyncProperty(bodies, fc.nat(50), async (node, escapes) => {
      count.bodies += 1
      const { status } = await post(`/networks/${network}/connect`, written(node, escapes))
      expect(status).not.toBe(500)
      if (status !== 200) return void (count.refused += 1)
      count.joined += 1
      const { NetworkSettings } = objectOf(
        JSON.parse((await to('GET', `/containers/${container}/json`)).body),
      )
      const joined = objectOf(objectOf(objectOf(NetworkSettings)['Networks'])[network])
      const asked: unknown = JSON.parse(written(node))
      expect(joined).toMatchObject({ Links: null, DriverOpts: null, MacAddress: '', IPAddress: '' })
      expect([null, {}]).toContainEqual(joined['IPAMConfig'])
      expect(listOf(joined['Aliases'])).toEqual(
        expect.arrayContaining([...listOf(objectOf(objectOf(asked)['EndpointConfig'])['Aliases'])]),
      )
      await to(
        'POST',
        `/networks/${network}/disconnect`,
        JSON.stringify({ Container: container, Force: true }),
      )
    })
    await fc.assert(property, { numRuns: runs(40), seed: seedFor(`connects, ${engine}`), endOnFailure: true })
    console.log(`connects, ${engine}:`, JSON.stringify(count))
    await to('DELETE', `/containers/${container}?force=1`)
    await to('DELETE', `/networks/${network}`)
    expect(count.joined).toBeGreaterThan(3)
  }, 3_600_000)
})
