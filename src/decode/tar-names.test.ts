import { describe, expect, test } from 'vitest'
import { paxRecord, tarBlock } from '../../test/support/tar-blocks.ts'
import { paths, refusal, walk } from '../../test/support/tar-walk.ts'

const FILE = tarBlock('own', '0', 'x')
const pax = (content: string) => tarBlock('', 'x', content)
const global = (content: string) => tarBlock('', 'g', content)
const longName = (name: string) => tarBlock('././@LongLink', 'L', `${name}\0`)
const longLink = (name: string) => tarBlock('././@LongLink', 'K', `${name}\0`)
const PATH = pax(paxRecord('path', 'new'))
const NO_PATH = pax(paxRecord('mtime', '1.5'))
const COMMENT = global(paxRecord('comment', 'of git'))

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
    ['whose length is not a number', 'x a=b\n'],
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

describe('a target', () => {
  const link = (type: string) => tarBlock('a/link', type, '', (header) => header.write('b', 157))
  const targets = (...blocks: readonly Buffer[]) =>
    walk(Buffer.concat(blocks)).entries.flatMap((entry) => (entry.type === 'link' ? entry.target : []))

  test.each<[string, readonly Buffer[], readonly string[]]>([
    ['of a symbolic link is from its folder', [link('2')], ['b']],
    ['of a hard link is from the root', [link('1')], ['/b']],
    ['of GNU is for one link', [longLink('new'), link('2'), link('2')], ['new', 'b']],
    ['of pax is for one link', [pax(paxRecord('linkpath', 'new')), link('1'), link('1')], ['/new', '/b']],
    ['of pax for all is none', [global(paxRecord('linkpath', 'new')), link('2')], ['b']],
    ['of a file is none', [longLink('new'), FILE, link('2')], ['b']],
  ])('%s', (_what, blocks, expected) => {
    expect(targets(...blocks)).toEqual(expected)
  })
})
