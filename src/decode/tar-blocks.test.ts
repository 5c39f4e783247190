import { describe, expect, test } from 'vitest'
import { paxRecord, tarBlock } from '../../test/support/tar-blocks.ts'
import { paths, refusal, walk, type SeenOfTar } from '../../test/support/tar-walk.ts'
import { TarError, TarWalker, type Entry } from './tar.ts'

const END = Buffer.alloc(1024)
const FILE = tarBlock('own', '0', 'x')
const PATH = tarBlock('', 'x', paxRecord('path', 'new'))
const longName = (name: string) => tarBlock('././@LongLink', 'L', `${name}\0`)

test('errors of a tar have a name of their own', () => {
  expect(new TarError('x').name).toBe('TarError')
})

describe('an archive in pieces', () => {
  const archive = Buffer.concat([
    PATH,
    tarBlock('own', '0', 'a'.repeat(512)),
    tarBlock('b/', '5'),
    tarBlock('c', '0'),
    tarBlock('d', '\0', 'd'.repeat(300)),
  ])
  const expected = {
    entries: [
      { path: 'new', type: 'file', size: 512 },
      { path: 'b', type: 'directory', size: 0 },
      { path: 'c', type: 'file', size: 0 },
      { path: 'd', type: 'file', size: 300 },
    ],
    kept: [`new ${'a'.repeat(512)}`, 'b ', 'c ', `d ${'d'.repeat(300)}`],
    lacking: 0,
  }

  test('is the same wherever it is cut in two', () => {
    for (let cut = 0; cut <= archive.length; cut += 1) {
      const seen: Pick<SeenOfTar, 'entries' | 'kept'> = { entries: [], kept: [] }
      const walker = new TarWalker({
        entry: (entry) => seen.entries.push(entry) > 0,
        content: ({ path }, content) => seen.kept.push(`${path} ${content.toString()}`),
      })
      const passed = [walker.push(archive.subarray(0, cut)), walker.push(archive.subarray(cut))]
      expect({ ...seen, passed, lacking: walker.end() }, `cut at ${cut}`).toEqual({
        ...expected,
        passed: [cut, archive.length - cut],
      })
    }
  })

  test.each([1, 3, 64, 100, 511, 512, 513, 700, 1023, 1025])('of %i bytes is the same', (piece) => {
    expect(walk(archive, piece)).toEqual({ ...expected, passed: archive.length })
  })

  test('ends before its first empty block, whatever follows', () => {
    const whole = Buffer.concat([archive, END, FILE])
    expect(walk(whole)).toEqual({ ...expected, passed: archive.length })
    const walker = new TarWalker({ entry: () => false, content: () => undefined })
    // A part of the empty block is passed before it is known to be one.
    expect(walker.push(whole.subarray(0, archive.length + 100))).toBe(archive.length + 100)
    expect(walker.push(whole.subarray(archive.length + 100))).toBe(0)
    expect(walker.push(FILE)).toBe(0)
    expect(walker.end()).toBe(0)
  })

  test('gives the content as soon as it is whole', () => {
    const kept: string[] = []
    const walker = new TarWalker({
      entry: () => true,
      content: (_entry, content) => kept.push(content.toString()),
    })
    walker.push(tarBlock('a', '0', 'b'.repeat(512)).subarray(0, 1023))
    expect(kept).toEqual([])
    walker.push(Buffer.from('c'))
    expect(kept).toEqual([`${'b'.repeat(511)}c`])
  })
})

describe('an archive without its end', () => {
  const file = tarBlock('a', '0', 'abc')

  test.each([
    ['nothing', 1024, 0],
    ['all padding', 515, 509],
    ['some padding', 1000, 24],
    ['one byte', 1023, 1],
  ])('may lack %s', (_what, length, lacking) => {
    expect(walk(file.subarray(0, length))).toMatchObject({ kept: ['a abc'], lacking })
  })

  test.each([
    ['in a header', file.subarray(0, 511)],
    ['behind a header', file.subarray(0, 512)],
    ['in a content', file.subarray(0, 514)],
    ['in a content without padding', tarBlock('a', '0', 'x'.repeat(512)).subarray(0, 1023)],
    ['in the padding of a name', longName('b').subarray(0, 600)],
    ['in a name', longName('b'.repeat(600)).subarray(0, 700)],
    ['in the next header', Buffer.concat([file, file]).subarray(0, 1100)],
  ])('may not be cut %s', (_where, bytes) => {
    expect(() => walk(bytes)).toThrow('the tar is cut off')
  })

  test('may be empty', () => {
    expect(walk(Buffer.alloc(0))).toEqual({ entries: [], kept: [], passed: 0, lacking: 0 })
    expect(walk(tarBlock('a', '0'))).toMatchObject({ kept: ['a '], lacking: 0 })
  })
})

