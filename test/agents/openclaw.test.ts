/** OpenClaw, as docs/guides/openclaw.md says, without its own sandbox. */
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import {
  askedOfServer,
  converse,
  expectReadsAs,
  mcpScript,
  prepareBuild,
  HERE,
  BY_SSH,
  type Told,
} from './conversation.ts'
import type { Step } from './model.ts'
import { startTrial } from './trial.ts'

const { guide, model, address, stage } = await startTrial('openclaw')

/** A home that knows the model, with that in ~/.openclaw/openclaw.json. */
function newHome(config: string): void {
  stage.newHome(guide.block('SSH', 'Host dockgate'))
  const given = z.record(z.string(), z.unknown()).parse(parse(stage.here(config)))
  const models = [{ id: 'scripted', name: 'scripted', contextWindow: 100_000, maxTokens: 10_000 }]
  const scripted = { baseUrl: `${address}/v1`, apiKey: 'none', api: 'openai-completions', models }
  const own = {
    models: { providers: { scripted } },
    agents: {
      defaults: { model: { primary: 'scripted/scripted' }, workspace: stage.work, skipBootstrap: true },
    },
    tools: { exec: { security: 'full', ask: 'off' } },
  }
  stage.write('.openclaw/openclaw.json', JSON.stringify({ ...own, ...given }))
  prepareBuild(stage)
}

function openclaw(script: readonly Step[], before = ''): Promise<Told> {
  const env = { OPENCLAW_DISABLE_TELEMETRY: '1', DO_NOT_TRACK: '1' }
  return converse(model, script, () =>
    stage.run(`${before}\nopenclaw agent --local --session-id tried --message go --timeout 120`, env, 150),
  )
}

test('by the socket', async () => {
  newHome('{}')
  await expectReadsAs('openclaw-socket', await openclaw(HERE, guide.block('Socket', 'export')))
})

test('by SSH', async () => {
  newHome('{}')
  await expectReadsAs('openclaw-ssh', await openclaw(BY_SSH))
})

test.each([
  ['stdio', '"dockgate", "args"'],
  ['ssh', '"ssh"'],
  ['http', 'streamable-http'],
])('by MCP, %s', async (way, has) => {
  newHome(guide.block('MCP', has))
  const told = await openclaw(mcpScript(stage.work))
  await expectReadsAs(`openclaw-mcp-${way}`, told, way === 'stdio' ? askedOfServer() : '')
})

test('takes the lines for its sandbox', async () => {
  newHome(guide.block('Socket', '"sandbox"'))
  expect(await stage.run('openclaw config validate')).toMatchObject({ code: 0 })
})

test('no lines of the guide are left untried', () => {
  expect(guide.untried).toEqual([])
})
