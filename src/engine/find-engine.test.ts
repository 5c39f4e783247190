import { mkdtempSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { findEngine } from './find-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'dockgate-find-'))
const servers: (() => void)[] = []
afterAll(() => servers.forEach((close) => close()))

/** Answers on a socket; gives the socket's URL. */
async function listen(name: string, listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  const path = join(folder, name)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  servers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `unix://${path}`
}

describe('looking for an engine', () => {
  test('asks the one at DOCKER_HOST for its version', async () => {
    const asked: string[] = []
    const url = await listen('good', (request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.end(JSON.stringify({ Version: '28.3.1', ApiVersion: '1.51', Os: 'linux' }))
    })
    expect(await findEngine({ DOCKER_HOST: url })).toEqual({ url, version: '28.3.1', apiVersion: '1.51' })
    expect(asked).toEqual(['GET /version'])
  })

  test.each<readonly [string, RequestListener]>([
    ['an answer that is no JSON', (_, response) => response.end('hello')],
    ['an answer without versions', (_, response) => response.end('{"Version":1}')],
    ['an answer that is not an object', (_, response) => response.end('null')],
    ['an error', (_, response) => response.writeHead(500).end('{"Version":"1","ApiVersion":"1"}')],
    ['an answer broken off', (_, response) => response.writeHead(200, { 'Content-Length': 9 }).destroy()],
    ['an answer without end', (_, response) => response.end('x'.repeat(2 ** 21))],
  ])('%s means that there is none', async (name, listener) => {
    expect(await findEngine({ DOCKER_HOST: await listen(name, listener) })).toBeUndefined()
  })

  test('silence means that there is none, after two seconds', async () => {
    const over = new AbortController()
    const limited = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(over.signal)
    const url = await listen('silent', () => over.abort())
    expect(await findEngine({ DOCKER_HOST: url })).toBeUndefined()
    expect(limited.mock.calls).toEqual([[2_000]])
    limited.mockRestore()
  })

  test.each(['tcp://127.0.0.1:2375', 'ssh://host', 'unix://relative', `unix://${folder}/missing`])(
    '%s is none, and no other is taken in its place',
    async (url) => {
      expect(await findEngine({ DOCKER_HOST: url })).toBeUndefined()
    },
  )
})
