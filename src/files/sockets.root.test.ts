import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { SocketDirectory } from './sockets.ts'

/** Calls that look at names, with the number of names that came of one. */
const looked = vi.hoisted((): { name: string; count: number }[] => [])
vi.mock('./descriptor.ts', async (original) => {
  const real = await original<typeof import('./descriptor.ts')>()
  return {
    ...real,
    openThere: (...args: Parameters<typeof real.openThere>) => {
      looked.push({ name: 'open', count: 1 })
      return real.openThere(...args)
    },
    listIn: async (...args: Parameters<typeof real.listIn>) => {
      const names = await real.listIn(...args)
      looked.push({ name: 'list', count: names.length })
      return names
    },
  }
})

const WORKER = { user: 4321, group: 4321 }
const RIVAL = { user: 4322, group: 4322 }

let host = ''
const servers: Server[] = []
beforeEach(() => {
  host = fs.mkdtempSync(join(tmpdir(), 'dockgate-sockets-'))
  fs.chmodSync(host, 0o755)
  looked.length = 0
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
  fs.rmSync(host, { recursive: true, force: true })
})

function folder(name: string, owner = 0, mode = 0o755): string {
  const path = join(host, name)
  fs.mkdirSync(path, { recursive: true })
  fs.chmodSync(path, mode)
  fs.chownSync(path, owner, owner)
  return path
}

const open = (path: string, owner = WORKER) =>
  SocketDirectory.open(path, { owner, mode: 0o750, above: 0o755 })

async function serve(path: string, owner = WORKER, name = 'docker.sock') {
  const server = createServer((_, response) => response.end())
  servers.push(server)
  await using directory = await open(path, owner)
  await directory.removeLeft()
  return { server, listening: await directory.listen(server, name, 0o660, owner) }
}

/** A socket that nobody serves any more, as a crash leaves it. */
async function leave(path: string): Promise<void> {
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  await once(spawn(process.execPath, ['-e', program]), 'exit')
  expect(fs.lstatSync(path).isSocket()).toBe(true)
}

const isServed = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = connect(path, () => resolve(true)).on('error', () => resolve(false))
    probe.unref()
    probe.once('connect', () => probe.destroy())
  })

describe('the directory of a socket', () => {
  test('is made with the owner and mode that it is to have, and those above are the gate’s', async () => {
    const path = join(host, 'run', 'worker')
    const { listening } = await serve(path)
    expect(fs.statSync(path)).toMatchObject({ uid: 4321, gid: 4321, mode: 0o40750 })
    expect(fs.statSync(join(host, 'run'))).toMatchObject({ uid: 0, mode: 0o40755 })
    const socket = join(path, 'docker.sock')
    expect(fs.statSync(socket)).toMatchObject({ uid: 4321, gid: 4321, mode: 0o140660 })
    expect(await listening.isThere()).toBe(true)
    expect(await isServed(socket)).toBe(true)
    await listening.remove()
    expect(fs.readdirSync(path)).toEqual(['.gate'])
  })

  test.each([
    ['the worker’s own', () => folder('theirs', 4321)],
    [
      'root’s, as a link of root’s',
      () => (fs.symlinkSync(folder('real'), join(host, 'link')), join(host, 'link')),
    ],
    [
      'open to the socket’s group',
      () => (
        fs.chownSync(folder('group'), 0, 4321),
        fs.chmodSync(join(host, 'group'), 0o775),
        join(host, 'group')
      ),
    ],
  ])('may be %s', async (_what, make) => {
    const path = make()
    await serve(path)
    expect(await isServed(join(path, 'docker.sock'))).toBe(true)
  })

  test.each([
    [
      'another worker’s',
      () => folder('rival', 4322),
      "is not the worker's alone (it belongs to account 4322)",
    ],
    [
      'a link to another worker’s',
      () => (fs.symlinkSync(folder('rival', 4322), join(host, 'link')), join(host, 'link')),
      'belongs to account 4322',
    ],
    ['open to all', () => folder('open', 0, 0o1777), 'every account may write in it'],
    [
      'open to another group',
      () => (
        fs.chownSync(folder('group', 0, 0o775), 0, 4322),
        fs.chmodSync(join(host, 'group'), 0o775),
        join(host, 'group')
      ),
      'group 4322 may write in it',
    ],
    ['in a folder of the worker’s', () => join(folder('home', 4321), 'run'), 'home belongs to account 4321'],
    [
      'in a folder that all may write',
      () => join(folder('open', 0, 0o777), 'run'),
      'every account may write in',
    ],
    [
      'through a link of the worker’s',
      () => (
        fs.symlinkSync(folder('real'), join(folder('home'), 'link')),
        fs.chownSync(join(host, 'home'), 4321, 4321),
        join(host, 'home', 'link')
      ),
      'belongs to account 4321',
    ],
    [
      'a link to nothing',
      () => (fs.symlinkSync('nothing', join(host, 'link')), join(host, 'link')),
      'leads to what is not there',
    ],
    ['a file', () => (fs.writeFileSync(join(host, 'file'), ''), join(host, 'file')), 'is not a directory'],
  ])('is not %s, and nothing is made there', async (_what, make, why) => {
    const path = make()
    const before = fs.readdirSync(host, { recursive: true })
    await expect(open(path)).rejects.toThrow(why)
    expect(fs.readdirSync(host, { recursive: true })).toEqual(before)
  })

  test('has a directory of the gate’s in it, and none that somebody else put there', async () => {
    const path = folder('theirs', 4321)
    const real = folder('real', 4321)
    for (const make of [
      () => fs.symlinkSync(real, join(path, '.gate')),
      () => folder('theirs/.gate', 4321),
      () => folder('theirs/.gate', 0, 0o777),
    ]) {
      make()
      await expect(open(path)).rejects.toThrow("is not the gate's own; remove it")
      fs.rmSync(join(path, '.gate'), { recursive: true })
    }
  })
})

