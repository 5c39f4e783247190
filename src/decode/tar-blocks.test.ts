import { describe, expect, test } from 'vitest'
import { paxRecord, tarBlock } from '../../test/support/tar-blocks.ts'
import { TarError, TarWalker, type Entry } from './tar.ts'

interface Seen {
  readonly entries: Entry[]
  readonly kept: string[]
  /** Bytes that lie before the end of the archive. */
  passed: number
  /** Bytes of padding that the last entry lacks. */
  lacking: number
}

/** What a walker sees of a tar that comes in pieces, where the content of all entries but `large` is kept. */
function walk(tar: Buffer, piece = tar.length): Seen {
  const seen: Seen = { entries: [], kept: [], passed: 0, lacking: 0 }
  const walker = new TarWalker({
    entry: (entry) => {
      seen.entries.push(entry)
      return entry.path !== 'large'
    },
    content: (entry, content) => seen.kept.push(`${entry.path} ${content.toString()}`),
  })
  for (let at = 0; at < tar.length; at += piece) seen.passed += walker.push(tar.subarray(at, at + piece))
  seen.lacking = walker.end()
  return seen
}

const paths = (...blocks: readonly Buffer[]) => walk(Buffer.concat(blocks)).entries.map(({ path }) => path)
const refusal = (...blocks: readonly Buffer[]) => {
  try {
    return paths(...blocks)
  } catch (error) {
    return error instanceof TarError ? error.message : error
  }
}

const END = Buffer.alloc(1024)
const FILE = tarBlock('own', '0', 'x')
const pax = (content: string) => tarBlock('', 'x', content)
const global = (content: string) => tarBlock('', 'g', content)
const longName = (name: string) => tarBlock('././@LongLink', 'L', `${name}\0`)
const longLink = (name: string) => tarBlock('././@LongLink', 'K', `${name}\0`)
const PATH = pax(paxRecord('path', 'new'))
const NO_PATH = pax(paxRecord('mtime', '1.5'))
const COMMENT = global(paxRecord('comment', 'of git'))

test('errors of a tar have a name of their own', () => {
  expect(new TarError('x').name).toBe('TarError')
})

