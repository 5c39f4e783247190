import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { TarError } from '../decode/tar.ts'
import { BuildContext } from './build-context.ts'
import { tarBlock } from '../../test/support/tar-blocks.ts'
import { tar } from '../../test/support/tar.ts'
import { tarFile } from './tar-file.ts'

const GOOD = 'FROM alpine\n'
const EVIL = 'FROM evil\n'

/** Sends a context through the gate in pieces: what passed, what was checked, and why it stopped. */
async function send(bytes: Buffer, { piece = 4096, dockerfile = 'Dockerfile', instead = GOOD } = {}) {
  const checked: string[] = []
  const passed: Buffer[] = []
  let passedBefore = 0
  const context = new BuildContext(dockerfile, (text) => {
    checked.push(text)
    passedBefore = Buffer.concat(passed).length + context.readableLength
    const violation = { rule: 'run.images', what: 'FROM evil', why: '', instead: [] }
    return Promise.resolve({ violations: text === EVIL ? [violation] : [], dockerfile: instead })
  })
  let error: unknown
  try {
    for await (const chunk of Readable.from(pieces(bytes, piece)).pipe(context))
      passed.push(Buffer.from(chunk))
  } catch (cause) {
    error = cause
  }
  const rules = context.violations.map(({ rule }) => rule)
  return { checked, passed: Buffer.concat(passed), passedBefore, error, rules }
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('the Dockerfile that counts is', () => {
  test.each([
    ['the first entry', tar(['Dockerfile', GOOD], ['a', 'x'])],
    ['the last entry', tar(['a', 'x'], ['Dockerfile', GOOD])],
    ['the last of two', tar(['Dockerfile', EVIL], ['Dockerfile', GOOD])],
    ['one in lower case, where there is no other', tar(['dockerfile', GOOD])],
    ['not one in lower case, where there is another', tar(['dockerfile', EVIL], ['Dockerfile', GOOD])],
    ['not one in a directory', tar(['a/Dockerfile', EVIL], ['Dockerfile', GOOD])],
  ])('%s', async (_name, bytes) => {
    const { checked, rules, error } = await send(bytes)
    expect({ checked, rules, error }).toEqual({ checked: [GOOD], rules: [], error: undefined })
  })

  test('one without the padding of its last entry, as the CLI puts it into a context', async () => {
    const bytes = Buffer.concat([tarFile('a', Buffer.from('x')), tarFile('Dockerfile', Buffer.from(GOOD))])
    const cut = bytes.subarray(0, -512 + GOOD.length)
    for (const piece of [1, 512, 4096]) {
      const { checked, rules, passed } = await send(cut, { piece })
      expect({ checked, rules }).toEqual({ checked: [GOOD], rules: [] })
      expect(passed.subarray(0, bytes.length).equals(bytes)).toBe(true)
      expect((await send(passed)).checked).toEqual([GOOD])
    }
  })

  // Its bytes are no UTF-8, so it reads as the name of the other one.
  test('what the engine reads, whatever other name looks the same', async () => {
    const other = tarFile('?', Buffer.from(GOOD))
    other.write('\xff', 0, 'latin1')
    other.fill(' ', 148, 156)
    const sum = other.subarray(0, 512).reduce((total, byte) => total + byte, 0)
    other.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    const named = tarFile('\ufffd', Buffer.from(EVIL))
    const { passed, rules } = await send(Buffer.concat([named, other]), { dockerfile: '\ufffd' })
    expect(rules).toEqual([])
    const last = Buffer.concat([tarFile('\ufffd', Buffer.from(GOOD)), Buffer.alloc(1024)])
    expect(passed.subarray(named.length + other.length).equals(last)).toBe(true)
  })

  test('refused if it is the last of two that takes from elsewhere', async () => {
    const { rules, error } = await send(tar(['Dockerfile', GOOD], ['Dockerfile', EVIL]))
    expect(rules).toEqual(['run.images'])
    expect(error).toBeInstanceOf(TarError)
  })

  test('the one that was asked for, in a directory', async () => {
    const bytes = tar(['docker/web', GOOD], ['Dockerfile', EVIL])
    expect(await send(bytes, { dockerfile: 'docker/web' })).toMatchObject({ checked: [GOOD], rules: [] })
  })
})

describe('a context is refused', () => {
  test.each([
    ['without a Dockerfile', tar(['a', 'x']), 'Dockerfile'],
    ['of nothing', Buffer.alloc(0), 'Dockerfile'],
    ['whose Dockerfile is a link', tar(['other', EVIL], ['Dockerfile', { to: 'other' }]), 'Dockerfile'],
    [
      'whose Dockerfile becomes a link',
      tar(['Dockerfile', GOOD], ['Dockerfile', { to: 'other' }]),
      'Dockerfile',
    ],
    ['whose Dockerfile is in a link', tar(['a', { to: 'b' }], ['b/Dockerfile', EVIL]), 'a/Dockerfile'],
    ['whose Dockerfile gets into a link', tar(['a/Dockerfile', GOOD], ['a', { to: 'b' }]), 'a/Dockerfile'],
    // Unpacked, the last entry replaces the first.
    [
      'that writes through a link',
      tar(['Dockerfile', GOOD], ['a', { to: '.' }], ['a/Dockerfile', EVIL]),
      'Dockerfile',
    ],
    ['in bzip2', pack('bzip2', tar(['Dockerfile', GOOD])), 'Dockerfile'],
    ['in xz', pack('xz', tar(['Dockerfile', GOOD])), 'Dockerfile'],
    ['in zstd', zstdCompressSync(tar(['Dockerfile', GOOD])), 'Dockerfile'],
    ['in gzip within gzip', gzipSync(tar(['Dockerfile', GOOD])), 'Dockerfile'],
    // A tar whose first name an engine would take for the start of something packed.
    ['that looks like bzip2', tar(['BZh9', 'x'], ['Dockerfile', GOOD]), 'Dockerfile'],
    ['that looks like gzip', renamed('\x1f\x8b\x08\x04'), 'Dockerfile'],
    [
      'whose Dockerfile is not UTF-8',
      tarFile('Dockerfile', Buffer.from('FROM alpine #\u00e4', 'latin1')),
      'Dockerfile',
    ],
    ['whose Dockerfile is too large', tar(['Dockerfile', `#${'x'.repeat(2 ** 20)}`]), 'Dockerfile'],
    ['with a path that is too long', tarFile('a'.repeat(5000), Buffer.alloc(0)), 'Dockerfile'],
    ['with a path that is too deep', tarFile('a/'.repeat(300), Buffer.alloc(0)), 'Dockerfile'],
    ['that holds a pipe', Buffer.concat([tarBlock('a', '6'), tar(['Dockerfile', GOOD])]), 'Dockerfile'],
  ])('%s', async (_name, bytes, dockerfile) => {
    for (const piece of [1, 4096]) {
      const { rules, error } = await send(bytes, { dockerfile, piece })
      expect(rules).toEqual(['build.context'])
      expect(error).toBeInstanceOf(TarError)
    }
  })
})

test.each([
  ['that is cut off', tar(['Dockerfile', GOOD], ['a', 'x'.repeat(5000)]).subarray(0, 3000)],
  ['whose header has another byte', Buffer.from(tar(['Dockerfile', GOOD])).fill('E', 0, 1)],
])('a context %s is damaged, whatever the policy says', async (_name, bytes) => {
  for (const piece of [1, 4096]) expect(await send(bytes, { piece })).toMatchObject({ rules: ['request'] })
})

/** A tar whose first entry has four other bytes as its name, and a checksum that is right. */
function renamed(name: string): Buffer {
  const bytes = Buffer.from(tar(['name', 'x'], ['Dockerfile', GOOD]))
  bytes.write(name, 0, 'latin1')
  bytes.fill(' ', 148, 156)
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

function pack(program: string, bytes: Buffer): Buffer {
  const { stdout, error } = spawnSync(program, ['-c'], { input: bytes })
  if (error !== undefined) throw error
  return stdout
}

describe('a large context', () => {
  const content = Buffer.alloc(3 * 2 ** 20, 'many bytes ').toString()
  const bytes = tar(['large', content], ['Dockerfile', GOOD])
  // Behind the Dockerfile's header and block, the system's tar writes zeros alone.
  const end = bytes.lastIndexOf(GOOD) + 512

  test('passes unchanged up to the end of the archive, and the end after the check, behind what was checked', async () => {
    const { passed, passedBefore, rules } = await send(Buffer.concat([bytes, Buffer.alloc(4096, 'x')]), {
      piece: 10_000,
    })
    expect(rules).toEqual([])
    expect(passed.subarray(0, end).equals(bytes.subarray(0, end))).toBe(true)
    const checkedAgain = Buffer.concat([tarFile('Dockerfile', Buffer.from(GOOD)), Buffer.alloc(1024)])
    expect(passed.subarray(end).equals(checkedAgain)).toBe(true)
    expect(passedBefore - end).toBeLessThan(512)
  })

  test('has no end where the Dockerfile is refused', async () => {
    const refused = tar(['large', content], ['Dockerfile', EVIL])
    const { passed, rules } = await send(refused, { piece: 10_000 })
    expect(rules).toEqual(['run.images'])
    expect(passed.length).toBeLessThan(end + 512)
  })
})

describe('where another text is to be built in its place', () => {
  const PINNED = 'FROM sha256:0\n'

  /** What the system's tar unpacks at a path. */
  function unpackedAt(bytes: Buffer, path: string): string {
    const directory = mkdtempSync(join(tmpdir(), 'dockgate-context-'))
    try {
      const made = spawnSync('tar', ['-xf', '-', '-C', directory], { input: bytes })
      if (made.status !== 0) throw new Error(made.stderr.toString())
      return readFileSync(join(directory, path), 'utf8')
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  test.each([
    ['Dockerfile', 'Dockerfile'],
    ['dockerfile', 'Dockerfile'],
    ['docker/wéb', 'docker/wéb'],
    [`${'long/'.repeat(40)}Dockerfile`, `${'long/'.repeat(40)}Dockerfile`],
  ])('it is the last entry of %s', async (path, dockerfile) => {
    const bytes = tar(['a', 'x'.repeat(700)], [path, GOOD])
    // The end of the archive comes in two pieces, or with what stands before it.
    for (const piece of [1, 100, 700, 1_000_000]) {
      const { passed, error } = await send(bytes, { dockerfile, piece, instead: PINNED })
      expect(error).toBeUndefined()
      expect(passed.length % 512).toBe(0)
      expect(unpackedAt(passed, path)).toBe(PINNED)
      expect(unpackedAt(passed, 'a')).toBe('x'.repeat(700))
      // The gate's own reader sees the same.
      expect((await send(passed, { dockerfile, instead: PINNED })).checked).toEqual([PINNED])
    }
  })

  test('what went wrong in the check breaks the context off', async () => {
    const context = new BuildContext('Dockerfile', () => Promise.reject(new RangeError('no such image')))
    const all = Readable.from(pieces(tar(['Dockerfile', GOOD]), 4096)).pipe(context)
    await expect(all.toArray()).rejects.toThrow('no such image')
    expect(context.errored).toBeInstanceOf(RangeError)
    expect(context.violations).toEqual([])
  })
})
