import { expect, test } from 'vitest'
import { permitting } from '../decide/permit.ts'
import type { NetworkMemberPermit } from '../decide/verdict.ts'
import { endpointBody, memberBody, networkBody } from './network.ts'

const NETWORK = { id: 'b'.repeat(64), name: 'net', word: 'net', owner: 'self' } as const
const CONTAINER = {
  id: 'a'.repeat(64),
  name: 'web',
  word: 'web',
  policyName: 'web',
  owner: 'self',
  running: true,
  memory: 0,
  nanoCpus: 0,
  binds: [],
  started: true,
  made: undefined,
} as const

test("a network is a bridge, and the gate's labels win", () => {
  const labels = new Map([
    ['mine', '1'],
    ['gate', 'forged'],
  ])
  const operation = {
    kind: 'network.create',
    name: 'net',
    internal: true,
    attachable: true,
    ipv4: undefined,
    ipv6: false,
    subnets: [],
    labels,
  } as const
  expect(JSON.parse(JSON.stringify(networkBody(operation, { gate: 'worker' })))).toEqual({
    Name: 'net',
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: true,
    Attachable: true,
    EnableIPv6: false,
    Labels: { mine: '1', gate: 'worker' },
  })
})

test('a container leaves by the id that was looked up', () => {
  const operation = { kind: 'network.disconnect', network: 'net', container: 'web', force: true } as const
  const permit = permitting<NetworkMemberPermit>({
    on: 'network member',
    operation,
    network: NETWORK,
    container: CONTAINER,
  })
  expect(memberBody(permit)).toEqual({
    Container: CONTAINER.id,
    Force: true,
  })
})

test('an endpoint says only what was asked for', () => {
  expect(endpointBody({ aliases: [], gatewayPriority: undefined, links: [], fixed: [] })).toEqual({})
  const links = [
    { container: 'db', alias: undefined },
    { container: 'db', alias: 'store' },
  ]
  expect(endpointBody({ aliases: ['db'], gatewayPriority: 5, links, fixed: [] })).toEqual({
    Aliases: ['db'],
    GwPriority: 5,
    Links: ['db', 'db:store'],
  })
})
