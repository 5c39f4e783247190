/** `dockgate enforce`: stops containers that the policy in force would not give any more. */
import type { Command } from 'commander'
import * as z from 'zod'
import { printable } from '../shared/refusal.ts'
import { stateDirectory, type StateEnvironment } from '../record/state-directory.ts'
import { askGate } from './ask-gate.ts'

interface Options {
  readonly state?: string
  readonly dryRun?: true
  readonly json?: true
}

/** Milliseconds: each container may take ten minutes to stop. */
const LONGEST = 24 * 60 * 60_000

const misfit = z.object({
  ...{ worker: z.string(), id: z.string(), name: z.string(), running: z.boolean() },
  ...{ rule: z.string(), what: z.string(), why: z.string(), failed: z.string().exactOptional() },
})

/** A container that does not fit, as the gate tells it. */
export type ToldMisfit = z.output<typeof misfit>

/** What a gate answers about misfits. */
export const MISFITS = { called: 'a list of misfits', schema: z.array(misfit) }

/** Adds `enforce`. Exit codes: 1 one could not be stopped, 69 no gate runs on this state directory, or its engine is away. */
export function addEnforceCommand(program: Command, environment: StateEnvironment): void {
  program
    .command('enforce')
    .description("stop workers' containers that the policy in force would not give any more; none is removed")
    .option('--dry-run', 'only say which')
    .option('--state <directory>', "the gate's state directory (default: as for serve)")
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      const directory = stateDirectory(options.state, environment, process.getuid?.() === 0)
      const asked = options.dryRun
        ? askGate(directory, 'GET', '/misfits', MISFITS).then((all) => all.filter(({ running }) => running))
        : askGate(directory, 'POST', '/enforce', MISFITS, LONGEST)
      const found = await asked.catch((cause: unknown) => {
        const why = cause instanceof Error ? cause.message : String(cause)
        return command.error(`dockgate: error: the gate on ${directory} could not do it: ${why}`, {
          exitCode: 69,
        })
      })
      process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : found.map(describe).join(''))
      if (found.length === 0 && !options.json)
        process.stdout.write('no container that runs has anything that the policy does not give\n')
      if (found.some(({ failed = '' }) => failed !== '')) process.exitCode = 1
    })
}

function describe(container: ToldMisfit): string {
  const { failed } = container
  const did = failed === undefined ? 'would stop' : failed === '' ? 'stopped' : 'could not stop'
  return `${did}  ${describeMisfit(container)}${failed ? ` (${printable(failed)})` : ''}\n`
}

/** One on a line: whose, which, and why. */
export function describeMisfit({ worker, id, name, rule, what, why }: ToldMisfit): string {
  return printable(`${worker}  ${id.slice(0, 12)} ${name}  ${rule}: ${what}: ${why}`)
}
