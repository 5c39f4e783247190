/** Claude Code, as docs/guides/claude-code.md says. */
import { join } from 'node:path'
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

const { guide, model, address, stage } = await startTrial('claude-code')

/** A home in which the folder is trusted, with the settings of a project. */
function newHome(settings: string | undefined): void {
  stage.newHome(guide.block('SSH', 'Host dockgate'))
  const projects = { [stage.work]: { hasTrustDialogAccepted: true } }
  stage.write('.claude.json', JSON.stringify({ hasCompletedOnboarding: true, projects }))
  // What the guide leaves to the person: whether the agent asks before it runs something.
  stage.write('.claude/settings.json', JSON.stringify({ permissions: { allow: ['Bash', 'mcp__dockgate'] } }))
  if (settings !== undefined) stage.write(join(stage.work, '.claude/settings.json'), settings)
  prepareBuild(stage)
}

const ENVIRONMENT = {
  ANTHROPIC_API_KEY: 'none',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  MCP_TOOL_TIMEOUT: String(PATIENCE),
}

function claude(script: readonly Step[]): Promise<Told> {
  return converse(model, script, () =>
    stage.run('claude -p go --model claude-sonnet-4-5 --output-format text', {
      ...ENVIRONMENT,
      ANTHROPIC_BASE_URL: address,
    }),
  )
}

test('by the socket', async () => {
  newHome(guide.block('Socket', '"env"'))
  await expectReadsAs('claude-code-socket', await claude(HERE))
})

test('by SSH', async () => {
  newHome(undefined)
  await expectReadsAs('claude-code-ssh', await claude(BY_SSH))
})

test.each([
  ['stdio', 'dockgate mcp'],
  ['ssh', 'ssh -T'],
  ['http', '--transport http'],
])('by MCP, %s', async (way, has) => {
  newHome(guide.block('MCP', '"permissions"'))
  expect(await stage.run(stage.here(guide.block('MCP', has)), ENVIRONMENT)).toMatchObject({ code: 0 })
  const told = await claude(mcpScript(stage.work))
  await expectReadsAs(`claude-code-mcp-${way}`, told, way === 'stdio' ? askedOfServer() : '')
})

test('by MCP as a project has it', async () => {
  newHome(undefined)
  stage.write(
    '.claude/settings.json',
    JSON.stringify({ enableAllProjectMcpServers: true, permissions: { allow: ['mcp__dockgate'] } }),
  )
  stage.write(join(stage.work, '.mcp.json'), guide.block('MCP', 'mcpServers'))
  const { readings } = await claude([{ tool: 'docker_read', input: { arguments: ['ps'] } }])
  expect(readings[0]?.read).toMatch(/^exit code 0\n/)
})

describe('in its sandbox', () => {
  const sandboxed = { sandbox: { enabled: true, failIfUnavailable: true } }
  const docker: readonly Step[] = [
    { shell: 'docker run --rm busybox echo hi' },
    { shell: 'ssh dockgate docker ps' },
  ]

  test('MCP works as it is', async () => {
    newHome(JSON.stringify(sandboxed))
    await stage.run(stage.here(guide.block('MCP', 'dockgate mcp')), ENVIRONMENT)
    const { readings } = await claude([
      { tool: 'docker_write', input: { arguments: ['run', '--rm', 'busybox', 'echo', 'hi'] } },
    ])
    expect(readings[0]?.read).toMatch(/output begins\nhi\n/)
  })

  test('the socket works with the lines for it, and SSH does not', async () => {
    newHome(guide.block('Socket', '"sandbox"'))
    await expectGolden('claude-code-sandbox-sockets', await claude(docker))
  })

  test('no socket works without them, also one that allowUnixSockets names', async () => {
    const network = { allowUnixSockets: ['/run/dockgate/ai-worker/docker.sock'] }
    const env = { DOCKER_HOST: 'unix:///run/dockgate/ai-worker/docker.sock' }
    newHome(JSON.stringify({ env, sandbox: { ...sandboxed.sandbox, network } }))
    await expectGolden('claude-code-sandbox', await claude(docker))
  })
})

test('no lines of the guide are left untried', () => {
  expect(guide.untried).toEqual([])
})