describe('a socket', () => {
  test('that a crash left is replaced, and another’s behind a link is not', async () => {
    const path = folder('theirs', 4321)
    const rival = folder('rival', 4322)
    await leave(join(rival, 'docker.sock'))
    fs.symlinkSync(join(rival, 'docker.sock'), join(path, 'docker.sock'))
    await expect(serve(path)).rejects.toThrow('is there and is not a socket')
    fs.unlinkSync(join(path, 'docker.sock'))
    await leave(join(path, 'docker.sock'))
    await serve(path)
    expect(await isServed(join(path, 'docker.sock'))).toBe(true)
    expect(await isServed(join(rival, 'docker.sock'))).toBe(false)
  })

  test('that is served is left alone', async () => {
    const path = folder('theirs', 4321)
    await serve(path)
    await expect(serve(path)).rejects.toThrow('something serves on')
    expect(await isServed(join(path, 'docker.sock'))).toBe(true)
  })

  test('that an earlier gate left beside it is removed, by its name, and what the worker put there stays', async () => {
    const path = folder('theirs', 4321)
    const program = `
      const { createServer } = require('node:net')
      process.umask(0o077)
      require('node:fs').mkdirSync('.gate')
      createServer().listen('.gate/s-left.sock', () => {
        require('node:fs').linkSync('.gate/s-left.sock', 's-left.sock')
        process.kill(process.pid, 'SIGKILL')
      })`
    await once(spawn(process.execPath, ['-e', program], { cwd: path }), 'exit')
    await leave(join(path, 's-theirs.sock'))
    fs.writeFileSync(join(path, 's-file.sock'), '')
    await serve(path)
    expect(fs.readdirSync(path).toSorted()).toEqual(['.gate', 'docker.sock', 's-file.sock', 's-theirs.sock'])
    expect(fs.readdirSync(join(path, '.gate'))).toEqual(['docker.sock'])
  })

  test('that was replaced is not removed with the one before', async () => {
    const path = folder('theirs', 4321)
    const first = await serve(path)
    fs.unlinkSync(join(path, 'docker.sock'))
    expect(await first.listening.isThere()).toBe(false)
    fs.writeFileSync(join(path, 'docker.sock'), 'mine')
    await first.listening.remove()
    first.server.close()
    expect(fs.readFileSync(join(path, 'docker.sock'), 'utf8')).toBe('mine')
  })

  test('takes as much looking, however many names a worker has beside it', async () => {
    const path = folder('theirs', 4321)
    const count = async (): Promise<number> => {
      looked.length = 0
      const { listening, server } = await serve(path)
      await listening.remove()
      server.close()
      return looked.reduce((sum, each) => sum + each.count, 0)
    }
    const alone = await count()
    for (let number = 0; number < 300; number += 1) fs.writeFileSync(join(path, `s-${number}.sock`), '')
    expect(await count()).toBeLessThanOrEqual(alone)
  })

  test('goes to its owner alone, while the owner swaps whatever is in the directory', async () => {
    const path = folder('theirs', 4321)
    const precious = join(folder('secret', 0, 0o700), 'key')
    fs.writeFileSync(precious, 'key', { mode: 0o600 })
    const program = `
      const fs = require('node:fs')
      process.setgroups([]); process.setgid(4321); process.setuid(4321)
      const attempt = (call) => { try { call() } catch {} }
      process.stdout.write('ready')
      for (;;) {
        attempt(() => fs.renameSync('docker.sock', 'old'))
        attempt(() => fs.symlinkSync(${JSON.stringify(precious)}, 'docker.sock'))
        attempt(() => fs.unlinkSync('docker.sock'))
        attempt(() => fs.renameSync('.gate', 'gate'))
        attempt(() => fs.symlinkSync(${JSON.stringify(join(host, 'secret'))}, '.gate'))
        attempt(() => fs.unlinkSync('.gate'))
        attempt(() => fs.renameSync('gate', '.gate'))
      }`
    const attacker = spawn(process.execPath, ['-e', program], {
      cwd: path,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(attacker.stdout, 'data')
    let made = 0
    for (let round = 0; round < 60; round += 1) {
      const served = await serve(path).catch(() => undefined)
      if (served === undefined) continue
      made += 1
      await served.listening.remove()
      served.server.close()
    }
    attacker.kill('SIGKILL')
    expect(made).toBeGreaterThan(0)
    expect(fs.statSync(precious)).toMatchObject({ uid: 0, gid: 0, mode: 0o100600 })
    expect(fs.readdirSync(join(host, 'secret'))).toEqual(['key'])
    expect(fs.statSync(join(host, 'secret'))).toMatchObject({ uid: 0, mode: 0o40700 })
  })

  test('of one worker is not served by another in the same directory, if one of them may write there', async () => {
    const path = folder('theirs', 4321)
    await serve(path, WORKER, 'one.sock')
    await expect(serve(path, RIVAL, 'two.sock')).rejects.toThrow(
      "give each worker's socket a directory of its own",
    )
    const shared = folder('roots')
    await serve(shared, WORKER, 'one.sock')
    await serve(shared, RIVAL, 'two.sock')
    expect(await isServed(join(shared, 'one.sock'))).toBe(true)
  })
})
