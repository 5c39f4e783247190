/** What every agent is asked to do, by its own shell or by MCP, and what its model reads of it. */
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import * as z from 'zod'
import { setting } from '../support/settings.ts'
import type { Reading, ScriptedModel, Step } from './model.ts'
import { HOME, type Run, type Stage } from './stage.ts'

/** Of a message of a client's: what it asks for. */
const message = z.looseObject({
  method: z.string().optional(),
  params: z
    .looseObject({
      _meta: z.looseObject({ progressToken: z.union([z.string(), z.number()]).optional() }).optional(),
    })
    .optional(),
})

const LINES = 'yes 0123456789abcde | head -n 4000'
/** Milliseconds after which an agent is to give up on the last step. */
export const PATIENCE = 6_000

/**
 * A success, a refusal, a long output, a refusal in a build, something that goes on for longer than the agent waits.
 * @param at the line that runs a command where docker is
 */
function shellScript(at: (command: string) => string): readonly Step[] {
  return [
    { shell: at('docker run --rm busybox echo hi') },
    { shell: at('docker run --rm -v /etc:/e busybox true') },
    { shell: at(`docker run --rm busybox sh -c "${LINES}"`) },
    { shell: `printf 'FROM ghcr.io/other/image\\n' | DOCKER_BUILDKIT=0 ${at('docker build -')}` },
    { shell: at('docker run --rm busybox sh -c "echo begun; sleep 20; echo over"'), milliseconds: PATIENCE },
  ]
}

/** By the socket. */
export const HERE = shellScript((command) => command)

/** By SSH, and a line in which the quotes are forgotten that the agent's own shell takes away. */
export const BY_SSH: readonly Step[] = [
  ...shellScript((command) => `ssh dockgate '${command}'`),
  { shell: 'ssh dockgate docker run --rm busybox sh -c "date; id"' },
]

/** The same by MCP. */
export function mcpScript(work: string): readonly Step[] {
  const write = (...words: readonly string[]): Step => ({ tool: 'docker_write', input: { arguments: words } })
  return [
    write('run', '--rm', 'busybox', 'echo', 'hi'),
    write('run', '--rm', '-v', '/etc:/e', 'busybox', 'true'),
    write('run', '--rm', 'busybox', 'sh', '-c', LINES),
    write('build', join(work, 'build')),
    { tool: 'policy_explain', input: {} },
    write('run', '--rm', 'busybox', 'sh', '-c', 'echo begun; sleep 20; echo over'),
  ]
}

export interface Told {
  readonly readings: readonly Reading[]
  readonly tools: readonly string[]
  readonly run: Run
}

/** Has an agent go through a script. */
export async function converse(
  model: ScriptedModel,
  script: readonly Step[],
  agent: () => Promise<Run>,
): Promise<Told> {
  model.begin(script)
  const run = await agent()
  if (model.faults.length > 0 || model.readings.length === 0)
    throw new Error(`${model.faults.join('; ')}\n${run.output.slice(-3000)}`)
  return { readings: model.readings, tools: model.tools, run }
}

/** Puts the Dockerfile of the scripts into the agent's folder. */
export function prepareBuild(stage: Stage): void {
  const file = join(stage.work, 'build', 'Dockerfile')
  stage.write(file, 'FROM ghcr.io/other/image\n')
  // By SSH another account reads it.
  chmodSync(file, 0o644)
}

/** What a model reads, as text to be looked at: what is different each time is in general words, and repeated lines are cut. */
function goldenText(readings: readonly Reading[]): string {
  return readings.map(({ asked, read }) => `=== ${plain(asked)}\n${plain(read)}\n`).join('\n')
}

function plain(text: string): string {
  return (
    text
      // The CLI writes over a line of progress.
      .replaceAll(/\r+\n?/g, '\n')
      .replaceAll(/(?<=with |----- )[0-9a-f]{8}(?=\.| output)/g, 'MARK')
      .replaceAll(/(?<=Record: )[0-9a-z]{12}/g, 'RECORD')
      .replaceAll(/(?<=with result )[0-9a-f]{16}/g, 'RESULT')
      .replaceAll(setting('REGISTRY'), 'REGISTRY')
      .replaceAll(/(?:0123456789abcde(?:\n|\\n)){3,}/g, 'LINES\n')
      .replaceAll(/LINES\n[0-9a-f]*…[^…\n]*…[0-9a-f]*\nLINES/g, 'LINES\n…\nLINES')
      .replaceAll(/\b[0-9]+(?:\.[0-9]+)? ?(?:seconds|ms|s)\b/g, 'TIME')
      .replaceAll(/(?<=port )[0-9]+/g, 'PORT')
      .replaceAll(/(?<=\/tmp\/claude-)[0-9]+/g, 'UID')
      .replaceAll(/(?<=CONTENT id=")[0-9a-f]{16}/g, 'ID')
      .replaceAll(/(?<=session )[a-z]+-[a-z]+, pid [0-9]+/g, 'NAME, pid N')
      // What agents put beside an answer.
      .replaceAll(/\n*<system-reminder>\n[^]*?<\/system-reminder>/g, '')
      .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, 'ID')
      .replaceAll(
        /(?<=session ID )[0-9]+|(?<=Chunk ID: )[0-9a-f]+|(?<=tool_)[0-9A-Za-z]{20,}|(?<=ID: )[0-9a-z]{9}|[0-9a-z]{9}(?=\.output|\.txt)/g,
        'ID',
      )
  )
}

/** What a server on stdio was asked for by the agent, as the stage's `dockgate` keeps it. */
export function askedOfServer(): string {
  const lines = readFileSync(join(HOME, 'mcp-said'), 'utf8').trimEnd().split('\n')
  const asked = lines.flatMap((line) => {
    const { method, params = {} } = message.parse(JSON.parse(line))
    // Whether an agent that ends still says that is a matter of time.
    if (method === undefined || method === 'notifications/cancelled') return []
    const { _meta: about } = params
    return [about?.progressToken === undefined ? method : `${method}, asking for progress`]
  })
  return `=== (what the server was asked for)\n${[...new Set(asked)].join('\n')}\n`
}

/** Six lines, in this order, with nothing of them lost. */
const REFUSAL =
  /refused by policy: run\.binds\s+HostConfig\.Binds\[0\] = \/etc:\/e\s+why: .* may mount\s+instead: -v .*a named volume: -v NAME:\/work\s+This is policy, .*\s+To request access, .*Record: [0-9a-z]{12}/

/** That the first step of a script works, and the refusal of the second is read whole. */
function expectReads({ readings: [first, second] }: Told): void {
  expect(first?.read).toMatch(/(?:^|\n|\\n)hi(?:\n|\\n|$)/)
  expect(second?.read.replaceAll('\\n', '\n')).toMatch(REFUSAL)
}

/** Compares with the text that is kept, or keeps it where it is to be kept anew (vitest -u). */
export async function expectGolden(name: string, told: Told, more = ''): Promise<void> {
  const file = fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url))
  await expect(goldenText(told.readings) + more).toMatchFileSnapshot(file)
}

/** Compares what was read of a script with the text that is kept, and holds that nothing is missing in it. */
export async function expectReadsAs(name: string, told: Told, more = ''): Promise<void> {
  expectReads(told)
  await expectGolden(name, told, more)
}
