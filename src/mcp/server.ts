/** The MCP server of one worker: one for each connection on stdio, one for each request over HTTP. */
import { McpServer } from '@modelcontextprotocol/server'
import * as z from 'zod'
import { knownCommand } from '../docker-cli/risks.ts'
import type { Risk } from '../policy/subcommands.ts'
import { call, hold, judge, type Door } from './call.ts'
import { clean } from '../shared/clean.ts'
import { FOR_AGENTS } from '../shared/for-agents.ts'
import { entriesResult, toldResult, usageResult } from './result.ts'
import {
  argumentsInput,
  AUDIT_TAIL,
  auditInput,
  DOCKER,
  explainInput,
  grantedRisks,
  HOST_READ,
  HOST_RUN,
  instructions,
  lineInput,
  POLICY_EXPLAIN,
  RESULT_READ,
  resultInput,
} from './tools.ts'

z.config({ jitless: true })

const RISKS: readonly Risk[] = ['read', 'write', 'destroy']

/** A server with the tools of which the worker's policy grants anything. While the gate is away there are all. */
export async function createMcpServer(door: Door, version: string): Promise<McpServer> {
  const rights = await door.surface.rights().catch(() => undefined)
  const risks = rights === undefined ? new Set(RISKS) : grantedRisks(rights)
  const hasHost = rights === undefined || rights.host.length > 0
  const isRun = hasHost || risks.size > 0
  const names = new Set([...[...risks].map((risk) => `docker_${risk}`), 'policy_explain'])
  if (hasHost) names.add('host_read')
  if (isRun) names.add('result_read')
  const server = new McpServer(
    { name: 'dockgate', title: 'Dockgate', version },
    { capabilities: { tools: {}, prompts: {} }, instructions: instructions(names) },
  )
  for (const risk of RISKS) if (risks.has(risk)) addDocker(server, door, risk)
  if (hasHost) addHostRead(server, door)
  if (isRun) addRunning(server, door)
  addTelling(server, door)
  addPrompt(server)
  return server
}

function addDocker(server: McpServer, door: Door, risk: Risk): void {
  const shape = { ...DOCKER[risk], inputSchema: argumentsInput }
  server.registerTool(`docker_${risk}`, shape, (input, context) => {
    const words = input.arguments[0] === 'docker' ? input.arguments.slice(1) : input.arguments
    const command = knownCommand(words)
    if (command === undefined) {
      const why = 'does not begin with a command of docker that is known; options before it are not taken'
      return usageResult(`${clean(JSON.stringify(words.slice(0, 2))).text} ${why}`)
    }
    if (command.risk !== risk)
      return usageResult(
        `docker ${command.word} as it is written here is for the tool docker_${command.risk}`,
      )
    return call(door, { words: ['docker', ...words] }, context)
  })
}

function addHostRead(server: McpServer, door: Door): void {
  const shape = { ...HOST_READ, inputSchema: lineInput }
  server.registerTool('host_read', shape, ({ line }, context) => call(door, { line }, context, 'diagnostic'))
}

function addRunning(server: McpServer, door: Door): void {
  const shape = { ...HOST_RUN, inputSchema: lineInput }
  server.registerTool('host_run', shape, ({ line }, context) => call(door, { line }, context))
  const reading = { ...RESULT_READ, inputSchema: resultInput }
  server.registerTool('result_read', reading, ({ result, offset }, context) => {
    const work = door.works.find(result)
    if (work === undefined)
      return usageResult(`the result ${result} is not kept any more: run the command again`)
    return hold(work, result, offset, context)
  })
}

function addTelling(server: McpServer, door: Door): void {
  const { surface } = door
  const explaining = { ...POLICY_EXPLAIN, inputSchema: explainInput }
  server.registerTool('policy_explain', explaining, async ({ line, record }, context) => {
    if (line !== undefined && record !== undefined) return usageResult('give line or record, not both')
    if (record !== undefined) return toldResult(await surface.why(record))
    return line === undefined ? toldResult(await surface.whoami()) : judge(door, line, context)
  })
  const tailing = { ...AUDIT_TAIL, inputSchema: auditInput }
  server.registerTool('audit_tail', tailing, async (asked) => entriesResult(await surface.audit(asked)))
}

/** What an agent should know, for a person to hand on. */
function addPrompt(server: McpServer): void {
  const about = {
    title: 'Working with Dockgate',
    description: 'What you have, how to read a refusal, when to ask.',
  }
  server.registerPrompt('dockgate', about, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: FOR_AGENTS } }],
  }))
}
