import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('a socket that may not be opened is told from one that is not there', async () => {
  // It is root's alone.
  const folder = mkdtempSync(join(tmpdir(), 'dockgate-find-'))
  const path = join(folder, 'closed')
  const server = createServer().listen(path)
  await once(server, 'listening')
  const module = new URL('./find-engine.ts', import.meta.url).href
  const asked = (address: string): string => {
    const code = `console.log(await (await import('${module}')).closedTo('${address}'))`
    const options = { uid: 65_534, gid: 65_534, encoding: 'utf8' } as const
    return execFileSync(process.execPath, ['--input-type=module', '--eval', code], options).trim()
  }
  try {
    expect(asked(`unix://${path}`)).toBe(path)
    expect(asked('unix:///nowhere/docker.sock')).toBe('undefined')
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
})