describe('an archive in pieces', () => {
  const archive = Buffer.concat([
    PATH,
    tarBlock('own', '0', 'a'.repeat(512)),
    tarBlock('b/', '5'),
    tarBlock('c', '0'),
    tarBlock('d', '\0', 'd'.repeat(700)),
    tarBlock('e', '0', Buffer.alloc(1024, 'e')),
  ])
  const expected = {
    entries: [
      { path: 'new', type: 'file', size: 512 },
      { path: 'b', type: 'directory', size: 0 },
      { path: 'c', type: 'file', size: 0 },
      { path: 'd', type: 'file', size: 700 },
      { path: 'e', type: 'file', size: 1024 },
    ],
    kept: [`new ${'a'.repeat(512)}`, 'b ', 'c ', `d ${'d'.repeat(700)}`, `e ${'e'.repeat(1024)}`],
    lacking: 0,
  }

  test('is the same wherever it is cut in two', () => {
    for (let cut = 0; cut <= archive.length; cut += 1) {
      const seen: Pick<Seen, 'entries' | 'kept'> = { entries: [], kept: [] }
      const walker = new TarWalker({
        entry: (entry) => seen.entries.push(entry) > 0,
        content: ({ path }, content) => seen.kept.push(`${path} ${content.toString()}`),
      })
      expect(walker.push(archive.subarray(0, cut))).toBe(cut)
      expect(walker.push(archive.subarray(cut))).toBe(archive.length - cut)
      expect({ ...seen, lacking: walker.end() }, `cut at ${cut}`).toEqual(expected)
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

describe('a name', () => {
  const prefix = (written: string) => (header: Buffer) => header.write(written, 345)
  const full = 'n'.repeat(100)

  test.each<[string, readonly Buffer[], readonly string[]]>([
    ['of one letter', [tarBlock('a', '0')], ['a']],
    ['that fills its field', [tarBlock(full, '0', '', (header) => header.fill('n', 0, 100))], [full]],
    ['with a prefix', [tarBlock('a', '0', '', prefix('b/c'))], ['b/c/a']],
    [
      'with a prefix that fills its field',
      [tarBlock('a', '0', '', prefix('p'.repeat(155)))],
      [`${'p'.repeat(155)}/a`],
    ],
    ['of the oldest form', [tarBlock('a', '0', '', (header) => header.fill(0, 257, 265))], ['a']],
    ['of GNU', [tarBlock('a', '0', '', (header) => header.write('ustar  \0', 257))], ['a']],
    ['of other letters', [tarBlock('höhe/水', '0')], ['höhe/水']],
    ['from the root', [tarBlock('/a//b/./c', '0')], ['a/b/c']],
    ['with dots in it', [tarBlock('./..a/b../...', '0')], ['..a/b../...']],
    ['of the whole', [tarBlock('./', '5')], ['']],
    ['of a link that ends as a directory', [tarBlock('a/', '2')], ['a']],
    ['of pax, for one entry', [PATH, FILE, FILE], ['new', 'own']],
    ['of GNU, for one entry', [longName('new'), FILE, FILE], ['new', 'own']],
    ['in each of two entries', [PATH, FILE, PATH, FILE], ['new', 'new']],
    ['of pax without a path', [NO_PATH, FILE], ['own']],
    ['of pax with records of one letter', [pax('6 a=b\n6 c=d\n'), FILE], ['own']],
    ['of pax behind other records', [pax(`6 a=b\n${paxRecord('path', 'a=b')}6 c=d\n`), FILE], ['a=b']],
    ['behind a target of GNU', [longLink('to'), longName('new'), tarBlock('own', '2')], ['new']],
    ['before a target of GNU', [longName('new'), longLink('to'), tarBlock('own', '1')], ['new']],
    ['of GNU before records without one', [longName('new'), NO_PATH, FILE], ['new']],
    ['of GNU behind records without one', [NO_PATH, longName('new'), FILE], ['new']],
    ['of pax behind a target of GNU', [longLink('to'), PATH, FILE], ['new']],
    ['behind a comment for all', [COMMENT, PATH, FILE, COMMENT, FILE], ['new', 'own']],
    ['as long as Linux takes it', [longName('a'.repeat(4096)), FILE], ['a'.repeat(4096)]],
    [
      'as deep as it may be',
      [longName(Array(256).fill('a').join('/')), FILE],
      [Array(256).fill('a').join('/')],
    ],
    ['behind what says nothing of it', [pax(paxRecord('a.GNU.sparse', '1')), FILE], ['own']],
    ['in a header of 64 KiB', [tarBlock('', 'L', `new${'\0'.repeat(65_533)}`), FILE], ['new']],
  ])('%s is read', (_what, blocks, expected) => {
    expect(paths(...blocks)).toEqual(expected)
  })

  test.each<[string, readonly Buffer[], string]>([
    ['too long', [longName('a'.repeat(4097)), FILE], 'a path in the tar is too long'],
    ['too deep', [longName(Array(257).fill('a').join('/')), FILE], 'a path in the tar is too deep'],
    [
      'in a header that is too large',
      [tarBlock('', 'L', 'a'.repeat(65_537))],
      'a name in the tar is too long',
    ],
    ['that leads out', [tarBlock('../a', '0')], 'leads out: "../a"'],
    ['that leads out later', [tarBlock('a/..', '5')], 'leads out: "a/.."'],
    ['that leads out by its prefix', [tarBlock('a', '0', '', prefix('..'))], 'leads out: "../a"'],
    ['of a directory for a file', [tarBlock('a/', '0')], 'named as a directory: a/'],
    ['of a directory for a file of pax', [pax(paxRecord('path', 'b/')), FILE], 'named as a directory: b/'],
    ['that is empty, of GNU', [longName(''), FILE], 'an empty name'],
    ['that is empty, of pax', [pax(paxRecord('path', '')), FILE], 'an empty name'],
    ['of GNU behind one of pax', [PATH, longName('b'), FILE], 'two names for one entry'],
    ['of pax behind one of GNU', [longName('b'), PATH, FILE], 'two names for one entry'],
    ['of GNU behind another', [longName('a'), longName('b'), FILE], 'two names for one entry'],
    ['of pax behind records without', [NO_PATH, PATH, FILE], 'two extended headers for one entry'],
    ['that a comment for all parts from its entry', [longName('a'), COMMENT, FILE], 'belongs to no entry'],
    ['for all entries', [global(paxRecord('path', 'new')), FILE], 'one name for all entries'],
    ['of star', [tarBlock('a', '0', '', (header) => header.write('tar\0', 508))], 'of the star format'],
    [
      'with a prefix in the oldest form',
      [tarBlock('a', '0', '', (header) => header.fill(0, 257, 265).write('b', 345))],
      'a name in two forms',
    ],
    [
      'with times in the place of a prefix',
      [tarBlock('a', '0', '', (header) => header.write('ustar  \0', 257) + header.write('1', 345))],
      'times of access',
    ],
  ])('%s is refused', (_what, blocks, why) => {
    expect(refusal(...blocks)).toContain(why)
  })

  test('of an entry between records for one and records for all belongs to no other', () => {
    expect(refusal(NO_PATH, COMMENT, FILE)).toContain('two extended headers for one entry')
  })
})

describe('records of pax', () => {
  test.each<[string, string]>([
    ['without a space', '3\n\n'],
    ['without a length', ' a=b\n'],
    ['whose length is no number', 'x a=b\n'],
    ['whose length is none', '6 a=b\n0 c=d\n'],
    ['whose length is negative', '6 a=b\n6 c=d\n-6 e=f\n'],
    ['whose length leads out', '7 a=b\n'],
    ['without a line break', '7 a=bcd'],
    ['that go on behind their length', '6 a=bc\n'],
  ])('%s are refused', (_what, content) => {
    expect(refusal(pax(content), FILE)).toBe('the tar has a pax record that is damaged')
    expect(refusal(global(content), FILE)).toBe('the tar has a pax record that is damaged')
  })

  test.each([
    ['size', '1'],
    ['GNU.sparse.major', '1'],
    ['GNU.sparse.name', 'a'],
  ])('%s are refused, since they change what is read', (key, value) => {
    expect(refusal(pax(paxRecord(key, value)), FILE)).toBe(
      `the tar has a pax record that is not read here: ${key}`,
    )
  })
})

describe('an entry', () => {
  test.each(['3', '4', '6', '7', 'S', 'D', 'M', 'V', 'N', 'X', 'A', ' '])('of type %j is refused', (type) => {
    expect(refusal(tarBlock('a', type))).toBe(`the tar has an entry of type ${JSON.stringify(type)}`)
  })

  test.each([
    ['1', 'link'],
    ['2', 'link'],
    ['5', 'directory'],
  ])('of type %j has no content', (type, known) => {
    expect(walk(tarBlock('a', type)).entries).toEqual([{ path: 'a', type: known, size: 0 }])
    expect(refusal(tarBlock('a', type, 'x'))).toBe('the tar has a link or directory with content')
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
  const damaged = 'this is no tar, or a damaged one; send it without compression'

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
