/** Subnets of a worker's networks and fixed addresses in them: within the pool that the policy gives, and nobody else's. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { docker, type CommandResult } from '../support/docker.ts'
import { engineDocker, onEngines } from '../support/engine.ts'
import { everything, freshName } from '../support/everything.ts'
import { startGate, type Gate } from '../support/gate.ts'
import { request } from '../support/http.ts'
import { policyFor, workDirectory } from '../support/policy.ts'
import { reload } from '../support/reload.ts'
import { otherSocket, withOther } from '../support/two-workers.ts'

const SLEEP = ['busybox', 'sleep', '1000']
/** The beginning of a pool, which no other engine of the tests has. */
const POOLS = { new: '10.230', old: '10.231' } as const

describe.each(onEngines('new', 'old'))('subnets on the %s engine', (engine) => {
  const pool = POOLS[engine]
  const lent = freshName('lent')
  const policyWith = (run: object) =>
    withOther((directory) =>
      policyFor(directory, {
        allow: [...everything, 'network', 'exec', 'compose'],
        exec: { own: '*' },
        run: { names: 'own', networks: [lent], ...run },
      }),
    )
  const given = policyWith({ subnets: [`${pool}.0.0/16`] })
  let gate: Gate
  const worker = (...args: readonly string[]): Promise<CommandResult> => docker(gate, args)
  const other = (...args: readonly string[]): Promise<CommandResult> =>
    docker(otherSocket(gate.directory), args)
  const operator = (...args: readonly string[]): Promise<CommandResult> => engineDocker(engine, args)
  const told = async (kind: string, name: string, format: string): Promise<unknown> =>
    JSON.parse((await worker(kind, 'inspect', '-f', `{{json ${format}}}`, name)).stdout)

  beforeAll(async () => {
    await operator('network', 'create', '--subnet', `${pool}.200.0/24`, lent)
    gate = await startGate({ engine, policy: given })
  })
  afterAll(async () => {
    await gate[Symbol.asyncDispose]()
    await operator('network', 'rm', lent)
  })

  test('a network has the subnet, the gateway and the range that it was made with, and a container its address', async () => {
    const [net, web] = [freshName('net'), freshName('web')]
    const flags = [
      '--subnet',
      `${pool}.1.0/24`,
      '--gateway',
      `${pool}.1.254`,
      '--ip-range',
      `${pool}.1.128/25`,
    ]
    expect(await worker('network', 'create', ...flags, net)).toMatchObject({ code: 0, stderr: '' })
    expect(await told('network', net, '.IPAM.Config')).toEqual([
      { Subnet: `${pool}.1.0/24`, IPRange: `${pool}.1.128/25`, Gateway: `${pool}.1.254` },
    ])
    const address = `${pool}.1.200`
    expect(
      await worker('run', '-d', '--name', web, '--network', net, '--ip', address, ...SLEEP),
    ).toMatchObject({
      code: 0,
    })
    expect((await worker('exec', web, 'ip', '-4', 'addr')).stdout).toContain(`inet ${address}/24`)
    const endpoint = `(index .NetworkSettings.Networks "${net}")`
    expect(await told('container', web, `${endpoint}.IPAMConfig.IPv4Address`)).toBe(address)

    // Its own inspect makes the same, once it is gone.
    const [{ Config, HostConfig, NetworkSettings }] = JSON.parse((await worker('inspect', web)).stdout)
    await worker('rm', '-f', web)
    const again = { ...Config, HostConfig, NetworkingConfig: { EndpointsConfig: NetworkSettings.Networks } }
    const created = await request(gate.socket, {
      method: 'POST',
      path: `/containers/create?name=${web}`,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(again),
    })
    expect(created.status).toBe(201)
    expect(await worker('start', web)).toMatchObject({ code: 0 })
    expect(await told('container', web, `${endpoint}.IPAddress`)).toBe(address)

    expect(await worker('network', 'disconnect', net, web)).toMatchObject({ code: 0 })
    const joining = ['network', 'connect', '--ip', `${pool}.1.201`, net, web]
    expect(await worker(...joining)).toMatchObject({ code: 0, stderr: '' })
    expect(await worker('rename', web, `${web}-2`)).toMatchObject({ code: 0 })
    expect(await told('container', `${web}-2`, `${endpoint}.IPAddress`)).toBe(`${pool}.1.201`)
    await worker('rm', '-f', `${web}-2`)
    await worker('network', 'rm', net)
  })

  test('a compose file has its ipam and its fixed addresses', async () => {
    const directory = join(workDirectory(gate.directory), freshName('fixed'))
    await mkdir(directory)
    const networks = { inner: { ipam: { config: [{ subnet: `${pool}.2.0/24`, gateway: `${pool}.2.1` }] } } }
    const at = (end: number) => ({
      image: 'busybox',
      command: 'sleep 1000',
      stop_grace_period: '0s',
      networks: { inner: { ipv4_address: `${pool}.2.${end}` } },
    })
    await writeFile(
      join(directory, 'compose.yaml'),
      stringify({ services: { web: at(10), db: at(11) }, networks }),
    )
    const compose = (...args: readonly string[]): Promise<CommandResult> =>
      docker(gate, ['compose', '--ansi', 'never', ...args], { cwd: directory, timeout: 60_000 })
    expect(await compose('up', '-d')).toMatchObject({ code: 0 })
    expect(await compose('exec', '-T', 'web', 'ping', '-c', '1', `${pool}.2.11`)).toMatchObject({ code: 0 })
    expect((await compose('up', '-d')).stderr).not.toMatch(/Recreate|Created/)
    expect(await compose('down')).toMatchObject({ code: 0 })
  })

  test('what somebody has is not given again, and it is not told who has it', async () => {
    const [theirs, id] = [
      freshName('theirs'),
      (await operator('network', 'inspect', '-f', '{{.Id}}', lent)).stdout,
    ]
    await other('network', 'create', '--subnet', `${pool}.3.0/24`, theirs)
    for (const taken of [`${pool}.200.0/24`, `${pool}.3.128/25`, `${pool}.0.0/16`]) {
      const { code, stderr } = await worker('network', 'create', '--subnet', taken, freshName('net'))
      expect([taken, code, stderr]).toEqual([taken, 1, expect.stringContaining('overlaps')])
      for (const name of [lent, theirs, 'other-worker', id.slice(0, 12)]) expect(stderr).not.toContain(name)
    }
    expect((await worker('network', 'ls', '-q', '--filter', 'name=net-')).stdout).toBe('')
    await other('network', 'rm', theirs)
  })

  test.each([
    ['outside of the pool', ['--subnet', '10.99.0.0/24'], 'run.subnets'],
    ['larger than the pool', ['--subnet', `${pool.replace(/.$/, '0')}.0.0/12`], 'run.subnets'],
    [
      'with other addresses',
      ['--subnet', `${pool}.9.0/24`, '--aux-address', `a=${pool}.9.7`],
      'AuxiliaryAddresses',
    ],
    ['by another driver', ['--subnet', `${pool}.9.0/24`, '--ipam-driver', 'null'], 'IPAM.Driver'],
    ['with options', ['--subnet', `${pool}.9.0/24`, '--ipam-opt', 'a=b'], 'IPAM.Options'],
  ])('a subnet %s is refused', async (_what, flags, says) => {
    const net = freshName('net')
    const { code, stderr } = await worker('network', 'create', ...flags, net)
    expect([code, stderr]).toEqual([1, expect.stringContaining(says)])
    expect(await operator('network', 'inspect', `ai-worker.${net}`)).toMatchObject({ code: 1 })
  })

  test('a gateway and a range elsewhere are refused, whatever the client lets through', async () => {
    for (const more of [
      { Gateway: '10.99.0.1' },
      { Gateway: `${pool}.200.1` },
      { IPRange: '10.99.0.0/25' },
    ]) {
      const { status, body } = await request(gate.socket, {
        method: 'POST',
        path: '/networks/create',
        headers: { 'Content-Type': 'application/json' },
        body: { Name: freshName('net'), IPAM: { Config: [{ Subnet: `${pool}.9.0/24`, ...more }] } },
      })
      expect([status, body]).toEqual([403, expect.stringContaining('run.subnets')])
    }
  })

  test('an address on a network of the operator’s is refused, where a container is made and where it joins', async () => {
    const mine = freshName('mine')
    await worker('run', '-d', '--name', mine, ...SLEEP)
    const stderr = expect.stringContaining('run.subnets')
    const address = ['--ip', `${pool}.200.77`]
    expect(await worker('create', '--network', lent, ...address, 'busybox')).toMatchObject({
      stdout: '',
      stderr,
    })
    expect(await worker('network', 'connect', ...address, lent, mine)).toMatchObject({ code: 1, stderr })
    expect(await worker('network', 'connect', lent, mine)).toMatchObject({ code: 0 })
    await worker('rm', '-f', mine)
  })

  test('an address outside of its own network, or of another container, an engine refuses', async () => {
    const [net, web] = [freshName('net'), freshName('web')]
    await worker('network', 'create', '--subnet', `${pool}.4.0/24`, net)
    await worker('run', '-d', '--name', web, '--network', net, '--ip', `${pool}.4.9`, ...SLEEP)
    for (const end of ['4.9', '5.9', '4.1']) {
      const args = ['run', '--rm', '--network', net, '--ip', `${pool}.${end}`, 'busybox', 'true']
      expect(await worker(...args)).toMatchObject({ code: 125 })
    }
    await worker('rm', '-f', web)
    await worker('network', 'rm', net)
  })

  test('where the policy gives no subnets any more, what has an address does not start again', async () => {
    const [net, web, free] = [freshName('net'), freshName('web'), freshName('free')]
    await worker('network', 'create', '--subnet', `${pool}.6.0/24`, net)
    await worker('create', '--name', web, '--network', net, '--ip', `${pool}.6.9`, ...SLEEP)
    await worker('create', '--name', free, '--network', net, ...SLEEP)
    await reload(gate, policyWith({}))
    const stderr = expect.stringContaining('run.subnets')
    expect(await worker('start', web)).toMatchObject({ code: 1, stderr })
    expect(await worker('start', free)).toMatchObject({ code: 0 })
    expect(await worker('network', 'create', '--subnet', `${pool}.7.0/24`, freshName('net'))).toMatchObject({
      code: 1,
      stderr,
    })
    await reload(gate, given)
    expect(await worker('start', web)).toMatchObject({ code: 0 })
    await worker('rm', '-f', web, free)
    await worker('network', 'rm', net)
  })
})
