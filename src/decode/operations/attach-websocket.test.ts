import { describe, expect, test } from 'vitest'
import { read } from '../../../test/support/decoded.ts'

describe('an attach by a WebSocket', () => {
  const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
  const HANDSHAKE = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': KEY,
    'Sec-WebSocket-Version': '13',
  }
  const open = (changed: Readonly<Record<string, string>>, without = '') =>
    read(
      'GET /containers/%2Fweb/attach/ws?stdin=1&logs=0',
      undefined,
      Object.fromEntries(Object.entries({ ...HANDSHAKE, ...changed }).filter(([name]) => name !== without)),
    )

  test.each<Readonly<Record<string, string>>>([
    {},
    { Connection: 'keep-alive,UPGRADE' },
    { Connection: 'keep-alive ,  upgrade , x' },
    { Connection: ' upgrade ' },
    { Upgrade: 'WebSocket' },
    { Origin: '' },
    { 'Sec-WebSocket-Protocol': 'chat', 'Sec-WebSocket-Extensions': 'permessage-deflate' },
  ])('is asked for by %j', (changed) => {
    expect(open(changed)).toMatchObject({
      operation: {
        kind: 'container.attach-ws',
        container: 'web',
        key: KEY,
        parameters: { stdin: true, logs: false },
      },
      found: [],
    })
  })

  test.each([
    [{ Connection: 'close' }, ''],
    [{ Connection: 'upgraded' }, ''],
    [{ Upgrade: 'tcp' }, ''],
    [{}, 'Connection'],
    [{}, 'Upgrade'],
  ])('is not asked for by %j without %j', (changed, without) => {
    expect(open(changed, without).why).toContain('Connection: Upgrade and Upgrade: websocket are missing')
  })

  test.each([
    [{ 'Sec-WebSocket-Version': '8' }, ''],
    [{ 'Sec-WebSocket-Key': KEY.slice(1) }, ''],
    [{ 'Sec-WebSocket-Key': `a${KEY}` }, ''],
    [{ 'Sec-WebSocket-Key': `${KEY}=` }, ''],
    [{ 'Sec-WebSocket-Key': KEY.replace('Q==', 'R==') }, ''],
    [{ 'Sec-WebSocket-Key': KEY.replace('d', '-') }, ''],
    [{}, 'Sec-WebSocket-Key'],
    [{}, 'Sec-WebSocket-Version'],
  ])('has a key and a version, not %j without %j', (changed, without) => {
    expect(open(changed, without).why).toContain('no key of 16 bytes, or is not of version 13')
  })

  test('is not for a web page', () => {
    expect(open({ Origin: 'null' }).found).toEqual(['header Origin'])
  })
})
