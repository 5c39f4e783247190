import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownerOfGiven } from './listen-given.ts'

const directory = mkdtempSync(join(tmpdir(), 'dockgate-given-'))
const path = join(directory, 'docker.sock')
const server = createServer()
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(path, resolve))
  chownSync(path, 1001, 1002)
  chmodSync(path, 0o640)
})
afterAll(() => {
  server.close()
  rmSync(directory, { recursive: true })
})

const ownerBy = (owner?: string, group?: string, mode = 0o660) =>
  ownerOfGiven({ path, owner, group, mode, directoryMode: 0o750 })

describe('a socket that systemd made is', () => {
  test('whose the policy says, as far as it says so', async () => {
    expect(await ownerBy('1001', '1002')).toEqual({ user: 1001, group: 1002 })
    expect(await ownerBy('1001')).toEqual({ user: 1001, group: -1 })
    expect(await ownerBy(undefined, '1002')).toEqual({ user: -1, group: 1002 })
  })

  test('whose it is where the policy names nobody, and the gate’s own as one that it made', async () => {
    expect(await ownerBy()).toEqual({ user: 1001, group: 1002 })
    chownSync(path, 0, 0)
    expect(await ownerBy()).toEqual({ user: -1, group: -1 })
    chownSync(path, 1001, 1002)
  })

  test('refused where it is another’s than the policy says', async () => {
    await expect(ownerBy('1003')).rejects.toThrow(
      `${path} has the owner 1001, and the policy names 1003; change SocketUser= of its socket unit, or the policy`,
    )
    await expect(ownerBy('1001', '1003')).rejects.toThrow('has the group 1002, and the policy names 1003')
  })

  test('refused where it is open to more than the policy gives', async () => {
    await expect(ownerBy('1001', undefined, 0o600)).rejects.toThrow(
      `${path} has mode 0640, and the policy gives 0600 at the most; set SocketMode=0600 in its socket unit`,
    )
  })

  test('refused where something else lies in its place, or nothing', async () => {
    const owned = { owner: undefined, group: undefined, mode: 0o660, directoryMode: 0o750 }
    writeFileSync(join(directory, 'file'), '')
    await expect(ownerOfGiven({ path: join(directory, 'file'), ...owned })).rejects.toThrow(
      'is not the socket that systemd gave',
    )
    await expect(ownerOfGiven({ path: join(directory, 'none'), ...owned })).rejects.toThrow(
      'restart its socket unit',
    )
  })
})