describe('an entry', () => {
  test.each(['7', 'S', 'D', 'M', 'V', 'N', 'X', 'A', ' '])('of type %j is refused', (type) => {
    expect(refusal(tarBlock('a', type))).toBe(`the tar has an entry of type ${JSON.stringify(type)}`)
  })

  test.each([
    ['1', 'link'],
    ['2', 'link'],
    ['3', 'special'],
    ['4', 'special'],
    ['5', 'directory'],
    ['6', 'special'],
  ])('of type %j has no content', (type, known) => {
    expect(walk(tarBlock('a', type)).entries).toMatchObject([{ path: 'a', type: known, size: 0 }])
    expect(refusal(tarBlock('a', type, 'x'))).toBe('the tar has a link, a directory or a device with content')
  })

  test('that is kept has 1 MiB at most, another any size', () => {
    const most = Buffer.alloc(2 ** 20, 'a')
    const more = Buffer.alloc(2 ** 20 + 1, 'a')
    expect(walk(tarBlock('kept', '0', most)).kept).toEqual([`kept ${most.toString()}`])
    expect(refusal(tarBlock('kept', '0', more))).toBe('kept is larger than 1 MiB')
    expect(walk(tarBlock('large', '0', more))).toMatchObject({ entries: [{ size: more.length }], kept: [] })
  })
})

describe('a number', () => {
  const size = (field: string) => tarBlock('a', '0', '', (header) => header.write(field, 124, 12, 'latin1'))

  test.each(['\0'.repeat(12), ' '.repeat(12), '0'.repeat(12), '          0 ', '0\0 \0 \0 \0 \0 \0'])(
    'that is written %j is none',
    (field) => {
      expect(walk(size(field)).entries).toEqual([{ path: 'a', type: 'file', size: 0 }])
    },
  )

  test.each([
    ['in base 256', '\x80\0\0\0\0\0\0\0\0\0\0\0'],
    ['below none, in base 256', '\xff'.repeat(12)],
    ['with another digit', '00000000008\0'],
    ['with more behind it', '0\0x         '],
    ['with a sign', '-0000000000\0'],
    ['behind a NUL', '\x000000000000\0'],
  ])('%s is refused', (_what, field) => {
    expect(refusal(size(field))).toBe('the tar has a number in a form that is not read here')
  })

  test('takes all digits of its field', () => {
    const large = tarBlock('large', '0', '', (header) => header.write('777777777777', 124, 12))
    const entries: Entry[] = []
    const walker = new TarWalker({
      entry: (entry) => entries.push(entry) < 0,
      content: () => undefined,
    })
    walker.push(large)
    expect(entries).toEqual([{ path: 'large', type: 'file', size: 8 ** 12 - 1 }])
  })
})

describe('a checksum', () => {
  const damaged = 'this is not a tar, or a damaged one'

  test('counts bytes without a sign', () => {
    const header = tarBlock('é', '0')
    expect(paths(header)).toEqual(['é'])
    // Two bytes of the name have their highest bit: a signed sum is 512 less.
    const sum = Number.parseInt(header.toString('latin1', 148, 154), 8) - 512
    header.write(sum.toString(8).padStart(6, '0'), 148)
    expect(refusal(header)).toBe(damaged)
  })

  test('sees every byte that is changed', () => {
    for (let at = 0; at < 512; at += 1) {
      const header = tarBlock('a', '0')
      header[at] = (header[at] ?? 0) ^ 1
      expect(refusal(header), `byte ${at}`).toBeTypeOf('string')
    }
  })
})
