import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tarBlock } from '../../test/support/tar-blocks.ts'
import { TarError, TarWalker, type Entry } from './tar.ts'

/** What a walker sees of a tar that comes in pieces. */
function walk(tar: Buffer, piece: number, keep: string) {
  const entries: Entry[] = []
  const kept: string[] = []
  const walker = new TarWalker({
    entry: (entry) => {
      entries.push(entry)
      return entry.path === keep
    },
    content: (_entry, content) => kept.push(content.toString()),
  })
  let passed = 0
  for (let at = 0; at < tar.length; at += piece) passed += walker.push(tar.subarray(at, at + piece))
  walker.end()
  return { entries, kept, passed }
}

/** A tar that the system's own tar makes of a small tree. */
function realTar(...options: readonly string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'dockgate-tar-'))
  try {
    writeFileSync(join(directory, 'Dockerfile'), 'FROM busybox\n')
    writeFileSync(join(directory, 'empty'), '')
    mkdirSync(join(directory, 'deep'))
    writeFileSync(join(directory, 'deep', `${'long'.repeat(40)}.txt`), 'x'.repeat(1500))
    symlinkSync('Dockerfile', join(directory, 'link'))
    return spawnSync('tar', [...options, '-C', directory, '-c', '.']).stdout
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe.each(['--format=gnu', '--format=posix', '--format=pax'])('a tar of %s', (format) => {
  const tar = realTar(format)

  test.each([1, 7, 511, 512, 513, 4096, 1_000_000])('is read the same in pieces of %i bytes', (piece) => {
    const { entries, kept } = walk(tar, piece, 'Dockerfile')
    const paths = entries.map(({ path, type }) => `${type} ${path}`).toSorted()
    expect(paths).toEqual([
      'directory ',
      'directory deep',
      'file Dockerfile',
      `file deep/${'long'.repeat(40)}.txt`,
      'file empty',
      'link link',
    ])
    expect(kept).toEqual(['FROM busybox\n'])
  })

  test('ends where the engine stops reading', () => {
    const more = Buffer.concat([tar, tar])
    const { entries, passed } = walk(more, 700, 'Dockerfile')
    expect(entries).toHaveLength(6)
    expect(passed).toBeLessThan(tar.length)
  })
})

test.each([
  ['a compressed one', spawnSync('gzip', ['-c'], { input: realTar() }).stdout],
  ['text', Buffer.from('FROM busybox\n'.repeat(100))],
  ['one with a damaged header', Buffer.from(realTar()).fill(0x41, 0, 1)],
])('%s is refused', (_name, bytes) => {
  expect(() => walk(bytes, 4096, 'Dockerfile')).toThrow(TarError)
})

test('a tar that is cut off is refused', () => {
  const tar = realTar()
  expect(() => walk(tar.subarray(0, 700), 4096, 'Dockerfile')).toThrow('cut off')
})

const FILE = tarBlock('Dockerfile', '0', 'x')

test('a header that is made here is read', () => {
  expect(walk(Buffer.concat([tarBlock('', 'x', '10 path=a\n'), FILE]), 512, 'a').kept).toEqual(['x'])
})

describe('what Go reads in another way is refused:', () => {
  test.each([
    ['a size behind a NUL', [tarBlock('a', '0', 'x', (header) => header.fill(0, 124, 125))]],
    [
      'a prefix in the GNU format',
      [tarBlock('a', '0', 'x', (header) => void (header.write('ustar  \0', 257) + header.write('b', 345)))],
    ],
    ['an empty name of pax', [tarBlock('', 'x', '8 path=\n'), FILE]],
    ['an empty long name', [tarBlock('', 'L', '\0'), FILE]],
    [
      'a header for all entries behind a name',
      [tarBlock('', 'x', '10 path=a\n'), tarBlock('', 'g', '7 a=bc\n'), FILE],
    ],
    [
      'a second header of pax behind a name',
      [tarBlock('', 'x', '10 path=a\n'), tarBlock('', 'x', '7 a=bc\n'), FILE],
    ],
  ])('%s', (_name, blocks) => {
    expect(() => walk(Buffer.concat(blocks), 512, 'Dockerfile')).toThrow(TarError)
  })
})
