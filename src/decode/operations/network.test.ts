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
    expect(read('POST /networks/net/connect', { EndpointConfig: { IPAMConfig: { a: 1 } } }).found).toEqual([
      'EndpointConfig.IPAMConfig = {a}',
    ])
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
