import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openTop } from './descriptor.ts'
import { moverOf, writerOf } from './trust.ts'
import { realPath, walk, WalkError, type WalkOptions } from './walk.ts'

const host = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'dockgate-walk-')))
afterAll(() => fs.rmSync(host, { recursive: true }))
fs.chmodSync(host, 0o755)
for (const path of ['a/b', 'home/inner', 'sticky/mine', 'sticky/theirs', 'group/x'])
  fs.mkdirSync(join(host, path), { recursive: true })
fs.chownSync(join(host, 'home'), 4321, 4321)
fs.chownSync(join(host, 'sticky/theirs'), 4321, 4321)
fs.chmodSync(join(host, 'sticky'), 0o1777)
fs.chmodSync(join(host, 'group'), 0o775)
fs.symlinkSync('a/b', join(host, 'relative'))
fs.symlinkSync(`${host}/relative`, join(host, 'absolute'))
fs.symlinkSync('../a', join(host, 'home/out'))
fs.symlinkSync('loop', join(host, 'loop'))
fs.writeFileSync(join(host, 'file'), '')

async function found(path: string, options: WalkOptions = {}) {
  const place = await walk(`${host}/${path}`, options)
  await place.found.close()
  return { real: realPath(place).replace(host, ''), movable: place.movable, place }
}

const failure = (path: string, options: WalkOptions = {}): Promise<unknown> =>
  found(path, options).then(
    () => undefined,
    (cause: unknown) => cause,
  )

describe('a walk', () => {
  test.each([
    ['a/b', '/a/b'],
    ['relative', '/a/b'],
    ['absolute', '/a/b'],
    ['relative/..', '/a'],
    ['a//b/./', '/a/b'],
    ['home/out/b', '/a/b'],
    ['file', '/file'],
  ])('of %s comes to %s', async (path, real) => {
    expect((await found(path)).real).toBe(real)
  })

  test.each([
    ['none', 'missing'],
    ['file/x', 'missing'],
    ['loop', 'unreadable'],
  ])('of %s ends as %s', async (path, why) => {
    expect(await failure(path)).toMatchObject({ name: 'WalkError', why })
  })

  test.each([
    ['a/b', undefined],
    ['absolute', undefined],
    ['home', undefined],
    ['sticky/mine', undefined],
    [
      'home/inner',
      { entry: '/home/inner', directory: '/home', mover: { kind: 'owner of the directory', account: 4321 } },
    ],
    // Where it leads to is root's, but not where it leads.
    [
      'home/out',
      { entry: '/home/out', directory: '/home', mover: { kind: 'owner of the directory', account: 4321 } },
    ],
    [
      'sticky/theirs',
      { entry: '/sticky/theirs', directory: '/sticky', mover: { kind: 'owner of the entry', account: 4321 } },
    ],
    ['group/x', { entry: '/group/x', directory: '/group', mover: { kind: 'group', group: 0 } }],
  ])('of %s tells who else could move it', async (path, expected) => {
    const [movable, ...more] = (await found(path)).movable
    expect(more).toEqual([])
    const told = movable && {
      ...movable,
      entry: movable.entry.replace(host, ''),
      directory: movable.directory.replace(host, ''),
    }
    expect(told).toEqual(expected)
  })

  test('does not go on for ever', async () => {
    expect(await failure('a/../'.repeat(2_100))).toMatchObject({ why: 'unreadable' })
  })

  test('follows no link where it is not to, and where others could have put it', async () => {
    expect(await failure('relative', { links: 'none' })).toMatchObject({ why: 'link' })
    expect((await found('absolute', { links: 'unmovable' })).real).toBe('/a/b')
    expect(await failure('home/out', { links: 'unmovable' })).toMatchObject({ why: 'link' })
  })

  test('goes up only to the directory that it came from', async () => {
    fs.mkdirSync(join(host, 'here/moved'), { recursive: true })
    fs.mkdirSync(join(host, 'there'))
    let turns = 0
    const turn = async (): Promise<void> => {
      turns += 1
      const depth = host.split('/').length
      // It is in `moved`; the next component is `..`.
      if (turns === depth + 2) fs.renameSync(join(host, 'here/moved'), join(host, 'there/moved'))
    }
    await expect(walk(`${host}/here/moved/../x`, { turn })).rejects.toThrow('was moved')
    expect(fs.existsSync(join(host, 'there/moved'))).toBe(true)
  })

  test('is one turn for each component', async () => {
    let turns = 0
    const turn = async (): Promise<void> => {
      turns += 1
    }
    await found('a/b', { turn })
    const plain = turns
    turns = 0
    await found('relative', { turn })
    expect(turns).toBe(plain + 1)
  })

  test('says what of its way others could move where it comes to nothing', async () => {
    const cause = await failure('home/none/x')
    expect(cause).toBeInstanceOf(WalkError)
    expect(cause).toMatchObject({ why: 'missing', movable: [] })
    expect(await failure('home/inner/x')).toMatchObject({ movable: [{ directory: `${host}/home` }] })
  })
})

test('a descriptor is not used after it was closed', async () => {
  const place = await walk(host)
  await place.found.close()
  expect(() => place.found.path).toThrow('after it was closed')
  expect(() => place.found.share()).toThrow('after it was closed')
  await expect(place.found.close()).rejects.toThrow('closed twice')
  await using top = await openTop()
  expect(top.status.kind).toBe('directory')
})

describe('who can write in a directory', () => {
  const directory = { kind: 'directory', id: '', uid: 0, gid: 7, mode: 0o755 } as const
  test.each([
    [{}, undefined],
    [{ uid: 1 }, { kind: 'owner of the directory', account: 1 }],
    [{ mode: 0o775 }, { kind: 'group', group: 7 }],
    [{ mode: 0o757 }, { kind: 'everybody' }],
    [{ uid: 5 }, undefined],
  ])('of %j is %j', (changed, expected) => {
    expect(writerOf({ ...directory, ...changed }, [0, 5])).toEqual(expected)
  })

  test('can move an entry of it, but of a sticky one only who owns the entry or the directory', () => {
    const [roots, theirs] = [directory, { ...directory, uid: 1 }]
    expect(moverOf({ ...directory, mode: 0o777 }, roots, [0])).toEqual({ kind: 'everybody' })
    expect(moverOf({ ...directory, mode: 0o1777 }, roots, [0])).toBeUndefined()
    expect(moverOf({ ...directory, mode: 0o1777 }, theirs, [0])).toEqual({
      kind: 'owner of the entry',
      account: 1,
    })
    expect(moverOf({ ...theirs, mode: 0o1777 }, roots, [0])).toEqual({
      kind: 'owner of the directory',
      account: 1,
    })
    expect(moverOf(directory, theirs, [0])).toBeUndefined()
  })
})
