/** OpenCode, as docs/guides/opencode.md says. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

const { guide, model, address, stage } = await startTrial('opencode')

/** A home that knows the model, with that in the project's opencode.json. */
function newHome(config: string | undefined): void {
  stage.newHome(guide.block('SSH', 'Host dockgate'))
  const scripted = {
    npm: '@ai-sdk/openai-compatible',
    name: 'scripted',
    options: { baseURL: `${address}/v1`, apiKey: 'none' },
    models: { scripted: { name: 'scripted', limit: { context: 100_000, output: 10_000 } } },
  }
  const settings = { model: 'scripted/scripted', small_model: 'scripted/scripted', provider: { scripted } }
  stage.write(
    '.config/opencode/opencode.json',
    JSON.stringify({ ...settings, autoupdate: false, share: 'disabled' }),
  )
  if (config !== undefined) stage.write(join(stage.work, 'opencode.json'), config)
  prepareBuild(stage)
}

function opencode(script: readonly Step[], before = ''): Promise<Told> {
  const env = {
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
  }
  return converse(model, script, () => stage.run(`${before}\nopencode run go`, env))
}

test('by the socket', async () => {
  newHome(undefined)
  await expectReadsAs('opencode-socket', await opencode(HERE, guide.block('Socket', 'DOCKER_HOST')))
})

test('by SSH', async () => {
  newHome(undefined)
  await expectReadsAs('opencode-ssh', await opencode(BY_SSH))
})

test.each([
  ['stdio', '"dockgate", "mcp"'],
  ['ssh', '"ssh"'],
  ['http', '"remote"'],
])('by MCP, %s', async (way, has) => {
  newHome(guide.block('MCP', has))
  const told = await opencode(mcpScript(stage.work))
  await expectReadsAs(`opencode-mcp-${way}`, told, way === 'stdio' ? askedOfServer() : '')
})

test('no lines of the guide are left untried', () => {
  expect(guide.untried).toEqual([])
})
