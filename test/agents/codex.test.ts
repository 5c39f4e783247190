/** Codex CLI, as docs/guides/codex.md says. */
import { describe, expect, test } from 'vitest'
import {
  askedOfServer,
  converse,
  expectReadsAs,
  expectGolden,
  mcpScript,
  PATIENCE,
  prepareBuild,
  HERE,
  BY_SSH,
  type Told,
} from './conversation.ts'
import type { Step } from './model.ts'
import { startTrial } from './trial.ts'

const { guide, model, address, stage } = await startTrial('codex')

/** A home with that in ~/.codex/config.toml, beside the model. */
function newHome(config: string): void {
  stage.newHome(guide.block('SSH', 'Host dockgate'))
  const head = `model = "scripted"\nmodel_provider = "scripted"\ncheck_for_update_on_startup = false\n`
  const provider = `[model_providers.scripted]\nname = "scripted"\nbase_url = "${address}/v1"\nwire_api = "responses"\n`
  stage.write('.codex/config.toml', `${head}\n${config}\n\n${provider}\n[analytics]\nenabled = false\n`)
  prepareBuild(stage)
}

function codex(script: readonly Step[], env: Readonly<Record<string, string>> = {}): Promise<Told> {
  return converse(model, script, () => stage.run('codex exec --skip-git-repo-check go', env))
}

test('by the socket', async () => {
  newHome(guide.block('Socket', 'sandbox_mode'))
  const DOCKER_HOST = 'unix:///run/dockgate/ai-worker/docker.sock'
  await expectReadsAs('codex-socket', await codex(HERE, { DOCKER_HOST }))
})

test('by SSH', async () => {
  newHome(guide.block('Socket', 'sandbox_mode'))
  await expectReadsAs('codex-ssh', await codex(BY_SSH))
})

test.each([
  ['stdio', 'command = "dockgate"'],
  ['ssh', 'command = "ssh"'],
  ['http', 'url ='],
])('by MCP, %s', async (way, has) => {
  const server = `${guide.block('MCP', has)}\ntool_timeout_sec = ${PATIENCE / 1000}`
  newHome(`${server}\n\n${guide.block('MCP', 'approval_mode')}`)
  const told = await codex(mcpScript(stage.work), { DOCKGATE_TOKEN: stage.here('TOKEN') })
  await expectReadsAs(`codex-mcp-${way}`, told, way === 'stdio' ? askedOfServer() : '')
})

describe('in its sandbox', () => {
  const docker: readonly Step[] = [
    { shell: 'docker run --rm busybox echo hi' },
    { shell: 'ssh dockgate docker ps' },
  ]
  const env = { DOCKER_HOST: 'unix:///run/dockgate/ai-worker/docker.sock' }

  test('no socket works without the lines for it', async () => {
    newHome('')
    await expectGolden('codex-sandbox', await codex(docker, env))
  })

  test('network_access alone does nothing', async () => {
    newHome('[sandbox_workspace_write]\nnetwork_access = true')
    await expectGolden('codex-sandbox', await codex(docker, env))
  })

  test('what is not allowed by name is refused by Codex itself', async () => {
    newHome(`${guide.block('MCP', 'command = "dockgate"')}\n\n${guide.block('MCP', 'approval_mode')}`)
    await expectGolden(
      'codex-mcp-destroy',
      await codex([{ tool: 'docker_destroy', input: { arguments: ['rm', 'x'] } }]),
    )
  })
})

test('the command of the guide adds the server', async () => {
  newHome('')
  expect(await stage.run(guide.block('MCP', 'codex mcp add'))).toMatchObject({ code: 0 })
  expect((await stage.run('codex mcp get dockgate')).output).toMatch(
    /command: dockgate\n +args: mcp --worker ai-worker\n/,
  )
})

test('no lines of the guide are left untried', () => {
  expect(guide.untried).toEqual([])
})
