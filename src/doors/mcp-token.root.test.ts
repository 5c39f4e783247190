import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readToken } from './mcp-token.ts'

const directory = mkdtempSync(join(tmpdir(), 'dockgate-token-'))
afterAll(() => rmSync(directory, { recursive: true }))

const token = 'x'.repeat(32)
let count = 0

function file(text: string, mode = 0o600): string {
  count += 1
  const path = join(directory, String(count))
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

describe('the file of a token', () => {
  test.each([token, `${token}\n`, `${token}\r\n`])('is one line: %j', async (text) => {
    const digest = createHash('sha256').update(token).digest('hex')
    expect(await readToken(file(text), undefined)).toBe(digest)
  })

  test.each([
    ['is too short', () => file('x'.repeat(31)), 'is shorter than 32 characters'],
    ['is empty', () => file(''), 'must be one line'],
    ['has two lines', () => file(`${token}\n${token}\n`), 'must be one line'],
    ['has spaces', () => file(`Bearer ${token}`), 'must be one line'],
    ['may be read by others', () => file(token, 0o604), 'chmod 600'],
    ['may be written by its group', () => file(token, 0o620), 'chmod 600'],
    ['is not there', () => join(directory, 'none'), "can't read the token"],
  ])('is refused that %s', async (_, make, why) => {
    await expect(readToken(make(), undefined)).rejects.toThrow(why)
  })

  test('is not waited for where its owner has a lease on it', async () => {
    const path = file(token)
    // F_SETLEASE, F_WRLCK: Node has no fcntl.
    const lease =
      '$| = 1; open F, "+<", shift; fcntl(F, 1024, 1) or die $!; $SIG{IO} = "IGNORE"; print 1; <STDIN>'
    const owner = spawn('perl', ['-e', lease, path], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(owner.stdout, 'data')
      await expect(readToken(path, undefined)).rejects.toThrow("can't read the token: EAGAIN")
    } finally {
      owner.stdin.end()
      await once(owner, 'exit')
    }
    await expect(readToken(path, undefined)).resolves.toHaveLength(64)
  })

  test('is not a folder', async () => {
    const folder = join(directory, 'folder')
    mkdirSync(folder, { mode: 0o700 })
    await expect(readToken(folder, undefined)).rejects.toThrow('is not a file')
  })

  test('is found by a link of the operator’s, and by none in a folder of the worker’s', async () => {
    const worker = { uid: 4321, gid: 4321 }
    const roots = file(token)
    const [link, home] = [join(directory, 'link'), join(directory, 'home')]
    symlinkSync(roots, link)
    expect(await readToken(link, worker)).toMatch(/^[0-9a-f]{64}$/)
    mkdirSync(home)
    symlinkSync(roots, join(home, 'token'))
    symlinkSync(directory, join(home, 'inner'))
    chownSync(home, 4321, 4321)
    for (const path of [join(home, 'token'), join(home, 'inner', basename(roots))])
      await expect(readToken(path, worker)).rejects.toThrow('has a link on its way')
  })

  test('is the worker’s own in a folder that the worker writes, where it may have been put by another name', async () => {
    const home = join(directory, 'worker')
    mkdirSync(home)
    chownSync(home, 4321, 4321)
    const path = join(home, 'token')
    linkSync(file(token), path)
    await expect(readToken(path, { uid: 4321, gid: 4321 })).rejects.toThrow('belongs to another account (0)')
    chownSync(path, 4321, 4321)
    expect(await readToken(path, { uid: 4321, gid: 4321 })).toMatch(/^[0-9a-f]{64}$/)
    await expect(readToken(path, { uid: 1234, gid: 1234 })).rejects.toThrow('belongs to account 4321')
  })

  test("belongs to the gate's account or the worker's", async () => {
    const path = file(token)
    chownSync(path, 4321, 4321)
    await expect(readToken(path, { uid: 1234, gid: 1234 })).rejects.toThrow(
      'belongs to another account (4321)',
    )
    expect(await readToken(path, { uid: 4321, gid: 4321 })).toMatch(/^[0-9a-f]{64}$/)
  })
})
