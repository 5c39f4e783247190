/** `dockgate init`: writes a policy to start from, for this host. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import type { Starter } from '../policy/starters.ts'
import { askEngine, findEngine, type FoundEngine } from '../engine/find-engine.ts'

interface Options {
  readonly output: string
  readonly worker: string
  readonly for?: string
  readonly engine?: string
  readonly force?: true
}

interface Environment {
  readonly DOCKER_HOST?: string | undefined
}

/**
 * Adds `init`. Exit codes: 64 a worker's name, an engine's address or a program that no policy may have, 73 the file is there already
 * or can't be written.
 */
export function addInitCommand(program: Command, environment: Environment): void {
  program
    .command('init')
    .description(
      'write a policy to start from: one worker, its own containers only, within a folder and limits',
    )
    .option('--output <file>', 'where to write it', 'policy.yaml')
    .option('--worker <name>', 'name of the worker', 'ai-worker')
    .option(
      '--for <program>',
      'for a program that makes containers: openclaw, gemini, devcontainer, testcontainers, ci, hermes',
    )
    .option('--engine <url>', "the engine's address, as unix:///var/run/docker.sock (default: looked for)")
    .option('--force', 'replace the file if it is there')
    .action((options: Options, command: Command) => init(options, command, environment))
}

async function init(options: Options, command: Command, environment: Environment): Promise<void> {
  const { output, worker } = options
  const found = await (options.engine === undefined ? findEngine(environment) : askEngine(options.engine))
  const { text, socket } = await policyText(options, found, command)
  try {
    await mkdir(dirname(output), { recursive: true })
    await writeFile(output, text, { flag: options.force ? 'w' : 'wx', mode: 0o644 })
  } catch (cause) {
    const reason = isThere(cause) ? 'is there already; --force replaces it' : String(cause)
    command.error(`dockgate: ${output}: ${reason}`, { exitCode: 73, code: 'dockgate.create' })
  }
  const faults = found === undefined ? [] : await describeFaultsOf(found.url, text, output)
  const engine = [describeEngine(options.engine, found), ...faults].join('\n')
  print(command, `wrote ${output}\n${engine}\n${nextSteps(output, worker, socket)}`)
}

/** The policy's text, and the socket in it. Options that no policy may hold end the program here. */
async function policyText(
  options: Options,
  found: FoundEngine | undefined,
  command: Command,
): Promise<Starter> {
  const { starterPolicy } = await import('../policy/starter.ts')
  const { starterFor, PROGRAM_NAMES } = await import('../policy/starters.ts')
  const { engine, workerName } = await import('../policy/schema-values.ts')
  const checks = [
    { option: '--worker', ...workerName.safeParse(options.worker) },
    { option: '--engine', ...engine.optional().safeParse(options.engine) },
  ]
  for (const { option, error } of checks) {
    if (error === undefined) continue
    const reason = error.issues.map(({ message }) => message).join(', ')
    command.error(`dockgate: ${option}: ${reason}`, { exitCode: 64, code: 'dockgate.usage' })
  }
  const schema = SCHEMAS.find((file) => existsSync(file))
  const start = { worker: options.worker, engine: options.engine ?? found?.url, schema }
  const usual = { text: starterPolicy(start), socket: `/run/dockgate/${options.worker}/docker.sock` }
  const starter = options.for === undefined ? usual : starterFor(options.for, start)
  if (starter !== undefined) return starter
  const reason = `there are ${PROGRAM_NAMES.join(', ')}`
  command.error(`dockgate: --for: ${reason}`, { exitCode: 64, code: 'dockgate.usage' })
}

/** Where the policy's schema can lie, for editors: in this package, or where a package of the system puts it. */
const SCHEMAS = [
  fileURLToPath(new URL('../../schema/policy.schema.json', import.meta.url)),
  '/usr/share/dockgate/policy.schema.json',
]

function describeEngine(asked: string | undefined, found: FoundEngine | undefined): string {
  if (found !== undefined) return `engine: ${found.url}, version ${found.version}, API ${found.apiVersion}`
  if (asked !== undefined) return `engine: ${asked}, which does not answer now`
  return 'engine: none found; write its address into the file, or the gate looks again when it starts'
}

/** What of the engine's faults the policy's words reach. */
async function describeFaultsOf(url: string, text: string, file: string): Promise<readonly string[]> {
  const { parsePolicy } = await import('../policy/parse.ts')
  const { faultsAt } = await import('./told-faults.ts')
  const { describeFaults, reachedBy } = await import('../faults/lines.ts')
  const [told, parsed] = [await faultsAt(url), parsePolicy(text, file)]
  if ('unknown' in told || 'problems' in parsed) return []
  return describeFaults(reachedBy(told.faults, parsed.policy)).map((line) => `  ! ${line}`)
}

function nextSteps(output: string, worker: string, socket: string): string {
  return [
    'next:',
    `  1. read the file and change what does not fit; the folder /srv/${worker} must exist to be mounted`,
    `  2. dockgate policy check ${output}`,
    `  3. dockgate policy show ${output}`,
    '  4. start the gate with it: dockgate serve --help',
    `  5. give the worker DOCKER_HOST=unix://${socket}, and nothing else of Docker`,
    '     or let it in by SSH, without a shell: docs/ssh.md has the lines for sshd',
  ].join('\n')
}

function isThere(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
}

function print(command: Command, text: string): void {
  command.configureOutput().writeOut?.(`${text}\n`)
}
