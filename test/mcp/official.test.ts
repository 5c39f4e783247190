/** The official conformance suite and inspector, on MCP over HTTP. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGate, type Gate } from '../support/gate.ts'
import { installProgram } from '../support/installed.ts'
import { freePort, mcpArguments, policyWithHttp, startTool } from '../support/mcp.ts'
import { until } from '../support/process.ts'
import { testedProgram } from '../support/tested-program.ts'

const conformance = '@modelcontextprotocol/conformance/dist/index.js'
const inspector = '@modelcontextprotocol/inspector/clients/launcher/build/index.js'

const token = randomBytes(32).toString('hex')
let installed: string
let gate: Gate
let url: string
let relay: Awaited<ReturnType<typeof withToken>>
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}/mcp`
  installed = await mkdtemp(join(tmpdir(), 'dockgate-installed-'))
  await chmod(installed, 0o755)
  gate = await startGate({
    program: installProgram(installed),
    policy: (directory) => policyWithHttp(directory, [{ name: 'ai-worker', port, token }]),
  })
  await until(() => gate.output().stderr.includes(url), 'MCP to be served')
  relay = await withToken(port)
})
afterAll(async () => {
  relay.close()
  await gate[Symbol.asyncDispose]()
  await rm(installed, { recursive: true })
})

/** A port that passes requests on with the token, which the conformance suite can't send. Its own Host becomes the server's. */
async function withToken(port: number): Promise<{ readonly url: string; readonly close: () => void }> {
  const own = await freePort()
  const server = createServer((from, to) => {
    const isOwn = from.headers.host === `127.0.0.1:${own}`
    const headers = {
      ...from.headers,
      host: isOwn ? `127.0.0.1:${port}` : from.headers.host,
      authorization: `Bearer ${token}`,
    }
    const passed = request(
      { host: '127.0.0.1', port, method: from.method, path: from.url, headers },
      (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(to)
      },
    )
    passed.once('error', () => to.destroy())
    from.pipe(passed)
  })
  await new Promise<void>((resolve) => {
    server.listen(own, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${own}/mcp`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

describe('the conformance suite', () => {
  test.each([
    'server-initialize',
    'ping',
    'tools-list',
    'server-sse-multiple-streams',
    'dns-rebinding-protection',
  ])('passes in %s', async (scenario) => {
    await using running = startTool(conformance, ['server', '--url', relay.url, '--scenario', scenario])
    running.child.stdin.end()
    const { code, stdout } = await running.ended
    expect(stdout).toMatch(/Passed: ([1-9]\d*)\/\1, 0 failed, 0 warnings/)
    expect(code).toBe(0)
  })
})

describe('the inspector', () => {
  const listing = ['--method', 'tools/list', '--strict', '--format', 'json']

  test.each(['legacy', 'modern'])(
    'finds nothing to complain about over HTTP, by the %s protocol',
    async (era) => {
      const header = ['--header', `Authorization: Bearer ${token}`]
      const args = [
        '--cli',
        '--server-url',
        url,
        '--transport',
        'http',
        ...header,
        '--protocol-era',
        era,
        ...listing,
      ]
      await using running = startTool(inspector, args, { HOME: gate.directory })
      running.child.stdin.end()
      const { code, stdout, stderr } = await running.ended
      expect({ code, stderr: stderr.replace(/^.*Warning.*\n/gm, '') }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('"docker_read"')
    },
  )

  test('finds nothing to complain about on stdio, and calls a tool', async () => {
    // Its own options come first, so ours need a program that has none.
    const server = [testedProgram, ...mcpArguments(gate.socket)]
    await using listed = startTool(inspector, ['--cli', ...listing, '--', ...server], {
      HOME: gate.directory,
    })
    listed.child.stdin.end()
    expect(await listed.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('"docker_read"') })
    const calling = [
      '--method',
      'tools/call',
      '--tool-name',
      'docker_read',
      '--tool-args-json',
      '{"arguments":["version"]}',
    ]
    await using called = startTool(inspector, ['--cli', ...calling, '--', ...server], {
      HOME: gate.directory,
    })
    called.child.stdin.end()
    expect(await called.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('exit code 0') })
  })
})
