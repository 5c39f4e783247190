import { spawnSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { packingOf } from '../decode/packing.ts'
import { TarError } from '../decode/tar.ts'
import { unpacked } from './unpacker.ts'

const plain = Buffer.concat([Buffer.alloc(300_000, 'what is packed '), Buffer.alloc(100_000)])
const [gzip, zstd] = [gzipSync(plain), zstdCompressSync(plain)]

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function unpack(packed: Buffer, piece: number): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(unpacked(Readable.from(pieces(packed, piece)))))
}

/** A part of Zstandard that is passed over. */
const passedOver = Buffer.from('502a4d1804000000aaaaaaaa', 'hex')

describe.each([1, 3, gzip.length, zstd.length, 1_000_000])('in pieces of %i bytes', (piece) => {
  test.each<[string, Buffer, Buffer]>([
    ['plain', plain.subarray(0, 5000), plain.subarray(0, 5000)],
    ['nothing', Buffer.alloc(0), Buffer.alloc(0)],
    ['of three bytes', Buffer.from('abc'), Buffer.from('abc')],
    ['in gzip', gzip, plain],
    ['in gzip of two parts', Buffer.concat([gzip, gzip]), Buffer.concat([plain, plain])],
    ['in gzip with zeros behind it', Buffer.concat([gzip, Buffer.alloc(100)]), plain],
    ['in gzip of nothing', gzipSync(Buffer.alloc(0)), Buffer.alloc(0)],
    ['in Zstandard', zstd, plain],
    [
      'in Zstandard of parts',
      Buffer.concat([passedOver, zstd, passedOver, zstd]),
      Buffer.concat([plain, plain]),
    ],
  ])('an archive %s is read', async (_what, packed, expected) => {
    expect((await unpack(packed, piece)).equals(expected)).toBe(true)
  })

  const wrong = Buffer.from(gzip)
  wrong.writeUInt8((gzip.at(-6) ?? 0) ^ 1, gzip.length - 6)

  test.each<[string, Buffer, string]>([
    ['is cut off', gzip.subarray(0, -3), 'the gzip is damaged: unexpected end of file'],
    ['is cut off in its head', gzip.subarray(0, 5), 'the gzip is damaged: unexpected end of file'],
    ['has another checksum', wrong, 'the gzip is damaged: incorrect data check'],
    [
      'is of no known method',
      Buffer.concat([Buffer.from([0x1f, 0x8b, 9]), gzip.subarray(3)]),
      'the gzip is damaged: unknown compression method',
    ],
    ['has something behind it', Buffer.concat([gzip, Buffer.from('behind')]), 'the gzip is damaged: '],
    [
      'has something behind zeros',
      Buffer.concat([gzip, Buffer.alloc(9), Buffer.from('behind')]),
      'the gzip is damaged: it has something behind its end',
    ],
    ['is Zstandard that is cut off', zstd.subarray(0, -3), 'the zstd is damaged: unexpected end of file'],
    ['is Zstandard and goes on', Buffer.concat([zstd, Buffer.from('behind')]), 'the zstd is damaged: '],
    ['is bzip2', Buffer.from('BZh91AY&SY and more'), 'it is packed by bzip2; send it plain'],
    ['is xz', Buffer.from('fd377a585a000004', 'hex'), 'it is packed by xz; send it plain'],
  ])('one that %s is an error in words', async (_what, packed, why) => {
    const error = await unpack(packed, piece).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(TarError)
    expect(error).toMatchObject({ message: expect.stringContaining(why) })
  })
})

test('a packed one whose client goes away is an error', async () => {
  const client = new Readable({ read: () => undefined })
  client.push(gzip.subarray(0, 40))
  setImmediate(() => client.destroy(new Error('the client went away')))
  await expect(Array.fromAsync(unpacked(client))).rejects.toThrow('the client went away')
})

test('Zstandard that wants much memory is refused', async () => {
  const params = { [constants.ZSTD_c_windowLog]: 24, [constants.ZSTD_c_contentSizeFlag]: 0 }
  const large = Buffer.alloc(20 * 2 ** 20, 'large')
  const packed = zstdCompressSync(Buffer.concat([large, Buffer.from('x')]), { params })
  await expect(unpack(packed, 65536)).rejects.toThrow('the zstd is damaged: Frame requires too much memory')
})

test('what unpacks to very much is unpacked as it is read', async () => {
  const bomb = gzipSync(Buffer.alloc(256 * 2 ** 20))
  let size = 0
  for await (const piece of unpacked(Readable.from([bomb]))) {
    size += piece.length
    if (size > 2 ** 20) break
    expect(piece.length).toBeLessThanOrEqual(65536)
  }
  expect(size).toBeLessThan(2 ** 21)
})

test('a packing is known by how it begins, as an engine knows it', () => {
  const known = ['gzip', 'bzip2', 'xz', 'zstd'].map((program) => {
    const { stdout, error } = spawnSync(program, ['-c'], { input: 'x' })
    return error === undefined ? packingOf(stdout) : error
  })
  expect(known).toEqual(['gzip', 'bzip2', 'xz', 'zstd'])
  expect(packingOf(passedOver)).toBe('zstd')
  expect(packingOf(plain)).toBeUndefined()
})
