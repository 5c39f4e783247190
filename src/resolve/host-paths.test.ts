import { mkdir, mkdtemp, realpath, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BindRoots } from '../host/bind-roots.ts'
import { LookupAbandoned, PathLookups } from './host-paths.ts'

const LINKS = 9
let directory = ''

/** A path that takes long to look up: deep, and by many links that go back and forth. */
const slow = (number: number) => join(directory, 'deep', `${number}-0`)

beforeAll(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'dockgate-lookups-')))
  const deep = join(directory, 'deep')
  const real = join(directory, ...Array.from({ length: 100 }, () => 'd'))
  await mkdir(join(real, 'd'), { recursive: true })
  await symlink(real, deep)
  const back = 'd/../'.repeat(200)
  for (let number = 0; number < 8; number += 1) {
    await symlink('d', join(real, `${number}-${LINKS}`))
    for (let link = 0; link < LINKS; link += 1)
      await symlink(`${back}${number}-${link + 1}`, join(real, `${number}-${link}`))
  }
})
afterAll(() => rm(directory, { recursive: true }))

const NEVER = new AbortController().signal
const host = await BindRoots.open(
  { engine: undefined, faults: { refused: false, accepted: [] }, onReload: 'drain', workers: [] },
  () => undefined,
)

/** Looks up slow paths, and counts what is done. */
function lookUp(lookups: PathLookups, workers: readonly string[]) {
  const counted = { done: 0 }
  const all = workers.map(async (worker, number) => {
    const found = await lookups.resolve(worker, host, [slow(number)], NEVER)
    expect([...found.values()]).toMatchObject([{ found: true }])
    counted.done += 1
  })
  return { counted, all: Promise.all(all) }
}

test('threads for files are left for others, however many workers look up slow paths', async () => {
  const { counted, all } = lookUp(new PathLookups(), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
  await new Promise((resolve) => setImmediate(resolve))
  await stat(directory)
  expect(counted.done).toBe(0)
  await all
})

test('a worker with slow paths does not keep another one waiting', async () => {
  const lookups = new PathLookups()
  const { counted, all } = lookUp(lookups, ['a', 'a', 'a', 'a'])
  await lookups.resolve('b', host, [directory], NEVER)
  expect(counted.done).toBe(0)
  await all
})

test('what is asked for several times is looked up once', async () => {
  const found = await new PathLookups().resolve('a', host, [directory, directory], NEVER)
  expect([...found.keys()]).toEqual([directory])
})

test('nothing more is looked up for a client that went away', async () => {
  const lookups = new PathLookups()
  const gone = new AbortController()
  const first = lookups.resolve('a', host, [slow(0), slow(1)], gone.signal)
  const second = lookups.resolve('a', host, [directory], NEVER)
  gone.abort()
  await expect(first).rejects.toThrow(LookupAbandoned)
  expect([...(await second).keys()]).toEqual([directory])
})
