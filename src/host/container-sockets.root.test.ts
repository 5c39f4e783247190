import { execFileSync, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ContainerSockets } from './container-sockets.ts'

let sockets = new ContainerSockets('')
let servers: Server[] = []
beforeEach(() => {
  sockets = new ContainerSockets(`${process.pid} ${Math.random()}`)
  servers = []
})
afterEach(async () => {
  await sockets.clear('a')
  fs.rmSync(dirname(sockets.directoryOf('a')), { recursive: true })
  for (const server of servers) server.close()
})

/** Makes a socket in the directory of a worker. Gives its inode. */
async function listen(name: string): Promise<number> {
  fs.mkdirSync(sockets.directoryOf('a'), { recursive: true, mode: 0o700 })
  const path = join(sockets.directoryOf('a'), name)
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return fs.statSync(path).ino
}

test('what is mounted in a place comes to whoever has it as a slave, also with what was mounted before', async () => {
  const one = await listen('one.sock')
  await sockets.show('a', 'one.sock')
  const place = sockets.placeOf('a')
  expect(fs.statSync(place).ino).toBe(one)
  // A container, with the place of now.
  const child = spawn('unshare', ['--mount', '--propagation', 'slave', 'sleep', '1000'])
  try {
    const inside = join(`/proc/${child.pid}/root`, place)
    await expect.poll(() => fs.readlinkSync(`/proc/${child.pid}/exe`)).toContain('sleep')
    for (const name of ['two.sock', 'three.sock']) {
      const ino = await listen(name)
      await sockets.show('a', name)
      expect([fs.statSync(place).ino, fs.statSync(inside).ino]).toEqual([ino, ino])
    }
  } finally {
    child.kill()
  }
})

test('nothing else of the host is mounted on by it', async () => {
  const one = await listen('one.sock')
  await sockets.show('a', 'one.sock')
  await listen('two.sock')
  await sockets.show('a', 'two.sock')
  expect(fs.statSync(join(sockets.directoryOf('a'), 'one.sock')).ino).toBe(one)
  expect(fs.readdirSync(sockets.directoryOf('a')).toSorted()).toEqual(['docker.sock', 'one.sock', 'two.sock'])
})

test('a place that is cleared is gone, with the sockets that were mounted there', async () => {
  await listen('one.sock')
  await sockets.show('a', 'one.sock')
  await sockets.clear('a')
  expect(fs.readdirSync(sockets.directoryOf('a'))).toEqual([])
  await sockets.clear('a')
})

test('a folder that an engine made in the place is replaced, and what a gate left that was killed at it', async () => {
  const one = await listen('one.sock')
  fs.mkdirSync(join(sockets.directoryOf('a'), 'docker.sock'))
  fs.writeFileSync(join(sockets.directoryOf('a'), '.step'), '')
  execFileSync('mount', [
    '--bind',
    join(sockets.directoryOf('a'), 'one.sock'),
    join(sockets.directoryOf('a'), '.step'),
  ])
  await sockets.show('a', 'one.sock')
  expect(fs.statSync(sockets.placeOf('a')).ino).toBe(one)
})

test('only a place of this gate tells of a worker, and only where it is served', async () => {
  await listen('one.sock')
  expect(() => sockets.placeOf('a')).toThrow("can't be mounted now")
  await sockets.show('a', 'one.sock')
  const place = sockets.placeOf('a')
  expect([sockets.workerAt(place), sockets.isShown(place)]).toEqual(['a', true])
  for (const other of [
    dirname(place),
    join(dirname(place), 'one.sock'),
    `${place}/docker.sock`,
    new ContainerSockets('other').directoryOf('a/docker.sock'),
    '/var/run/docker.sock',
  ])
    expect(sockets.workerAt(other)).toBeUndefined()
  sockets.hide('a')
  expect(sockets.isShown(place)).toBe(false)
  expect(() => sockets.placeOf('a')).toThrow("can't be mounted now")
})

test('nobody but root gets into it', async () => {
  await listen('one.sock')
  await sockets.show('a', 'one.sock')
  expect(fs.statSync(sockets.directoryOf('a')).mode & 0o777).toBe(0o700)
})
