/** The command line of the operator's program, to a command. */
import { Command, CommanderError } from 'commander'
import { VERSION } from '../shared/version.ts'

const USAGE = 64
const COMMANDS = ['serve', 'init', 'policy', 'audit', 'status', 'enforce', 'mcp', 'licenses']
const HINT = '(dockgate --help lists the commands)\n'

/** Commands load only what they need: the gate keeps nothing of the others in memory. Without a word there are all of them. */
export async function build(wanted: string | undefined, environment: NodeJS.ProcessEnv): Promise<Command> {
  const program = new Command('dockgate')
    .description("Docker for AI workers: what the operator wrote in Docker's own words, and a record of it")
    .version(VERSION)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    // Commander's own errors are of usage, and begin so; those of commands say themselves what helps.
    .configureOutput({
      outputError: (text, write) => write(text.startsWith('error: ') ? `dockgate: ${text}${HINT}` : text),
    })
  const all = wanted === undefined || !COMMANDS.includes(wanted)
  if (all || wanted === 'serve') (await import('./serve.ts')).addServeCommand(program, environment)
  if (all || wanted === 'init') (await import('./init.ts')).addInitCommand(program, environment)
  if (all || wanted === 'policy') (await import('./policy.ts')).addPolicyCommands(program, environment)
  if (all || wanted === 'audit') (await import('./audit.ts')).addAuditCommands(program, environment)
  if (all || wanted === 'status') (await import('./status.ts')).addStatusCommand(program, environment)
  if (all || wanted === 'enforce') (await import('./enforce.ts')).addEnforceCommand(program, environment)
  if (all || wanted === 'mcp') (await import('./mcp.ts')).addMcpCommand(program)
  if (all || wanted === 'licenses') (await import('./licenses.ts')).addLicensesCommand(program)
  // src/main.ts runs it: it starts faster than all of this.
  if (all) program.command('ssh').description("the forced command of a worker's SSH account")
  for (const command of [program, ...program.commands]) inheritExit(command)
  return program
}

function inheritExit(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) inheritExit(child)
}

/** Whoever reads may stop early, as `head` does. */
function endWithReader(): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

/** Runs a command. The process's exit code is that of the command. @param words what stands behind `dockgate` */
export async function main(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  if (words[0] !== 'serve') endWithReader()
  try {
    const program = await build(words[0], environment)
    await program.parseAsync(words, { from: 'user' })
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause
    // Commander's own errors are of usage; those of commands bring their exit code.
    process.exitCode = cause.exitCode === 1 && cause.code.startsWith('commander.') ? USAGE : cause.exitCode
  }
}
