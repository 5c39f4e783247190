/** The official MCP client against a gate: over stdio, and over HTTP. */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { everything } from './everything.ts'
import type { DockerPart } from './policy.ts'
import { policyFor } from './policy.ts'
import { start, type Running } from './process.ts'
import { setting } from './settings.ts'
import { testedProgram } from './tested-program.ts'

/** Arguments of `dockgate` for MCP on stdio, with the docker CLI of the tests. */
export function mcpArguments(socket: string): readonly string[] {
  const config = join(socket, '..', 'docker-config')
  mkdirSync(config, { recursive: true })
  writeFileSync(join(config, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [setting('PLUGINS')] }))
  return [
    'mcp',
    '--worker',
    'ai-worker',
    '--socket',
    socket,
    '--docker',
    setting('DOCKER'),
    '--docker-config',
    config,
  ]
}

/** `modern` negotiates the protocol of 2026-07-28, `legacy` that of 2025-11-25. */
export type Era = 'legacy' | 'modern'

function newClient(era: Era): Client {
  const info = { name: 'dockgate-test', version: '1' }
  return new Client(info, {
    versionNegotiation: { mode: era === 'legacy' ? 'legacy' : { pin: '2026-07-28' } },
  })
}

export interface Session extends AsyncDisposable {
  readonly client: Client
}

/** A client of `dockgate mcp`, started as an agent starts it. */
export async function overStdio(
  gate: { readonly socket: string },
  era: Era = 'legacy',
  command: readonly string[] = [testedProgram, ...mcpArguments(gate.socket)],
): Promise<Session> {
  const client = newClient(era)
  const [first = '', ...args] = command
  const transport = new StdioClientTransport({
    command: first,
    args,
    env: { PATH: '/usr/bin:/bin' },
    stderr: 'inherit',
  })
  await client.connect(transport)
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

/** A client over HTTP. */
export async function overHttp(url: string, token: string, era: Era = 'legacy'): Promise<Session> {
  const client = newClient(era)
  const requestInit = { headers: { Authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
  return { client, [Symbol.asyncDispose]: () => client.close() }
}

const result = z.object({
  content: z.array(z.object({ type: z.literal('text'), text: z.string() })).length(1),
  // Agents show a model this alone where it is there.
  structuredContent: z.undefined().optional(),
  isError: z.boolean().default(false),
})

/** An answer, and what can be read in its text. */
export interface Told {
  readonly text: string
  readonly isError: boolean
  readonly exit: number | undefined
  /** What stands between the two marks. */
  readonly output: string
  /** What to go on with by result_read. */
  readonly result: string | undefined
  readonly offset: number | undefined
  /** Of a refusal. */
  readonly rule: string | undefined
  readonly record: string | undefined
}

type CallOptions = Parameters<Client['callTool']>[1]

/** Calls a tool; its answer is one text, which ends each line of an output. */
export async function call(
  { client }: Session,
  name: string,
  input: Readonly<Record<string, unknown>> = {},
  options?: CallOptions,
): Promise<Told> {
  const { content, isError } = result.parse(await client.callTool({ name, arguments: { ...input } }, options))
  const text = content[0]?.text ?? ''
  const [, id, offset] = /result_read with result ([0-9a-f]{16}) and offset ([0-9]+)/.exec(text) ?? []
  const [, exit] = /^exit code ([0-9]+)$/m.exec(text) ?? []
  return {
    text,
    isError,
    exit: exit === undefined ? undefined : Number(exit),
    output: /^----- (\w{8}) output begins\n(.*?\n)----- \1 output ends$/ms.exec(text)?.[2] ?? '',
    result: id,
    offset: offset === undefined ? undefined : Number(offset),
    rule: /^refused(?: by policy: (\S+)|: the (\S+) can not be read)$/m
      .exec(text)
      ?.slice(1)
      .find((rule) => rule !== undefined),
    record: /Record: ([0-9a-z]{12})/.exec(text)?.[1],
  }
}

/** Numbers of an account that owns nothing: Debian's nobody. */
export const NOBODY = 65_534

export interface HttpWorker {
  readonly name: string
  readonly port: number
  readonly token: string
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  if (address === null || typeof address === 'string') throw new Error('a port has a number')
  return address.port
}

/** Workers with MCP over HTTP. Their account is nobody's, who must be able to get to the sockets. */
export function policyWithHttp(
  directory: string,
  workers: readonly HttpWorker[],
  docker: DockerPart = { allow: everything },
): string {
  chmodSync(directory, 0o755)
  const { version, workers: given } = z
    .object({ version: z.number(), workers: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(parse(policyFor(directory, docker)))
  const made = workers.map(({ name, port, token }) => {
    const file = join(directory, `${name}.token`)
    writeFileSync(file, `${token}\n`, { mode: 0o600 })
    const socket = {
      path: join(directory, name, 'docker.sock'),
      owner: String(NOBODY),
      group: String(NOBODY),
    }
    return [name, { ...given['ai-worker'], socket, mcp: { listen: `127.0.0.1:${port}`, token: file } }]
  })
  return stringify({ version, workers: Object.fromEntries(made) }, { aliasDuplicateObjects: false })
}

/** A directory with the settings of the docker CLI, for the account of the workers. */
export function dockerConfig(directory: string): string {
  const config = join(directory, 'docker-config')
  mkdirSync(config)
  writeFileSync(join(config, 'config.json'), JSON.stringify({ cliPluginsExtraDirs: [setting('PLUGINS')] }))
  chownSync(config, NOBODY, NOBODY)
  return config
}

/** Runs a program of node_modules by the project's Node. */
export function startTool(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Running {
  const file = fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))
  return start(process.execPath, [file, ...args], { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...env })
}
