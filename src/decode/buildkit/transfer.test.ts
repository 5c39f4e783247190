import { describe, expect, test } from 'vitest'
import { fileStat } from './gateway.ts'
import { packet } from './session-messages.ts'
import { Transfer } from './transfer.ts'

const FOLDER = 2 ** 31
const LINK = 2 ** 27

type Stat = Partial<typeof fileStat.empty>

function send(transfer: Transfer, stat: Stat): typeof packet.empty {
  const said = packet.encode({ ...packet.empty, stat: { ...fileStat.empty, ...stat } })
  return packet.decode(transfer.rewrite(said, { findings: [], unknown: 'error' }), {
    findings: [],
    unknown: 'error',
  })
}

const sendAll = (...stats: readonly Stat[]) => {
  const transfer = new Transfer()
  return stats.map((stat) => send(transfer, stat))
}

describe('a transfer', () => {
  test('of folders, files, links, and files that are one, passes as it is', () => {
    const sent = [
      { path: 'a', mode: FOLDER },
      { path: 'a/b', mode: 0o644, size: 12n },
      { path: 'a/c', mode: LINK, linkname: '/etc/passwd' },
      { path: 'd', mode: 0o644, linkname: 'a/b' },
      { path: 'e', mode: 0o755, xattrs: new Map([['security.capability', Buffer.from('x')]]) },
    ]
    expect(sendAll(...sent).map(({ stat }) => stat)).toEqual(
      sent.map((stat) => ({ ...fileStat.empty, ...stat })),
    )
  })

  test('ends with a part without a file', () => {
    const end = packet.encode(packet.empty)
    expect(new Transfer().rewrite(end, { findings: [], unknown: 'error' })).toEqual(end)
  })

  test('has attributes that mean something in an image, and no others', () => {
    const xattrs = new Map([
      ['trusted.overlay.redirect', Buffer.from('/x')],
      ['security.selinux', Buffer.from('x')],
      ['user.note', Buffer.from('n')],
    ])
    expect([...(sendAll({ path: 'a', xattrs })[0]?.stat?.xattrs.keys() ?? [])]).toEqual(['user.note'])
  })
})

describe('refused is', () => {
  const folder = { path: 'a', mode: FOLDER }
  const link = { path: 'l', mode: LINK, linkname: '/etc' }
  test.each<readonly [string, readonly Stat[], string]>([
    ['a path that leads out', [{ path: '../x' }], 'no plain path'],
    ['the folder above itself', [{ path: '..', mode: FOLDER }], 'no plain path'],
    ['the folder itself', [{ path: '.', mode: FOLDER }], 'no plain path'],
    ['no path', [{ path: '' }], 'no plain path'],
    ['a path from the root', [{ path: '/etc/passwd' }], 'no plain path'],
    ['a path that leads back', [folder, { path: 'a/../b' }], 'no plain path'],
    ['a path with a slash at its end', [{ path: 'a/' }], 'no plain path'],
    ['a file below a link', [link, { path: 'l/passwd' }], 'in no folder'],
    ['a file below one that was not there', [{ path: 'b/c' }], 'in no folder'],
    ['a link in a folder’s place', [folder, { path: 'a', mode: LINK, linkname: '/etc' }], 'there twice'],
    ['a folder in a link’s place', [link, { path: 'l', mode: FOLDER }], 'there twice'],
    [
      'a file that is one with the host’s',
      [{ path: 'x', linkname: '../../etc/shadow' }],
      'linked to what is no file',
    ],
    [
      'a file that is one with what a link leads to',
      [link, { path: 'x', linkname: 'l/shadow' }],
      'linked to what is no file',
    ],
    ['a file that is one with a link', [link, { path: 'x', linkname: 'l' }], 'linked to what is no file'],
    [
      'a file that is one with a later one',
      [{ path: 'x', linkname: 'y' }, { path: 'y' }],
      'linked to what is no file',
    ],
    ['a device', [{ path: 'x', mode: 2 ** 26 }], 'a device'],
    ['a character device', [{ path: 'x', mode: 2 ** 26 + 2 ** 21 }], 'a device'],
    ['a pipe', [{ path: 'x', mode: 2 ** 25 }], 'a device'],
    ['a socket', [{ path: 'x', mode: 2 ** 24 }], 'a device'],
    ['a folder that is a device', [{ path: 'x', mode: FOLDER + 2 ** 26 }], 'a device'],
  ])('%s', (_, stats, says) => {
    expect(() => sendAll(...stats)).toThrow(says)
  })
})

test('content passes as it is, and what only looks so is read as any packet', () => {
  const transfer = new Transfer()
  const read = (said: Buffer) => transfer.rewrite(said, { findings: [], unknown: 'error' })
  const content = packet.encode({ ...packet.empty, type: 'data', ID: 7, data: Buffer.from('content') })
  expect(read(content)).toEqual(content)
  const end = packet.encode({ ...packet.empty, type: 'data', ID: 7 })
  expect(read(end)).toEqual(end)
  // A field that no packet has, one twice, and a file behind the content.
  for (const more of [
    [0x2a, 0x01, 0x78],
    [0x22, 0x01, 0x78],
    [0x12, 0x03, 0x0a, 0x01, 0x2f],
  ])
    expect(() => read(Buffer.concat([content, Buffer.from(more)]))).toThrow(/not known|twice|in the midst/)
})

test.each([
  ['the end of all files twice', [{}, {}]],
  ['a file behind the end of all files', [{}, { stat: { ...fileStat.empty, path: 'a' } }]],
  ['a wish for a file', [{ type: 'request' as const }]],
])('refused is %s', (_, parts) => {
  const transfer = new Transfer()
  const read = (part: Partial<typeof packet.empty>) =>
    transfer.rewrite(packet.encode({ ...packet.empty, ...part }), { findings: [], unknown: 'error' })
  for (const part of parts.slice(0, -1)) read(part)
  expect(() => read(parts.at(-1) ?? {})).toThrow(/were told|asks for none/)
})
