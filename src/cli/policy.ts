/** `dockgate policy`: checks a policy file, shows it in plain words, prints its schema. */
import type { Command } from 'commander'
import { loadNoted, PolicyError, type NotedPolicy } from '../policy-file/load.ts'
import { formatNote } from '../policy/problem.ts'
import type { Policy } from '../policy/policy.ts'
import { stateDirectory, type StateEnvironment } from '../record/state-directory.ts'

interface Options {
  readonly json?: true
}

interface ShowOptions extends Options {
  readonly since?: string
  readonly state?: string
  readonly engine?: string
}

/** Adds `policy check`, `policy show` and `policy schema`. A policy with problems ends the program with 65, none with 66. */
export function addPolicyCommands(program: Command, environment: StateEnvironment = {}): void {
  const policy = program.command('policy').description('check and read the policy file')
  policy
    .command('check')
    .description('check a policy file; every problem is told with its line and column')
    .argument('<file>', 'the policy file')
    .option('--json', 'print the result as JSON')
    .action(check)
  policy
    .command('show')
    .description('say in plain words what a policy gives each worker, and what that means')
    .argument('<file>', 'the policy file')
    .option('--json', 'print the policy as JSON, with every default filled in')
    .option(
      '--since <file>',
      'say what is given otherwise than by this file, and what is there that fits no more',
    )
    .option('--state <directory>', 'of the gate that is asked what is there (default: as for serve)')
    .option('--engine <url>', "the engine that is asked for its faults (default: the gate's)")
    .action((file: string, options: ShowOptions, command: Command) =>
      options.since === undefined
        ? show(file, options, environment, command)
        : showSince(file, options.since, options, environment, command),
    )
  policy.command('schema').description('print the JSON Schema of the policy file, for editors').action(schema)
}

async function check(file: string, options: Options, command: Command): Promise<void> {
  const { policy, notes } = await load(file, options, command)
  const workers = policy.workers.map(({ name }) => name)
  const count = `${workers.length} worker${workers.length === 1 ? '' : 's'}`
  if (options.json) return print(command, JSON.stringify({ file, ok: true, workers, notes }))
  print(command, [`${file}: ok, ${count}`, ...notes.map(formatNote)].join('\n'))
}

async function show(
  file: string,
  options: ShowOptions,
  environment: StateEnvironment,
  command: Command,
): Promise<void> {
  const { policy, notes } = await load(file, options, command)
  if (options.json) return print(command, JSON.stringify(policy, undefined, 2))
  const { describePolicy } = await import('../policy/show.ts')
  const onHost =
    notes.length === 0 ? [] : ['', 'on this host', ...notes.map((note) => `  ! ${formatNote(note)}`)]
  const faults = await describeEngine(policy, options, environment)
  print(command, [describePolicy(policy), ...onHost, '', ...faults].join('\n'))
}

/** What of the engine's faults the policy's words reach, in lines; or why that is not known. */
async function describeEngine(
  policy: Policy,
  { engine, state }: ShowOptions,
  environment: StateEnvironment,
): Promise<readonly string[]> {
  const { faultsAt, faultsOfGate } = await import('./told-faults.ts')
  const { describeFaults, reachedBy } = await import('../faults/lines.ts')
  const directory = stateDirectory(state, environment, process.getuid?.() === 0)
  const told = engine === undefined ? await faultsOfGate(directory) : await faultsAt(engine)
  if ('unknown' in told) return [`which faults of the engine they reach is not known: ${told.unknown}`]
  const lines = describeFaults(reachedBy(told.faults, policy))
  if (lines.length === 0) return [`they reach no fault of ${told.engine} that is known`]
  return [`faults of ${told.engine}`, ...lines.map((line) => `  ! ${line}`)]
}

async function showSince(
  file: string,
  old: string,
  { state, ...options }: ShowOptions,
  environment: StateEnvironment,
  command: Command,
): Promise<void> {
  const { policy: before } = await load(old, options, command)
  const { policy: after } = await load(file, options, command)
  const directory = stateDirectory(state, environment, process.getuid?.() === 0)
  const { describeSince, findSince } = await import('./policy-since.ts')
  const found = await findSince(before, after, file, directory)
  print(command, options.json ? JSON.stringify(found) : describeSince(found))
}

async function schema(_: object, command: Command): Promise<void> {
  const { policyJsonSchema } = await import('../policy/json-schema.ts')
  print(command, policyJsonSchema().trimEnd())
}

/** The policy; without one the program ends here. */
async function load(file: string, options: Options, command: Command): Promise<NotedPolicy> {
  try {
    return await loadNoted(file)
  } catch (cause) {
    if (!(cause instanceof PolicyError)) throw cause
    const { problems, message, exitCode } = cause
    if (options.json) print(command, JSON.stringify({ file, ok: false, message, problems }))
    const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`
    const text = problems.length === 0 ? `dockgate: ${message}` : `${message}\ndockgate: ${file}: ${count}`
    return command.error(text, { exitCode, code: 'dockgate.policy' })
  }
}

function print(command: Command, text: string): void {
  command.configureOutput().writeOut?.(`${text}\n`)
}
