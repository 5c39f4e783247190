import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { OWN } from '../files/directory.ts'
import { listenOn, openSocketDirectory } from './listen.ts'

const directory = mkdtempSync(join(tmpdir(), 'dockgate-listen-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('a socket that can’t be given to its owner is not served', async () => {
  const server = createServer()
  const socket = { path: join(directory, 'owned.sock'), mode: 0o600, directoryMode: 0o700 }
  await using opened = await openSocketDirectory(socket, OWN)
  // No account has such a number.
  const listening = listenOn(opened, server, socket, { user: 2 ** 33, group: -1 })
  await expect(listening).rejects.toThrow('out of range')
  expect(server.listening).toBe(false)
  await listenOn(opened, server, socket, OWN)
  server.close()
})
