/** Contexts of builds, and files for containers. */
import { TarError, TarWalker } from '../../../src/decode/tar.ts'
import { bare, declared, hold, type Target } from './target.ts'

/** A header of a tar with a right checksum. */
function tarHeader(name: string, size: number, type = '0'): Buffer {
  const block = Buffer.alloc(512)
  block.write(name, 0)
  block.write('0000644\0', 100)
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  block.write('        ', 148)
  block.write(type, 156)
  block.write('ustar\x0000', 257)
  return summed(block, 0)
}

/** With the checksum of the header at that place made right: a change behind it would be seen by nothing else. */
function summed(bytes: Buffer, at: number): Buffer {
  if (bytes.length < at + 512) return bytes
  const copy = Buffer.from(bytes)
  copy.write('        ', at + 148)
  let sum = 0
  for (const byte of copy.subarray(at, at + 512)) sum += byte
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148)
  return copy
}

const file = (name: string, content: string, type?: string): Buffer =>
  Buffer.concat([
    tarHeader(name, content.length, type),
    Buffer.from(content),
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ])

export const tar: Target = {
  words: [
    '\u0000',
    'ustar\x0000',
    'ustar  \u0000',
    '00000000000',
    '77777777777',
    '../',
    '/',
    './',
    '20 path=Dockerfile\n',
    '11 size=9\n',
    'x',
    'L',
    'g',
    '\x80\xff',
  ],
  seeds: [
    Buffer.concat([file('Dockerfile', 'FROM alpine\n'), Buffer.alloc(1024)]),
    Buffer.concat([
      file('././@LongLink', 'Dockerfile\0', 'L'),
      file('short', 'FROM a\n'),
      Buffer.alloc(1024),
    ]),
    Buffer.concat([file('pax', '19 path=Dockerfile\n', 'x'), file('short', 'FROM a\n'), Buffer.alloc(1024)]),
    Buffer.concat([
      tarHeader('dir/', 0, '5'),
      tarHeader('link', 0, '2'),
      file('a/b', 'x'.repeat(600)),
      Buffer.alloc(1024),
    ]),
    Buffer.concat([file('global', '14 comment=ab\n', 'g'), file('f', ''), Buffer.alloc(512)]),
  ],
  read: (given) => {
    // Of every second input the first headers are made right, so that what lies behind the checksum is reached.
    const bytes = given.length % 2 === 0 ? summed(summed(given, 0), 1024) : given
    const whole = walked(bytes, bytes.length)
    const pieces = walked(bytes, 1 + (bytes.length % 700))
    hold(whole === pieces, 'a tar is the same however it is cut')
    return bare(whole)
  },
}

/** What a walker tells of a tar that comes in pieces of that size. */
function walked(bytes: Buffer, size: number): string {
  const seen: string[] = []
  const walker = new TarWalker({
    entry: ({ path, type }) => {
      hold(!path.split('/').includes('..'), 'no path leads out')
      seen.push(type)
      return true
    },
    content: (_entry, content) => seen.push(`+${Math.min(content.length, 1)}`),
  })
  return declared(TarError, () => {
    for (let at = 0; at < bytes.length; at += size) walker.push(bytes.subarray(at, at + size))
    walker.end()
    return seen.slice(0, 6).join(' ')
  })
}
