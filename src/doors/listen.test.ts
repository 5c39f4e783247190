import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { listenAs, OWN } from './listen.ts'

// Tests run in threads, which may not set the mode that sockets are made with.
vi.spyOn(process, 'umask').mockReturnValue(0o022)

const directory = mkdtempSync(join(tmpdir(), 'dockgate-listen-'))
afterAll(() => rmSync(directory, { recursive: true }))

test('a socket that can’t be given to its owner is not served', async () => {
  const server = createServer()
  const path = join(directory, 'owned.sock')
  // No account has such a number.
  const listening = listenAs(server, path, 0o600, { user: 2 ** 33, group: -1 })
  await expect(listening).rejects.toThrow('out of range')
  expect(server.listening).toBe(false)
  await listenAs(server, path, 0o600, OWN)
  server.close()
})
