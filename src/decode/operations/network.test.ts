import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'

describe('a new network', () => {
  const create = (body: object) => read('POST /networks/create', body)
  const plain = {
    kind: 'network.create',
    internal: false,
    attachable: false,
    ipv4: undefined,
    ipv6: undefined,
    subnets: [],
    labels: new Map(),
  }

  test.each([
    [{ Name: 'net' }, { name: 'net' }],
    [{ Name: '1' }, { name: '1' }],
    [{ Name: 'a'.repeat(128) }, { name: 'a'.repeat(128) }],
    [{ Name: 'A_b.c-d', Internal: false }, { name: 'A_b.c-d' }],
    [
      {
        Name: 'net',
        Internal: true,
        Attachable: true,
        EnableIPv4: false,
        EnableIPv6: true,
        Labels: { a: 'b' },
      },
      {
        name: 'net',
        internal: true,
        attachable: true,
        ipv4: false,
        ipv6: true,
        labels: new Map([['a', 'b']]),
      },
    ],
    [{ Name: 'net', Driver: 'bridge', CheckDuplicate: true, IPAM: { Driver: 'default' } }, { name: 'net' }],
  ])('of %j is read', (body, expected) => {
    const { operation, found } = create(body)
    expect(operation).toEqual({ ...plain, ...expected })
    expect(found).toEqual([])
  })

  const [subnet, range, gateway] = [
    { text: '172.30.0.0/24', first: 'ac1e0000', last: 'ac1e00ff' },
    { text: '172.30.0.128/25', first: 'ac1e0080', last: 'ac1e00ff' },
    { text: '172.30.0.1', first: 'ac1e0001', last: 'ac1e0001' },
  ]

  test.each([
    [null, []],
    [[], []],
    [[{}, { Subnet: '', IPRange: '', Gateway: '' }], []],
    [[{ Subnet: subnet.text }], [{ subnet, range: undefined, gateway: undefined }]],
    [
      [{ Subnet: subnet.text, IPRange: range.text, Gateway: gateway.text, AuxiliaryAddresses: null }],
      [{ subnet, range, gateway }],
    ],
  ])('with the subnets %j is read', (Config, subnets) => {
    const { operation, found } = create({ Name: 'net', IPAM: { Driver: 'default', Options: {}, Config } })
    expect(operation).toMatchObject({ subnets })
    expect(found).toEqual([])
  })

  test.each([
    [[{ Subnet: '172.30.0.0' }], 'IPAM.Config[0].Subnet: "172.30.0.0" is not a subnet'],
    [[{}, { Gateway: '172.30.0.1' }], 'IPAM.Config[1].Subnet: "" is not a subnet'],
    [
      [{ Subnet: '10.0.0.0/8', Gateway: '::ffff:10.0.0.1' }],
      'IPAM.Config[0].Gateway: "::ffff:10.0.0.1" is not an address',
    ],
    [[{ Subnet: '10.0.0.0/8', IPRange: '10.0.0.1' }], 'IPAM.Config[0].IPRange: "10.0.0.1" is not a subnet'],
  ])('with the subnets %j is refused', (Config, why) => {
    expect(create({ Name: 'net', IPAM: { Config } }).why).toBe(why)
  })

  test('takes nothing that no policy gives', () => {
    const Config = [{ Subnet: '172.30.0.0/24', AuxiliaryAddresses: { host: '172.30.0.9' } }]
    expect(create({ Name: 'net', IPAM: { Driver: 'dhcp', Options: { a: 'b' }, Config } }).found).toEqual([
      'IPAM.Driver = "dhcp"',
      'IPAM.Options = {a}',
      'IPAM.Config[0].AuxiliaryAddresses = {host}',
    ])
  })

  test.each([undefined, '', '-a', ' a', 'a/', '/a', 'n\u00e9t', 'a'.repeat(129)])(
    'of the name %.20j is refused',
    (name) => {
      expect(create({ Name: name }).why).toBe(`Name: ${JSON.stringify(name ?? '')} is not a network name`)
    },
  )
})

describe('a network of a container', () => {
  test.each([
    [{ Container: 'web' }, 'web', { aliases: [], gatewayPriority: undefined }],
    [
      {
        Container: 'web',
        EndpointConfig: { IPAMConfig: { IPv4Address: '172.30.0.5', IPv6Address: 'fd00::5' } },
      },
      'web',
      { fixed: [{ text: '172.30.0.5' }, { text: 'fd00::5' }] },
    ],
    [{}, '', { aliases: [], gatewayPriority: undefined }],
    [{ Container: 'web', EndpointConfig: {} }, 'web', { aliases: [], gatewayPriority: undefined }],
    [
      { Container: 'web', EndpointConfig: { Aliases: ['db'], GwPriority: 2 } },
      'web',
      { aliases: ['db'], gatewayPriority: 2 },
    ],
  ])('is connected by %j', (body, container, endpoint) => {
    expect(read('POST /networks/net/connect', body)).toMatchObject({
      operation: { kind: 'network.connect', network: 'net', container, endpoint },
      why: undefined,
      found: [],
    })
  })

  test('names what is wrong by its field alone', () => {
    expect(read('POST /networks/net/connect', { Container: 1 }).why).toBe('Container must be a string')
    const joining = (IPAMConfig: object) =>
      read('POST /networks/net/connect', { EndpointConfig: { IPAMConfig } })
    expect(joining({ LinkLocalIPs: ['169.254.1.1'] }).found).toEqual([
      'EndpointConfig.IPAMConfig.LinkLocalIPs = [...]',
    ])
    const why = 'EndpointConfig.IPAMConfig.IPv4Address: "fd00::5" is not such an address'
    expect(joining({ IPv4Address: 'fd00::5' }).why).toBe(why)
    expect(joining({ IPv6Address: '::ffff:1.2.3.4' }).why).toContain('is not such an address')
    expect(read('POST /networks/net/disconnect', { Force: 1 }).why).toBe('Force must be true or false')
  })

  test.each([
    [{ Container: 'web' }, 'web', false],
    [{ Container: 'web', Force: true }, 'web', true],
    [{}, '', false],
  ])('is left by %j', (body, container, force) => {
    expect(read('POST /networks/net/disconnect', body).operation).toEqual({
      kind: 'network.disconnect',
      network: 'net',
      container,
      force,
    })
  })
})
