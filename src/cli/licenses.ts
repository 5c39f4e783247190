/** `dockgate licenses`: the licences of Dockgate and of what it brings along. */
import type { Command } from 'commander'
import { existsSync, readFileSync } from 'node:fs'
import { getAsset, isSea } from 'node:sea'

/** Written beside the built program (scripts/build.ts). */
const FILE = new URL('../licenses.txt', import.meta.url)

export function addLicensesCommand(program: Command): void {
  program
    .command('licenses')
    .description('print the licences of Dockgate and of what it brings along')
    .action((_options: unknown, command: Command) => {
      const reason = 'dockgate: there are no licences beside this program; run npm run build'
      if (!isSea() && !existsSync(FILE)) command.error(reason, { exitCode: 66 })
      process.stdout.write(isSea() ? getAsset('licenses.txt', 'utf8') : readFileSync(FILE, 'utf8'))
    })
}
