import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const SIZE = 8 * 2 ** 20
let directory = ''
const server = createServer({ allowHalfOpen: true }, (socket) => socket.resume().end(Buffer.alloc(SIZE, 'x')))

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dockgate-dial-'))
  server.listen(join(directory, 'engine.sock'))
  await once(server, 'listening')
})
afterAll(async () => {
  server.close()
  await rm(directory, { recursive: true })
})

test.each([1, 2, 3, 4, 5])(
  'what the engine says is out to the end, for a client that reads slowly: %i',
  async () => {
    const dial = new URL('dial.ts', import.meta.url).href
    const socket = JSON.stringify(join(directory, 'engine.sock'))
    const code = `import { dial } from '${dial}'; process.exit(await dial(${socket}))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    child.stdin.end()
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      child.stdout.pause()
      setTimeout(() => child.stdout.resume(), 3)
    })
    await once(child.stdout, 'close')
    expect(size).toBe(SIZE)
  },
)
