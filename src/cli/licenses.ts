/** `dockgate licenses`: the licences of Dockgate and of what it brings along. */
import type { Command } from 'commander'
import { getAsset, isSea } from 'node:sea'

/** Where the licences are in a checkout, or in npm's package. */
const ELSEWHERE = 'LICENSE, and LICENSE of each package in node_modules, beside this program'

export function addLicensesCommand(program: Command): void {
  program
    .command('licenses')
    .description('print the licences of Dockgate and of what it brings along')
    .action(() => {
      process.stdout.write(isSea() ? getAsset('licenses.txt', 'utf8') : `${ELSEWHERE}\n`)
    })
}
