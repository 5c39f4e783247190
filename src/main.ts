/** argv to a command. The only reader of process.argv and process.env. */
import { Command, CommanderError } from 'commander'
import { VERSION } from './shared/version.ts'

const USAGE = 64
const COMMANDS = ['serve', 'init', 'policy', 'audit', 'status', 'enforce', 'mcp']
const HINT = '(dockgate --help lists the commands)\n'

/** Commands load only what they need: the gate keeps nothing of the others in memory. */
async function build(wanted: string | undefined): Promise<Command> {
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
  if (all || wanted === 'serve') (await import('./cli/serve.ts')).addServeCommand(program, process.env)
  if (all || wanted === 'init') (await import('./cli/init.ts')).addInitCommand(program, process.env)
  if (all || wanted === 'policy') (await import('./cli/policy.ts')).addPolicyCommands(program, process.env)
  if (all || wanted === 'audit') (await import('./cli/audit.ts')).addAuditCommands(program, process.env)
  if (all || wanted === 'status') (await import('./cli/status.ts')).addStatusCommand(program, process.env)
  if (all || wanted === 'enforce') (await import('./cli/enforce.ts')).addEnforceCommand(program, process.env)
  if (all || wanted === 'mcp') (await import('./cli/mcp.ts')).addMcpCommand(program)
  // bin/dockgate runs src/ssh.ts for it, which starts faster than all of this.
  if (all) program.command('ssh').description("the forced command of a worker's SSH account")
  for (const command of [program, ...program.commands]) inheritExit(command)
  return program
}

function inheritExit(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) inheritExit(child)
}

try {
  const program = await build(process.argv[2])
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause
  // Commander's own errors are of usage; those of commands bring their exit code.
  process.exitCode = cause.exitCode === 1 && cause.code.startsWith('commander.') ? USAGE : cause.exitCode
}
